// A question about one rollout: users that a rule (or the default strategy) split, compared by the goals they reach.
import * as z from 'zod'
import { type Flag, Id, Key, type Strategy } from './flag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

export const Experiment = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  flagKey: Key,
  /** The rollout under test: id of a rule or of the default strategy. Pinned, so that edits elsewhere in the flag end nothing. */
  ruleId: Id,
  goalKeys: z.array(Key).min(1).max(limits.goalsPerExperimentMax),
  baselineVariationId: Id,
  /** Epoch milliseconds; events outside [startAt, stopAt) do not count. */
  startAt: z.int(),
  stopAt: z.int(),
  status: z.enum(['running', 'stopped']),
  ...versioned,
})
export type Experiment = z.infer<typeof Experiment>

/** The strategy that a rule id names in a flag. */
export function strategyOf(flag: Flag, ruleId: string): Strategy | undefined {
  if (flag.defaultStrategy.id === ruleId) return flag.defaultStrategy.strategy
  return flag.rules.find(({ id }) => id === ruleId)?.strategy
}

/** The variation of a rollout that is marked as what the others are compared with; undefined where none is, or several are. */
export function baselineOf(flag: Flag, ruleId: string): string | undefined {
  const strategy = strategyOf(flag, ruleId)
  if (strategy?.kind !== 'rollout') return undefined
  const marked = new Set(flag.variations.flatMap(({ id, baseline }) => (baseline ? [id] : [])))
  const [only, ...others] = strategy.shares.filter(({ variationId }) => marked.has(variationId))
  return others.length === 0 ? only?.variationId : undefined
}

/** Weight that each variation of a rollout should have among the users it splits. */
export function expectedWeights(strategy: Strategy): ReadonlyMap<string, number> {
  if (strategy.kind === 'fixed') return new Map([[strategy.variationId, 1]])
  const { shares, audience } = strategy
  const inside =
    audience && audience.percentage > 0 && audience.percentage < 100 ? audience.percentage / 100 : 1
  const weights = new Map(shares.map(({ variationId, weight }) => [variationId, weight * inside]))
  if (audience && inside < 1) {
    const total = shares.reduce((sum, { weight }) => sum + weight, 0)
    const outside = total * (1 - inside)
    weights.set(audience.defaultVariationId, (weights.get(audience.defaultVariationId) ?? 0) + outside)
  }
  return weights
}
