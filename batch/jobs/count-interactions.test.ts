// The places of other experiments: what they spend in a long experiment, and pairs that are too large.
import { expect, it } from 'vitest'
import type { Experiment } from '../../core/model/experiment.ts'
import { ok } from '../../core/model/problem.ts'
import { experiment } from '../../test/support/simulated-shop.ts'
import type { OverlapQuestion } from '../counting/overlap-counts.ts'
import { levelAt } from '../statistics/interaction.ts'
import { countInteractions } from './count-interactions.ts'
import { type CountingPlan, openExperiments, planExperiment } from './plan-experiment.ts'

const dayMs = 86_400_000
const goal = { key: 'purchase', event: 'purchase', updatedAt: 0 }
const strategy = {
  kind: 'rollout' as const,
  shares: ['a', 'b'].map((variationId) => ({ variationId, weight: 50_000 })),
}

const lasting = (id: string, from: number, to: number): Experiment =>
  experiment({
    id,
    flagKey: id,
    ruleId: 'r',
    goalKeys: ['purchase'],
    startAt: from * dayMs,
    stopAt: to * dayMs,
  })

const at = (all: readonly Experiment[], day: number): Experiment[] =>
  all.map((one) => ({
    ...one,
    status: day * dayMs >= one.stopAt ? 'stopped' : day * dayMs > one.startAt ? 'running' : 'waiting',
  }))

/** Each pair shares users in all arms. */
async function overlapsOf(all: readonly Experiment[], day: number, arms = ['a', 'b']) {
  const known = at(all, day)
  const flags = known.map(({ flagKey }) => ({
    key: flagKey,
    rules: [{ id: 'r', strategy }],
    defaultStrategy: { id: 'd', strategy },
  }))
  const plans = openExperiments(known, day * dayMs)
    .map((one) => planExperiment(one, flags as never, [goal] as never, day * dayMs))
    .filter((plan): plan is CountingPlan => plan.kind === 'count')
  const rows = ({ pairs }: OverlapQuestion) =>
    pairs.flatMap(([x, y]) =>
      arms.flatMap((variationId) =>
        arms.map((otherVariationId) => ({
          x,
          y,
          variationId,
          otherVariationId,
          users: 1_000,
          converted: 100,
          otherConverted: 100,
        })),
      ),
    )
  const found = await countInteractions('demo', plans, known, {
    api: { layers: async () => ok({ entries: [], unknown: [] }) } as never,
    overlaps: { count: async (_, question) => ok(rows(question)) },
  })
  if (!found.ok) throw new Error(JSON.stringify(found.problem))
  return found.value
}

it('have each a place of their own, however many come one after the other', async () => {
  const others = Array.from({ length: 14 }, (_, i) => lasting(`b${i}`, 1 + i * 26, 15 + i * 26))
  const all = [lasting('long', 0, 400), ...others]
  const places = new Map<string, Set<number>>()
  for (let day = 2; day < 400; day += 4)
    for (const { experimentId, place } of (await overlapsOf(all, day)).get('long') ?? [])
      places.set(experimentId, (places.get(experimentId) ?? new Set()).add(place))
  expect([...places].map(([id, own]) => [id, [...own]])).toEqual(others.map(({ id }, i) => [id, [i + 1]]))
  const spent = [...places.values()]
    .flatMap((own) => [...own])
    .reduce((sum, place) => sum + levelAt(place), 0)
  expect(spent).toBeLessThan(0.05)
})

it('are at most ten at a time', async () => {
  const all = Array.from({ length: 13 }, (_, i) => lasting(`x${String(i).padStart(2, '0')}`, i, 100))
  const others = (await overlapsOf(all, 50)).get('x12')!
  expect(others.map(({ place }) => place)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

it('have no counts if a pair has too many variations to store', async () => {
  const arms = (many: number) => Array.from({ length: many }, (_, i) => `v${i}`)
  const all = [lasting('one', 0, 100), lasting('two', 0, 100)]
  expect((await overlapsOf(all, 50, arms(10))).get('one')).toMatchObject([{ cells: { length: 100 } }])
  expect((await overlapsOf(all, 50, arms(11))).get('one')).toMatchObject([{ experimentId: 'two', cells: [] }])
})
