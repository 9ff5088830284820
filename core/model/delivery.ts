// The delivery of one notification to one webhook: its states, and when it is tried again. Pure: the sender
// (workers/control/webhooks/) passes in time and chance.
import * as z from 'zod'

/**
 * `waiting`: will be tried, or tried again. `delivered`: answered with 2xx. `dead`: given up; it can be sent
 * again by hand. `cancelled`: its webhook was disabled first.
 */
export const DeliveryState = z.enum(['waiting', 'delivered', 'dead', 'cancelled'])
export type DeliveryState = z.infer<typeof DeliveryState>

const [second, minute, hour] = [1_000, 60_000, 3_600_000]

/** The waits after the first failure, the second, ...: 12 tries within 24 hours. */
export const retryWaitsMs = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  1 * hour,
  2 * hour,
  4 * hour,
  5 * hour,
  5 * hour,
  6 * hour,
] as const

/** Nothing is tried again that much later than its first try: 24 hours. */
export const retryForMs = 24 * hour
/** Waits are shortened by up to a tenth, so that the deliveries of an outage do not come back as one. */
const jitter = 0.1
/** How long a receiver may put off the next try with `Retry-After`. */
export const retryAfterMsMax = 4 * hour

/** What a try came to. Sentences name no address and no secret. */
export type Attempt =
  | { readonly outcome: 'delivered'; readonly status?: number | undefined }
  | {
      readonly outcome: 'failed'
      /** The receiver's status code, if it answered. */
      readonly status?: number | undefined
      readonly error: string
      /** What the receiver asked for by `Retry-After`. */
      readonly retryAfterMs?: number | undefined
      /** Trying again is pointless: the receiver says it is gone for good, or the webhook has no secret. */
      readonly final?: boolean | undefined
    }

export interface Progress {
  readonly state: DeliveryState
  /** Tries since `since`. */
  readonly attempts: number
  /** Epoch milliseconds; undefined unless it is waiting. */
  readonly nextAttemptAt: number | undefined
}

/**
 * The state after a try that ended at `now`. `since`: when the delivery was made, or sent again by hand.
 * `chance`: in [0, 1).
 */
export function afterAttempt(
  { attempts, since }: { readonly attempts: number; readonly since: number },
  attempt: Attempt,
  now: number,
  chance: number,
): Progress {
  const made = attempts + 1
  if (attempt.outcome === 'delivered') return { state: 'delivered', attempts: made, nextAttemptAt: undefined }
  const wait = retryWaitsMs[attempts]
  const dead = { state: 'dead', attempts: made, nextAttemptAt: undefined } as const
  if (wait === undefined || attempt.final) return dead
  const asked = Math.min(attempt.retryAfterMs ?? 0, retryAfterMsMax)
  const nextAttemptAt = now + Math.max(Math.round(wait * (1 - jitter * chance)), asked)
  return nextAttemptAt > since + retryForMs ? dead : { state: 'waiting', attempts: made, nextAttemptAt }
}
