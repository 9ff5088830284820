// Finds out which hits are the same event. Hits have no ids, and SDKs send unanswered ones again, with an
// event time that differs a little because network latency differs. So equal hits at about the same time are
// one event. They get the same id if one isolate receives both or if both lie in one step of the clock.
// Otherwise they are only recognized by their equal content, when events are counted.
import { sameWithinMs } from '../../../analytics/records.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'

/** Equal hits within one step of the clock have the same id in all isolates, and count as one. */
const stepMs = 10_000
/** Events that an isolate remembers. The oldest is forgotten first. */
const rememberedMax = 20_000

/** Digits of the content hash: enough to tell apart what one user does within seconds. */
const contentLength = 16

export interface EventIdentity {
  readonly id: string
  /** Hash of the content: the same in all isolates and at any time. */
  readonly content: string
}

/**
 * `at` is the event's time in epoch milliseconds: the time of receipt minus the queue time. An event that
 * this isolate received within `sameWithinMs` keeps its id, even if a new step of the clock has begun.
 * `content` and `more` are one text: to join them would cost more than to hash them.
 */
export type IdentifyEvent = (content: string, at: number, more?: string) => EventIdentity

export function createEventIdentifier(): IdentifyEvent {
  const remembered = new Map<string, EventIdentity & { readonly at: number }>()
  return (content, at, more) => {
    const hash = murmur3x64Hex(content, more)
    const step = Math.round(at / stepMs)
    const idIn = (other: number) => hash + other.toString(36)
    const id = idIn(step)
    const known = remembered.get(id)
    if (known) return known
    // A client may have many equal hits waiting, each of its own time: each is remembered.
    for (const other of [step - 1, step + 1]) {
      const near = remembered.get(idIn(other))
      if (near && Math.abs(at - near.at) <= sameWithinMs) return near
    }
    const event = { id, content: hash.slice(0, contentLength), at }
    remembered.set(id, event)
    if (remembered.size > rememberedMax) remembered.delete(remembered.keys().next().value!)
    return event
  }
}

/**
 * Whether this isolate receives the content for the first time on the day of `at` (UTC, epoch milliseconds).
 */
export type IsNewToday = (content: string, at: number) => boolean

export function createDailyFilter(): IsNewToday {
  const lastDays = new Map<string, number>()
  return (content, at) => {
    const hash = murmur3x64Hex(content)
    const day = Math.floor(at / dayMs)
    if (lastDays.get(hash) === day) return false
    lastDays.delete(hash)
    lastDays.set(hash, day)
    if (lastDays.size > rememberedMax) lastDays.delete(lastDays.keys().next().value!)
    return true
  }
}
const dayMs = 86_400_000
