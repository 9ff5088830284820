// An experiment compares the variations of one rollout (of a rule or the default strategy) by the goals that
// their users reach.
import * as z from 'zod'
import { type Flag, FlagKey, Id, Key, type Strategy } from './flag.ts'
import { versioned } from './versioned.ts'
import { CountedEvents, SharedAddress } from './counted-events.ts'
import { GoalHistory } from './goal-history.ts'
import { Guardrail } from './guardrail.ts'
import * as limits from './limits.ts'

/**
 * What becomes of a running experiment whose flag is edited: it stops, or it counts anew from then on, by the
 * new shares.
 */
export const experimentChoices = ['stop', 'new-phase'] as const
export type ExperimentChoice = (typeof experimentChoices)[number]

/** A stretch of time with the same shares. Only events of the newest phase count. */
const ExperimentPhase = z.strictObject({
  /** Epoch milliseconds. The phase lasts until the next one starts. */
  startAt: z.int(),
  /** Relative weights of the variations, by id. */
  weights: z.record(Id, z.number().min(0)),
  /** What the rollout splits by, and the experiment counts; absent: users, by targeting key. */
  unitAttribute: z.string().max(limits.keyLengthMax).optional(),
})
export type ExperimentPhase = z.infer<typeof ExperimentPhase>

/**
 * What is decided before the start, and never changed after it: how results are read. `always-valid` may end
 * at any time; `fixed-horizon` names a winner with more power, but none after `stopAt`.
 */
export const ExperimentDesign = z.strictObject({
  decision: z.enum(['always-valid', 'fixed-horizon']).optional(),
  /** In all variations together: makes always-valid intervals narrowest there. */
  usersPlanned: z.int().min(1).max(limits.usersPlannedMax).optional(),
  /** No variation is named before. */
  minimumDays: z.number().min(0).max(limits.minimumDaysMax).optional(),
  /** Goals of which fewer is better; of all others, more is. */
  lowerIsBetter: z.array(Key).max(limits.goalsPerExperimentMax).optional(),
  /** Goals that an arm may make worse by no more than a margin; the primary goal is none. */
  guardrails: z.array(Guardrail).max(limits.goalsPerExperimentMax).optional(),
  /** Relative differences up to this are no difference in practice: 0.02 is two percent. */
  equivalence: z.number().min(0).max(1).optional(),
  /** The smallest relative difference of the primary goal that is worth finding: 0.05 is five percent. */
  minimumEffect: z.number().positive().max(limits.minimumEffectMax).optional(),
  /**
   * Attributes of an exposure's context, or `exposure.day`, `exposure.protocol`, `exposure.revision`,
   * `exposure.sdk`, `exposure.verified`: results show a segment for each of their values.
   */
  breakdownBy: z.array(z.string().min(1).max(limits.keyLengthMax)).max(limits.breakdownsMax).optional(),
  /** The variations are equal: what is tested is the way from assignment to result. No arm is ever named. */
  aa: z.boolean().optional(),
})
export type ExperimentDesign = z.infer<typeof ExperimentDesign>

/** A full week: users of a Monday are not those of a Sunday. */
export const minimumDaysDefault = 7
export const equivalenceDefault = 0.02

/**
 * What was written last. Time moves an experiment on by itself: `statusAt` is what counts. A draft waits for
 * nobody; what is archived is not computed any more.
 */
export const experimentStatuses = ['draft', 'waiting', 'running', 'stopped', 'archived'] as const
export type ExperimentStatus = (typeof experimentStatuses)[number]

