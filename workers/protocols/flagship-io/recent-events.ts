// Which hits are one event. The wire has no event ids, and SDKs send again what was not answered, with an
// event time that is off by the difference between the two ways here. So equal content at about the same time
// is one event: told by its id where one isolate takes both or both lie in one step of the clock, and by its
// content where they are counted.
import { sameWithinMs } from '../../../analytics/records.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'

/**
 * Equal content within one such step of the clock has one id wherever it arrives. Two equal hits of one
 * visitor inside it count as one.
 */
const stepMs = 10_000
/** What one isolate remembers; the oldest is forgotten first. */
const rememberedMax = 20_000

/** Enough to tell what one user says within seconds. */
const contentLength = 16

export interface EventIdentity {
  readonly id: string
  /** The same wherever and whenever it arrives. */
  readonly content: string
}

/**
 * `at`: epoch milliseconds, receipt minus queue time. What this isolate took within `sameWithinMs` keeps its
 * id, also where a step lies between.
 */
export type EventIds = (content: readonly string[], at: number) => EventIdentity

export function recentEvents(): EventIds {
  const remembered = new Map<string, EventIdentity & { readonly at: number }>()
  return (said, at) => {
    const name = murmur3x64Hex(JSON.stringify(said))
    const known = remembered.get(name)
    if (known && Math.abs(at - known.at) <= sameWithinMs) return known
    const id = murmur3x64Hex(JSON.stringify([...said, Math.round(at / stepMs)]))
    const event = { id, content: name.slice(0, contentLength), at }
    remembered.delete(name)
    remembered.set(name, event)
    if (remembered.size > rememberedMax) remembered.delete(remembered.keys().next().value!)
    return event
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
