// Automatic operations: what they watch, and what they do. When one is due is decided in operation-watch.ts.
// The batch runner collects the facts and sends the command through the admin API.
import * as z from 'zod'
import { FlagKey, Id, Key } from './flag.ts'
import { CountedEvents, SharedAddress } from './counted-events.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * `disable` turns the flag off; `serve` turns it off with this variation for everybody; `stop-experiment`
 * leaves the flag alone; `notify` changes nothing but the operation itself, which webhooks tell of.
 */
export const OperationAction = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('disable') }),
  z.strictObject({ kind: z.literal('serve'), variationId: Id }),
  z.strictObject({ kind: z.literal('stop-experiment'), experimentId: Id }),
  z.strictObject({ kind: z.literal('notify') }),
])
export type OperationAction = z.infer<typeof OperationAction>
export const actionDefault: OperationAction = { kind: 'disable' }

/** At most so many healthy flags are stopped within 14 days. */
export const operationAlphaDefault = 0.05
/** Seven days are watched: users who wait longer would not be judged. */
const delayMsMax = 3 * dayMs

/**
 * A kill switch: acts when there is enough evidence that the share of users who reach a goal within `delayMs`
 * of their exposure is above (`at-least`) or below (`at-most`) a limit. With a baseline, the limit is a
 * distance from the baseline's share.
 */
export const Operation = z.strictObject({
  id: Id,
  kind: z.literal('event-rate'),
  flagKey: FlagKey,
  variationId: Id,
  goalKey: Key,
  comparison: z.enum(['at-least', 'at-most']),
  /** In (0, 1]: a share of users; with a baseline, how far from the baseline's share. */
  threshold: z.number().gt(0).max(1),
  /** Another variation of the same rollout. */
  baselineVariationId: Id.optional(),
  /** `absolute` (default): in points. `relative`: in shares of the baseline's. */
  difference: z.enum(['absolute', 'relative']).optional(),
  /** The rollout that gives both, with a baseline: a rule, or the default strategy (default). */
  ruleId: Id.optional(),
  /** Set by the system: the watched variation's share of the users of both. Absent: no rollout gives both. */
  share: z.number().gt(0).lt(1).optional(),
  /** The number of exposed users from which on the rate is checked. */
  minimumUsers: z.int().min(1),
  /** The chance that a healthy flag is stopped within 14 days, at most. Default: 0.05. */
  alpha: z.number().min(0.0001).max(0.2).optional(),
  /** How long after the exposure a goal counts. Default: an hour for `at-least`, a day for `at-most`. */
  delayMs: z.int().min(0).max(delayMsMax).optional(),
  /** Default: `disable`. */
  action: OperationAction.optional(),
  /** So long after it fired it is armed again by itself. Absent: by hand. */
  rearmAfterMs: z
    .int()
    .min(minuteMs)
    .max(366 * dayMs)
    .optional(),
  status: z.enum(['active', 'fired']),
  /** Set by the system, epoch milliseconds. Operations that fired before this field have none. */
  firedAt: z.int().optional(),
  /** Epoch milliseconds; earlier events do not count. */
  countingFrom: z.int(),
  /** Set by the system: it counts anew because its share changed, not because it was armed. */
  restarted: z.boolean().optional(),
  counts: CountedEvents.optional(),
  sharedAddress: SharedAddress.optional(),
  ...versioned,
})
export type Operation = z.infer<typeof Operation>

/** What callers cannot set, besides version and times. */
export const operationSystemFields = { share: true, firedAt: true, restarted: true } as const

const delayDefaults = { 'at-least': hourMs, 'at-most': dayMs }
export const delayOf = ({ delayMs, comparison }: Operation): number => delayMs ?? delayDefaults[comparison]

export const isRearmDue = (operation: Operation, now: number): boolean =>
  operation.status === 'fired' &&
  operation.rearmAfterMs !== undefined &&
  now >= (operation.firedAt ?? operation.updatedAt) + operation.rearmAfterMs

const count = z.int().min(0)

/** Users who were first exposed in this minute (epoch minutes), and those of them who reached the goal. */
const EvidenceMinute = z.strictObject({
  minute: z.int(),
  users: count,
  goalUsers: count,
  baselineUsers: count.optional(),
  baselineGoalUsers: count.optional(),
})

/**
 * What made an operation due: the last minutes with users, in order, that are enough for it. Anybody can
 * compute the evidence again from it.
 */
export const OperationEvidence = z
  .strictObject({
    /** Epoch minutes: each minute after it is a start. */
    after: z.int(),
    minutes: z.array(EvidenceMinute).min(1).max(limits.evidenceMinutesMax),
  })
  .refine(
    ({ after, minutes }) => minutes.every(({ minute }, i) => minute > (minutes[i - 1]?.minute ?? after)),
    { path: ['minutes'], message: 'are not in order' },
  )
export type OperationEvidence = z.infer<typeof OperationEvidence>

/**
 * Users of the last seven days and the running one, each once a day; of runners one release back, distinct
 * users since `countingFrom`.
 */
export const OperationFacts = z.strictObject({
  exposedUsers: count,
  goalUsers: count,
  baselineUsers: count.optional(),
  baselineGoalUsers: count.optional(),
  /** By the first exposure of each user, also of those that do not count. Older runners do not say. */
  verifiedUsers: count.optional(),
  unverifiedUsers: count.optional(),
  /** Left out because too many users came from one address. */
  usersOverLimit: count.optional(),
  /** Runners one release back send none. */
  evidence: OperationEvidence.optional(),
})
export type OperationFacts = z.infer<typeof OperationFacts>

/** What the runner found when it last looked. Replaced by each look; no part of the configuration. */
export const OperationLook = z.strictObject({
  /** Epoch milliseconds, as all times here. */
  at: z.int(),
  /** The operation's when it was looked at: another one, and the look is of another watch. */
  countingFrom: z.int(),
  /** Users whose first exposure is in [from, until) were judged. */
  from: z.int(),
  until: z.int(),
  /** `unwatched`: no rollout gives both variations. */
  state: z.enum(['watching', 'too-few-users', 'due', 'unwatched']),
  exposedUsers: count,
  goalUsers: count,
  baselineUsers: count.optional(),
  baselineGoalUsers: count.optional(),
  /** Exposed, and not yet judged: they still have time to reach the goal. */
  waitingUsers: count,
  verifiedUsers: count,
  unverifiedUsers: count,
  usersOverLimit: count,
  /** Against the limit. It fires at `needed`, which is 1 / alpha. */
  evidence: z.number().min(0),
  needed: z.number().min(0),
  /** ln(evidence / needed): negative; 0 is firing. */
  distance: z.number(),
  /** What the rate has been lately, as the evidence has it. Absent with a baseline. */
  lateRate: z.number().optional(),
})
export type OperationLook = z.infer<typeof OperationLook>
