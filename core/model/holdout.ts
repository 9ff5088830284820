// A holdout holds a share of the users back from what is new, for a time: they get what they would have got
// without it. Compared with the others, they show what everything together did in the long run.
import * as z from 'zod'
import { FlagKey, Id, Key } from './flag.ts'
import { Salt } from './layer.ts'
import * as limits from './limits.ts'
import { versioned } from './versioned.ts'

/** A rule from which users are held back, since the holdout began or since something began on the rule. */
const HeldRule = z.strictObject({
  flagKey: FlagKey,
  ruleId: Id,
  /** What they get instead. Absent: no variation. */
  variationId: Id.optional(),
  /** Epoch milliseconds. */
  since: z.int(),
})
export type HeldRule = z.infer<typeof HeldRule>

export const holdoutStatuses = ['waiting', 'running', 'ended'] as const

export const Holdout = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  description: z.string().max(limits.descriptionLengthMax).default(''),
  salt: Salt,
  /** How many of 10,000 slices are held back: the first ones. */
  slices: z
    .int()
    .min(1)
    .max(limits.slicesTotal / 2),
  /** Epoch milliseconds: users are held back in [startAt, stopAt). */
  startAt: z.int().min(0).max(limits.epochMsMax),
  stopAt: z.int().min(0).max(limits.epochMsMax),
  /** Whose rules are held. Absent: those of every flag on which an experiment or a rollout begins. */
  flagKeys: z.array(FlagKey).min(1).max(limits.allotmentsMax).optional(),
  /** What its results are about. */
  goalKeys: z.array(Key).max(limits.goalsPerExperimentMax).default([]),
  held: z.array(HeldRule).max(limits.allotmentsMax),
  status: z.enum(holdoutStatuses),
  /** When it goes on by itself, in epoch milliseconds. Absent: it has ended. */
  at: z.int().optional(),
  /** Why it could not begin or end when it last tried; `at` is when it tries again. */
  refusal: z.strictObject({ at: z.int(), reason: z.string() }).optional(),
  ...versioned,
})
export type Holdout = z.infer<typeof Holdout>

type Life = Pick<Holdout, 'status' | 'startAt' | 'stopAt'>

/** The status at a time, whenever the command comes that writes it down. */
export function holdoutStatusAt({ status, startAt, stopAt }: Life, now: number): Holdout['status'] {
  if (status === 'ended' || now >= stopAt) return 'ended'
  return now >= startAt ? 'running' : 'waiting'
}

export const isHoldoutOpen = ({ status }: Pick<Holdout, 'status'>): boolean => status !== 'ended'

export const covers = ({ flagKeys }: Pick<Holdout, 'flagKeys'>, flagKey: string): boolean =>
  flagKeys === undefined || flagKeys.includes(flagKey)