export const Experiment = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  /** What is expected, and why. */
  hypothesis: z.string().max(limits.descriptionLengthMax).optional(),
  /** Who decides on its result. */
  owner: z.string().max(limits.nameLengthMax).optional(),
  flagKey: FlagKey,
  /**
   * The rollout under test: the id of a rule or of the default strategy. Other edits of the flag do not
   * affect the experiment.
   */
  ruleId: Id,
  /** The first one is primary: it alone decides. */
  goalKeys: z.array(Key).min(1).max(limits.goalsPerExperimentMax),
  /** The primary goal, if it was taken off after the start: then none of the others decides. */
  primaryGoalKey: Key.optional(),
  baselineVariationId: Id,
  /** Epoch milliseconds; events outside [startAt, stopAt) do not count. */
  startAt: z.int(),
  stopAt: z.int(),
  status: z.enum(experimentStatuses),
  /**
   * Epoch milliseconds: users whose first exposure is later do not count, while the events of the others
   * count until `stopAt`. Absent: users count until then too.
   */
  exposuresUntil: z.int().optional(),
  counts: CountedEvents.optional(),
  sharedAddress: SharedAddress.optional(),
  /** In order of time. Recorded when the experiment is created and with every new phase. */
  phases: z.array(ExperimentPhase).max(limits.experimentPhasesMax).optional(),
  design: ExperimentDesign.optional(),
  /**
   * What earlier experiments told of its goals when it was started: their priors and caps, fixed from then
   * on. Absent: it has not started, or an earlier release started it.
   */
  history: z.array(GoalHistory).max(limits.goalsPerExperimentMax).optional(),
  ...versioned,
})
export type Experiment = z.infer<typeof Experiment>

/**
 * The status at a time, whenever the commands came that write it down: an experiment runs from its start on,
 * and is over at its end. Earlier releases stored those that had not started as running.
 */
export function statusAt(
  { status, startAt, stopAt }: Pick<Experiment, 'status' | 'startAt' | 'stopAt'>,
  now: number,
): ExperimentStatus {
  if (status !== 'waiting' && status !== 'running') return status
  if (now >= stopAt) return 'stopped'
  return now >= startAt ? 'running' : 'waiting'
}

/** Whether edits of its flag concern the experiment, and users may still come. */
export function isOpenAt(experiment: Experiment, now: number): boolean {
  const status = statusAt(experiment, now)
  return status === 'waiting' || status === 'running'
}

/** It alone decides. */
export const primaryGoalOf = ({ primaryGoalKey, goalKeys }: Experiment): string | undefined =>
  primaryGoalKey ?? goalKeys[0]

export const goalRoles = ['primary', 'secondary', 'guardrail'] as const
export type GoalRole = (typeof goalRoles)[number]

/** In an A/A test, whatever is no primary goal is secondary: nothing is shipped, so nothing is guarded. */
export function roleOf(
  { guardrails, aa }: ExperimentDesign,
  goalKey: string,
  primaryGoalKey: string | undefined,
): GoalRole {
  if (goalKey === primaryGoalKey) return 'primary'
  return !aa && guardrails?.some((guardrail) => guardrail.goalKey === goalKey) ? 'guardrail' : 'secondary'
}

/** The strategy of a rule, or the default strategy, by id. */
export function strategyOf(flag: Flag, ruleId: string): Strategy | undefined {
  if (flag.defaultStrategy.id === ruleId) return flag.defaultStrategy.strategy
  return flag.rules.find(({ id }) => id === ruleId)?.strategy
}

/** The only variation of the rollout that is marked as baseline; undefined if none or several are. */
export function baselineOf(flag: Flag, ruleId: string): string | undefined {
  const strategy = strategyOf(flag, ruleId)
  if (strategy?.kind !== 'rollout') return undefined
  const marked = new Set(flag.variations.flatMap(({ id, baseline }) => (baseline ? [id] : [])))
  const [only, ...others] = strategy.shares.filter(({ variationId }) => marked.has(variationId))
  return others.length === 0 ? only?.variationId : undefined
}

/** The share of a strategy's users that are inside its audience, in (0, 1]. */
export function insideAudience(strategy: Strategy): number {
  if (strategy.kind === 'fixed') return 1
  const { percentage } = strategy.audience ?? { percentage: 100 }
  return percentage > 0 && percentage < 100 ? percentage / 100 : 1
}

/** The relative weight that each variation should have among the users of the strategy, by variation id. */
export function expectedWeights(strategy: Strategy): ReadonlyMap<string, number> {
  if (strategy.kind === 'fixed') return new Map([[strategy.variationId, 1]])
  const { shares, audience } = strategy
  const inside = insideAudience(strategy)
  const weights = new Map(shares.map(({ variationId, weight }) => [variationId, weight * inside]))
  if (audience && inside < 1) {
    const total = shares.reduce((sum, { weight }) => sum + weight, 0)
    const outside = total * (1 - inside)
    weights.set(audience.defaultVariationId, (weights.get(audience.defaultVariationId) ?? 0) + outside)
  }
  return weights
}
