import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { experimentStatuses } from '../../core/model/experiment.ts'
import type { Flag } from '../../core/model/flag.ts'
import { checkout, experiment, hourMs, purchase, startAt } from '../../test/support/simulated-shop.ts'
import { seedOf } from './conclude-experiments.ts'
import { openExperiments, planExperiment, toCounts } from './plan-experiment.ts'

const now = startAt + 100 * hourMs
const fixed: Flag = {
  ...checkout,
  defaultStrategy: { id: 'split', strategy: { kind: 'fixed', variationId: 'green' } },
}
const observed = (variationId: string, users: number) => ({
  variationId,
  users,
  conversions: 1,
  usersInTwoVariations: 0,
  verifiedUsers: users,
  verifiedConversions: 1,
  unverifiedUsers: 0,
  unverifiedConversions: 0,
  sourceUsers: 0,
  usersWithoutUnit: 0,
})

describe('open experiments', () => {
  it('are the running ones, also past their planned end', () => {
    expect(openExperiments([experiment(), experiment({ stopAt: startAt + 1 })], now)).toHaveLength(2)
  })
  it('are those that wait, and neither drafts nor what is archived', () => {
    const all = experimentStatuses.map((status) => experiment({ status, stopAt: now + hourMs }))
    expect(openExperiments(all, now).map(({ status }) => status)).toEqual(['waiting', 'running', 'stopped'])
  })
  it('are also those stopped so recently that events may still arrive', () => {
    const stopped = (hoursAgo: number) => experiment({ status: 'stopped', stopAt: now - hoursAgo * hourMs })
    expect(openExperiments([stopped(743), stopped(744)], now)).toEqual([stopped(743)])
  })
})

describe('the plan', () => {
  it('counts from the start until now, with the shares of the rollout', () => {
    expect(planExperiment(experiment(), [checkout], [purchase], now)).toMatchObject({
      kind: 'count',
      window: { from: startAt, to: now },
      weights: new Map([
        ['control', 50_000],
        ['green', 50_000],
      ]),
      goals: [purchase],
      failures: [],
    })
  })
  it('ends where the experiment ends', () => {
    const plan = planExperiment(experiment({ stopAt: startAt + hourMs }), [checkout], [purchase], now)
    expect(plan).toMatchObject({ window: { from: startAt, to: startAt + hourMs } })
  })
  it('says that the rule is gone', () => {
    const plan = planExperiment(experiment({ ruleId: 'old' }), [checkout], [purchase], now)
    expect(plan).toMatchObject({
      goals: [],
      failures: [{ message: expect.stringContaining('no longer has the rule old') }],
    })
  })
  it('keeps the last result if an experiment was stopped and a variation shipped', () => {
    const stopped = experiment({ status: 'stopped', stopAt: now - hourMs })
    expect(planExperiment(stopped, [fixed], [purchase], now).kind).toBe('settled')
    expect(planExperiment(stopped, [checkout], [purchase], now).kind).toBe('count')
    expect(planExperiment(experiment(), [fixed], [purchase], now).kind).toBe('count')
  })
  it('keeps the last result of a goal that was edited after the end', () => {
    const stopAt = now - hourMs
    const stopped = experiment({ status: 'stopped', stopAt, goalKeys: ['purchase', 'other'] })
    const edited = { ...purchase, event: 'bought again', updatedAt: stopAt + 1 }
    const other = { ...purchase, key: 'other', updatedAt: stopAt }
    expect(planExperiment(stopped, [checkout], [edited, other], now)).toMatchObject({
      kind: 'count',
      goals: [{ key: 'other' }],
      failures: [],
    })
    const alone = { ...stopped, goalKeys: ['purchase'] }
    expect(planExperiment(alone, [checkout], [edited], now).kind).toBe('settled')
    expect(planExperiment({ ...alone, status: 'running' }, [checkout], [edited], now).kind).toBe('count')
  })
})

describe('counts', () => {
  const weights = new Map([
    ['control', 50_000],
    ['green', 50_000],
    ['paused', 0],
  ])
  it('contain every served variation, also one without users', () => {
    expect(toCounts([observed('green', 3)], weights)).toEqual([
      { variationId: 'control', users: 0, conversions: 0, expectedWeight: 50_000 },
      { variationId: 'green', users: 3, conversions: 1, expectedWeight: 50_000 },
    ])
  })
  it('contain variations that have users and are not served, with weight 0, for the health checks', () => {
    expect(toCounts([observed('blue', 2), observed('paused', 1)], weights)).toMatchObject([
      { variationId: 'blue', users: 2, expectedWeight: 0 },
      { variationId: 'control' },
      { variationId: 'green' },
      { variationId: 'paused', users: 1, expectedWeight: 0 },
    ])
  })
})

it('the seed is a uint32 that depends only on experiment, goal and counts', () =>
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (id, goalKey, users) => {
      const counts = toCounts([observed('green', users)], new Map())
      const seed = seedOf(id, goalKey, counts)
      expect(seed).toBe(seedOf(id, goalKey, structuredClone(counts)))
      expect(seed >>> 0).toBe(seed)
      expect(seedOf(`${id}.`, goalKey, counts)).not.toBe(seed)
      expect(seedOf(id, goalKey, toCounts([observed('green', users + 1)], new Map()))).not.toBe(seed)
    }),
  ))
