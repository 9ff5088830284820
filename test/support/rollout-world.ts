// A flag of which a progressive rollout can be made, in an environment with a clock of its own.
import type { Flag } from '../../core/model/flag.ts'
import { clause, fixed, flag, rollout, rule } from './build/flags.ts'
import { SimulatedEnvironment } from './simulated-environment.ts'

export const start = Date.UTC(2026, 5, 1)
export const [minuteMs, dayMs] = [60_000, 86_400_000]
export const half = rollout({ a: 50_000, b: 50_000 })
export const subject = (changes: Partial<Flag> = {}) =>
  flag({
    key: 'f',
    rules: [rule([clause('plan', 'equals', 'pro')], { id: 'r', strategy: half })],
    defaultStrategy: { id: 'd', strategy: fixed('a') },
    ...changes,
  })
export const world = (changes: Partial<Flag> = {}) => new SimulatedEnvironment(start, [subject(changes)])
export const steps = [10_000, 40_000, 100_000].map((weight) => ({ weight, holdMs: minuteMs }))
export const create = (changes: object = {}) => ({
  kind: 'create-progressive-rollout',
  progressiveRollout: { id: 'p', flagKey: 'f', variationId: 'b', steps, ...changes },
})
export const command = (step: string, more: object = {}) => ({
  kind: `${step}-progressive-rollout`,
  id: 'p',
  ...more,
})
export const of = ({ state }: SimulatedEnvironment) => state.progressiveRollout.get('p')!
export const servedBy = ({ state }: SimulatedEnvironment) => state.flag.get('f')!.defaultStrategy.strategy
export const shareOf = (here: SimulatedEnvironment) => {
  const strategy = servedBy(here)
  return strategy.kind === 'fixed'
    ? Number(strategy.variationId === 'b') * 100_000
    : (strategy.shares.find(({ variationId }) => variationId === 'b')?.weight ?? 0)
}
export const edit = (changes: object) => ({ kind: 'update-flag', key: 'f', changes })
