// Sends events to the queue, counts them, and holds each environment to its intake quota. Each isolate sums
// up what it took and refused and reports it every few seconds, after a response; the answer says how much
// the whole environment has used of this minute. So a request waits for nothing but the queue, and the
// quota takes effect some seconds late.
import { type IntakeCounts, intakePerMinuteDefault } from '../../analytics/intake.ts'
import { settingsOf } from '../../core/model/snapshot.ts'
import { refuse } from '../../core/model/problem.ts'
import type { IntakeMeter } from '../contracts/intake-contract.ts'
import type { EventSink } from '../contracts/ports.ts'
import { logError } from '../http/log.ts'
import type { eventQueue } from '../storage/event-queue.ts'

const minuteMs = 60_000
const firstReportInMs = 10_000
/** A report is due at once when an isolate has taken this share of the quota since the last one. */
const unreportedShare = 0.1

export interface IntakePorts {
  readonly queue: ReturnType<typeof eventQueue>
  /** Undefined if intake is neither counted nor limited. */
  readonly meterOf: ((environmentId: string) => IntakeMeter) | undefined
  readonly now: () => number
  readonly delay: (ms: number) => Promise<void>
  /** Lets work continue after the response. */
  readonly defer: (work: Promise<unknown>) => void
}

/** What an isolate knows of an environment. */
interface Tally {
  counts: IntakeCounts
  /** Whether a report waits for its time. */
  isDue: boolean
  nextInMs: number
  /** Epoch milliseconds: until then, every event is refused. */
  refusedUntil: number
}

export function intake({ queue, meterOf, now, delay, defer }: IntakePorts): EventSink {
  const tallies = new Map<string, Tally>()

  function count(environmentId: string, name: keyof IntakeCounts, events: number, quota = Infinity): void {
    if (!meterOf || events === 0) return
    const tally = tallyOf(environmentId)
    tally.counts[name] = (tally.counts[name] ?? 0) + events
    const isMuch = (tally.counts.accepted ?? 0) >= quota * unreportedShare
    if (isMuch) defer(report(environmentId, tally, quota))
    else if (!tally.isDue) {
      tally.isDue = true
      defer(delay(tally.nextInMs).then(() => report(environmentId, tally, quota)))
    }
  }

  function tallyOf(environmentId: string): Tally {
    let tally = tallies.get(environmentId)
    if (!tally) {
      tally = { counts: {}, isDue: false, nextInMs: firstReportInMs, refusedUntil: 0 }
      tallies.set(environmentId, tally)
    }
    return tally
  }

  async function report(environmentId: string, tally: Tally, quota: number): Promise<void> {
    const { counts } = tally
    tally.counts = {}
    tally.isDue = false
    if (Object.keys(counts).length === 0) return
    const minute = Math.floor(now() / minuteMs)
    try {
      const { acceptedThisMinute, nextInMs } = await meterOf!(environmentId).report(counts)
      tally.nextInMs = nextInMs
      if (acceptedThisMinute >= quota) tally.refusedUntil = (minute + 1) * minuteMs
    } catch (cause) {
      logError('intake', cause) // these counts are lost: adding them again could count them twice
    }
  }

  return {
    async send(records, compiled) {
      const { environmentId } = compiled
      const quota = settingsOf(compiled.snapshot).intakePerMinute ?? intakePerMinuteDefault
      const left = meterOf ? tallyOf(environmentId).refusedUntil - now() : 0
      if (left > 0) {
        count(environmentId, 'refused:quota', records.length)
        return refuse('RATE_LIMITED', `the environment has sent its quota of ${quota} events a minute`, {
          retryAfterSeconds: Math.ceil(left / 1_000),
        })
      }
      const { taken, tooLarge } = await queue(records)
      count(environmentId, 'refused:too-large', tooLarge.length)
      const others = records.length - tooLarge.length
      count(environmentId, taken ? 'accepted' : 'refused:queue', others, quota)
      return taken
        ? { ok: true, tooLarge }
        : refuse('UNAVAILABLE', 'the events could not be stored, try again')
    },
    countRefused: (environmentId, reason, events) => count(environmentId, `refused:${reason}`, events),
  }
}
