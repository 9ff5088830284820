// What an experiment takes from earlier ones, and that nothing changes it once it runs.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { jeffreysPrior, priorFrom, weighted } from '../statistics/prior.ts'
import type { GoalResult } from './experiment-facts.ts'
import { goalHistory } from './goal-histories.ts'

const result = (more: Partial<GoalResult> = {}): GoalResult => ({
  experimentId: 'old',
  users: 10_000,
  conversions: 500,
  computedAt: 1,
  isSameMetric: true,
  isRed: false,
  ...more,
})
const goal = (metric: object) =>
  ({ key: 'buy', name: '', event: 'buy', metric, version: 1, createdAt: 0, updatedAt: 0 }) as never
const from = { experimentId: 'old', users: 10_000, conversions: 500, computedAt: 1 }

it.each<[string, object | undefined, Partial<GoalResult>[], object]>([
  ['a rate tells a prior', undefined, [{}], { from, prior: { alpha: 2, beta: 38 } }],
  ['nothing was there', undefined, [], {}],
  ['another metric tells nothing', undefined, [{ isSameMetric: false }], {}],
  ['a red result tells nothing', undefined, [{ isRed: true }], {}],
  ['few conversions tell nothing', undefined, [{ conversions: 19 }], {}],
  [
    'values without a cap of history take none',
    { kind: 'value' },
    [{ value: { mean: 2, sd: 9 }, high: 80 }],
    {},
  ],
  [
    'values are capped where half a percent had more',
    { kind: 'value', capFromHistory: true },
    [{ value: { mean: 2, sd: 9 }, high: 80 }],
    { from, cap: 80 },
  ],
  [
    'nobody knows where that was',
    { kind: 'value', capFromHistory: true },
    [{ value: { mean: 2, sd: 9 } }],
    {},
  ],
])('%s', (_, metric, results, expected) => {
  const found = goalHistory('buy', metric && goal(metric), results.map(result))
  expect(found).toEqual({ goalKey: 'buy', ...expected })
})

it('has the mean of the history, and weighs little beside it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 1e9 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (users, share) => {
        const conversions = Math.round(users * share)
        const prior = priorFrom({ users, conversions })
        if (Math.min(conversions, users - conversions) < 20) {
          expect(prior).toBeUndefined()
          return
        }
        const { alpha, beta } = prior!
        expect((alpha / (alpha + beta) / conversions) * users).toBeCloseTo(1, 12)
        expect(Math.min(alpha, beta)).toBeCloseTo(2, 12)
        expect(alpha + beta).toBeLessThanOrEqual((users / 10) * (1 + 1e-12))
      },
    ),
  )
})

it('weighs half and twice', () => {
  expect([0.5, 2].map((weight) => weighted(jeffreysPrior, weight))).toEqual([
    { alpha: 0.25, beta: 0.25 },
    { alpha: 1, beta: 1 },
  ])
})
