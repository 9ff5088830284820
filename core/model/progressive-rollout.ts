// A progressive rollout: gives one variation to more and more users of a rule, step by step, by itself.
import * as z from 'zod'
import { type Flag, FlagKey, Id, Strategy } from './flag.ts'
import { rebalance } from './rebalance.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

/** A second. A step that nobody can look at would be none. */
export const stepHoldMsMin = 1_000
export const stepHoldMsMax = 90 * 24 * 60 * 60 * 1000

const Weight = z.int().min(1).max(limits.weightTotal)
const HoldMs = z.int().min(stepHoldMsMin).max(stepHoldMsMax)
const count = z.int().min(0)

/** What a step waits for besides its time. The runner tells when it has come. */
const stepConditions = {
  /** Whether what follows it waits for an approval as well. */
  approval: z.boolean().default(false),
  /** So many users must have met the variation by the rule since the step was made. */
  minimumUsers: z.int().min(1).max(limits.usersPlannedMax).optional(),
  /**
   * Operations on the flag and the variation. Each must have judged its own `minimumUsers` users of this
   * step, and not have fired.
   */
  guardrails: z.array(Id).min(1).max(limits.rolloutGuardrailsMax).optional(),
}

export const RolloutStep = z.strictObject({
  /** Of 100,000 users of the rule: how many get the variation. */
  weight: Weight,
  /** How long the step holds, before what follows it. */
  holdMs: HoldMs,
  ...stepConditions,
})
export type RolloutStep = z.infer<typeof RolloutStep>

/** Steps of equal size, from `from` (default: the increment) up to `to`, which is always the last. */
export const RolloutTemplate = z
  .strictObject({
    from: Weight.optional(),
    to: Weight.default(limits.weightTotal),
    increment: Weight,
    holdMs: HoldMs,
    ...stepConditions,
  })
  .refine(({ from, to, increment }) => (from ?? increment) <= to, {
    path: ['to'],
    error: 'must not be less than from, which is the increment unless it is sent',
  })
export type RolloutTemplate = z.infer<typeof RolloutTemplate>

export const rolloutStatuses = ['waiting', 'running', 'paused', 'stopped', 'finished', 'rolled-back'] as const

/** What a fired operation does to it. */
export const rolloutReactions = ['pause', 'step-back', 'roll-back', 'none'] as const

/** What the runner found of a step. Users count once. Times are in epoch milliseconds. */
export const RolloutFacts = z.strictObject({
  /** The rollout's, so that facts of another step are refused. */
  stepAt: z.int(),
  until: z.int(),
  users: count,
  verifiedUsers: count,
  unverifiedUsers: count,
  usersOverLimit: count,
  /** Of each guardrail: users of this step who have had their time to reach the goal. Each once a day. */
  guardrails: z
    .array(z.strictObject({ operationId: Id, judgedUsers: count, goalUsers: count }))
    .max(limits.rolloutGuardrailsMax),
})
export type RolloutFacts = z.infer<typeof RolloutFacts>

/** What the runner found when it last looked. Replaced by each look; no part of the configuration. */
export const RolloutLook = RolloutFacts.extend({
  at: z.int(),
  /** What is still missing, as phrases; empty: nothing is. */
  missing: z.array(z.string().max(limits.commentLengthMax)).max(limits.rolloutShortfallsMax),
})
export type RolloutLook = z.infer<typeof RolloutLook>

export const ProgressiveRollout = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: FlagKey,
  /** The rule, or the default strategy, whose users are concerned. */
  ruleId: Id,
  variationId: Id,
  /** Whose users get it. Absent: users who get no variation. */
  fromVariationId: Id.optional(),
  /** With growing weights. */
  steps: z.array(RolloutStep).min(1).max(limits.rolloutStepsMax),
  onOperation: z.enum(rolloutReactions).default('pause'),
  /** Epoch milliseconds. */
  startAt: z.int().min(0).max(limits.epochMsMax),
  status: z.enum(rolloutStatuses),
  /** How many steps were made. */
  stepsMade: z.int().min(0),
  /** When the last one was made. */
  stepAt: z.int().optional(),
  /** When it goes on by itself. Absent: it does not. */
  at: z.int().optional(),
  /** While it is paused: how long the step still holds. */
  remainingMs: z.int().min(0).optional(),
  /** Whether the last step has been approved. */
  approved: z.boolean().optional(),
  /** Present while only an approval is missing. */
  awaitsApproval: z.literal(true).optional(),
  /** Present while the hold is over, and users or guardrails are missing. */
  awaitsFacts: z.literal(true).optional(),
  /** The facts that were enough for the last step. */
  facts: RolloutFacts.optional(),
  /** What the rule served before the first step. */
  before: Strategy.optional(),
  /** What last happened to it by itself, and why. */
  cause: z.strictObject({ at: z.int(), reason: z.string() }).optional(),
  ...versioned,
})
export type ProgressiveRollout = z.infer<typeof ProgressiveRollout>

