// Dynamic allocation (a bandit): gives more users to the variations of a rollout that seem better, and goes
// on learning. It decides; it measures no effect: its users are not spread evenly, on purpose.
import * as z from 'zod'
import { CountedEvents } from './counted-events.ts'
import { FlagKey, Id, Key } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const count = z.int().min(0)
const Weight = z.int().min(0).max(limits.weightTotal)
/** Shares move in whole percents: less is noise, and makes a phase of its own. */
const WholePercents = z
  .int()
  .min(limits.weightPerPercent)
  .max(limits.weightTotal)
  .multipleOf(limits.weightPerPercent)

/** What can be edited. */
export const allocationTerms = {
  name: z.string().max(limits.nameLengthMax).default(''),
  /** The least that a variation gets, of 100,000 users of the rule: what gets nobody is never learnt of. */
  floor: WholePercents.default(5_000),
  /** How much a share may change at once. */
  maximumStep: WholePercents.default(10_000),
  /** How often shares change at most. */
  everyMs: z
    .int()
    .min(hourMs)
    .max(30 * dayMs)
    .default(dayMs),
  /** So many users of each variation must have been judged before shares move for the first time. */
  minimumUsers: z.int().min(10).max(limits.usersPlannedMax).default(200),
}

/** A stretch of time with the same shares. */
const AllocationPhase = z.strictObject({
  /** Epoch milliseconds. It lasts until the next one starts. */
  startAt: z.int(),
  weights: z.record(Id, Weight),
})
export type AllocationPhase = z.infer<typeof AllocationPhase>

export const allocationStatuses = ['running', 'paused', 'stopped'] as const

export const DynamicAllocation = z.strictObject({
  id: Id,
  flagKey: FlagKey,
  /** The rule, or the default strategy, whose users are allocated. */
  ruleId: Id,
  goalKey: Key,
  /** Of the goal, fewer is better. */
  lowerIsBetter: z.boolean().default(false),
  /** How long after the exposure a goal counts; until then a user is not judged. */
  delayMs: z
    .int()
    .min(0)
    .max(7 * dayMs)
    .default(dayMs),
  counts: CountedEvents.optional(),
  ...allocationTerms,
  /** Set by the system, with the shares at the beginning. */
  arms: z.array(Id).min(2).max(limits.allocationArmsMax),
  status: z.enum(allocationStatuses),
  /** In order of time, each with its own shares: what is counted is counted by phase. */
  phases: z.array(AllocationPhase).min(1).max(limits.allocationPhasesMax),
  ...versioned,
})
export type DynamicAllocation = z.infer<typeof DynamicAllocation>

/** Whether its rule is locked. */
export const isAllocationOpen = ({ status }: Pick<DynamicAllocation, 'status'>): boolean =>
  status !== 'stopped'

/** When its shares may move next, in epoch milliseconds. */
export const movesNextAt = ({ phases, everyMs }: DynamicAllocation): number =>
  phases.at(-1)!.startAt + everyMs

export const ArmCounts = z.strictObject({ users: count, goals: count })
export type ArmCounts = z.infer<typeof ArmCounts>

const Arms = z.record(Id, ArmCounts).refine((arms) => Object.keys(arms).length <= limits.allocationArmsMax, {
  error: `may have at most ${limits.allocationArmsMax} variations`,
})

/** What the runner counted. Each user counts once, in the phase and variation of the first exposure. */
export const AllocationFacts = z.strictObject({
  /** Users who were first exposed before it were judged. Epoch milliseconds. */
  until: z.int(),
  phases: z
    .array(z.strictObject({ startAt: z.int(), arms: Arms }))
    .min(1)
    .max(limits.allocationPhasesMax),
})
export type AllocationFacts = z.infer<typeof AllocationFacts>
