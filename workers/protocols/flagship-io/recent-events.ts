// Which hits are one event. The wire has no event ids, and SDKs send again what was not answered, with an event time that is off by the
// difference between the two ways here. So equal content at about the same time is one event.
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'

/** Equal content within one such step of the clock has one id wherever it arrives. Two equal hits of one visitor inside it count as one. */
const stepMs = 10_000
/** Beside the steps: what this isolate took less than this ago keeps its id, also where a step lies between. */
const sameWithinMs = 5_000
/** What one isolate remembers; the oldest is forgotten first. */
const rememberedMax = 20_000

/** `at`: epoch milliseconds, receipt minus queue time. */
export type EventIds = (content: readonly string[], at: number) => string

export function recentEvents(): EventIds {
  const remembered = new Map<string, { readonly at: number; readonly id: string }>()
  return (content, at) => {
    const name = murmur3x64Hex(JSON.stringify(content))
    const known = remembered.get(name)
    if (known && Math.abs(at - known.at) <= sameWithinMs) return known.id
    const id = murmur3x64Hex(JSON.stringify([...content, Math.round(at / stepMs)]))
    remembered.delete(name)
    remembered.set(name, { at, id })
    if (remembered.size > rememberedMax) remembered.delete(remembered.keys().next().value!)
    return id
  }
}

/** Whether a content is new to this isolate within a day. */
export type IsNews = (content: string, at: number) => boolean

export function recentNews(): IsNews {
  const remembered = new Map<string, number>()
  return (content, at) => {
    const name = murmur3x64Hex(content)
    const day = Math.floor(at / dayMs)
    if (remembered.get(name) === day) return false
    remembered.delete(name)
    remembered.set(name, day)
    if (remembered.size > rememberedMax) remembered.delete(remembered.keys().next().value!)
    return true
  }
}
const dayMs = 86_400_000