/** Whether its rule is locked. */
export const isRolloutOpen = ({ status }: Pick<ProgressiveRollout, 'status'>): boolean =>
  status === 'waiting' || status === 'running' || status === 'paused'

export const isRolloutDue = ({ status, at }: ProgressiveRollout, now: number): boolean =>
  (status === 'waiting' || status === 'running') && at !== undefined && now >= at

export function stepsOf({ from, to, increment, ...step }: RolloutTemplate): RolloutStep[] {
  const steps: RolloutStep[] = []
  for (let weight = from ?? increment; weight < to; weight += increment) steps.push({ weight, ...step })
  return [...steps, { weight: to, ...step }]
}

/** The step whose users are waited for; undefined if none is, or they have come. */
export function stepInQuestion(rollout: ProgressiveRollout): RolloutStep | undefined {
  const step = rollout.steps[rollout.stepsMade - 1]
  if (!step || rollout.facts) return undefined
  return step.minimumUsers === undefined && !step.guardrails ? undefined : step
}

type Ends = Pick<ProgressiveRollout, 'variationId' | 'fromVariationId'>

/** The share of each end, out of 100,000. Users without a variation are an end too. */
export function endsOf(strategy: Strategy, { variationId, fromVariationId }: Ends) {
  const shares = sharesOf(strategy)
  const weightOf = (id: string) => shares.find((share) => share.variationId === id)?.weight ?? 0
  const given = shares.reduce((sum, { weight }) => sum + weight, 0)
  const from = fromVariationId === undefined ? limits.weightTotal - given : weightOf(fromVariationId)
  return { variation: weightOf(variationId), from }
}

const sharesOf = (strategy: Strategy) =>
  strategy.kind === 'rollout'
    ? strategy.shares
    : [{ variationId: strategy.variationId, weight: limits.weightTotal }]

/** One step: the variation gets users of the other end until it has `weight`, and nobody else moves. */
function grown(strategy: Strategy, ends: Ends, weight: number): Strategy {
  const { variation, from } = endsOf(strategy, ends)
  const before = sharesOf(strategy)
  const listed = before.some(({ variationId }) => variationId === ends.variationId)
  const shares = [...before, ...(listed ? [] : [{ variationId: ends.variationId, weight: 0 }])]
    .map((share) => {
      if (share.variationId === ends.variationId) return { ...share, weight }
      const isFrom = share.variationId === ends.fromVariationId
      return isFrom ? { ...share, weight: from - (weight - variation) } : share
    })
    .filter(({ variationId, weight: left }) => left > 0 || variationId !== ends.fromVariationId)
  const audience = strategy.kind === 'rollout' ? strategy.audience : undefined
  const { audience: kept, ...split } = rebalance(strategy, {
    kind: 'rollout',
    shares,
    ...(audience && { audience }),
  })
  return { ...split, ...(kept && { audience: kept }) } // in the order of the schema, as it is stored
}

/** What the rule serves after so many steps; what it served before, after none. */
export const strategyAfter = (
  before: Strategy,
  rollout: Ends & Pick<ProgressiveRollout, 'steps'>,
  stepsMade: number,
): Strategy =>
  rollout.steps.slice(0, stepsMade).reduce((strategy, { weight }) => grown(strategy, rollout, weight), before)

/** The flag with another strategy of one rule, or of the default. */
export function withStrategy(flag: Flag, ruleId: string, strategy: Strategy): Flag {
  const replaced = <P extends { id: string; strategy: Strategy }>(part: P): P =>
    part.id === ruleId ? { ...part, strategy } : part
  return { ...flag, rules: flag.rules.map(replaced), defaultStrategy: replaced(flag.defaultStrategy) }
}

/** `2 of 4: 25 %`. */
export function stepName({ steps }: Pick<ProgressiveRollout, 'steps'>, step: number): string {
  const { weight = 0 } = steps[step - 1] ?? {}
  return `${step} of ${steps.length}: ${weight / limits.weightPerPercent} %`
}
