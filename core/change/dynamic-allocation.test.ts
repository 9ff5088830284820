// Dynamic allocations: how shares move, what locks them, and what is refused.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { flag, rollout } from '../../test/support/build/flags.ts'
import { SimulatedEnvironment } from '../../test/support/simulated-environment.ts'
import type { Flag } from '../model/flag.ts'
import { towards } from '../model/reallocation.ts'

const start = Date.UTC(2026, 5, 1)
const dayMs = 86_400_000
const half = { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }) }

function world(more: object = {}, changes: Partial<Flag> = {}) {
  const here = new SimulatedEnvironment(start, [flag({ key: 'f', defaultStrategy: half, ...changes })])
  here.make({ kind: 'create-goal', goal: { key: 'buy', event: 'buy' } })
  const created = here.run({
    kind: 'create-dynamic-allocation',
    dynamicAllocation: { id: 'x', flagKey: 'f', goalKey: 'buy', ...more },
  })
  return { here, created }
}
const command = (step: string, more: object = {}) => ({
  kind: `${step}-dynamic-allocation`,
  id: 'x',
  ...more,
})
const of = ({ state }: SimulatedEnvironment) => state.dynamicAllocation.get('x')!
const weightsOf = (here: SimulatedEnvironment) => {
  const { strategy } = here.state.flag.get('f')!.defaultStrategy
  return strategy.kind === 'rollout'
    ? Object.fromEntries(strategy.shares.map(({ variationId, weight }) => [variationId, weight]))
    : {}
}
/** Of each phase the same counts. */
const move = (here: SimulatedEnvironment, a: [number, number], b: [number, number]) =>
  command('move', {
    facts: {
      until: here.now,
      phases: of(here).phases.map(({ startAt }) => ({
        startAt,
        arms: { a: { users: a[0], goals: a[1] }, b: { users: b[0], goals: b[1] } },
      })),
    },
  })

describe('a dynamic allocation', () => {
  it('gives more users to what seems better, by steps, down to the floor, each a phase', () => {
    const { here } = world()
    const shares: number[] = []
    for (let day = 1; day <= 6; day++) {
      here.advanceTo(start + day * (dayMs + 5_000))
      here.make(move(here, [1_000, 50], [1_000, 100]))
      shares.push(weightsOf(here)['b']!)
    }
    expect(shares).toEqual([60_000, 70_000, 80_000, 90_000, 95_000, 95_000])
    expect(of(here).phases.map(({ weights }) => weights['b'])).toEqual([50_000, ...shares.slice(0, 5)])
    expect(of(here).phases.every(({ weights }) => weights['a']! + weights['b']! === 100_000)).toBe(true)
  })

  it('moves towards the lower rate where fewer is better', () => {
    const { here } = world({ lowerIsBetter: true })
    here.advanceTo(start + dayMs + 2_000)
    here.make(move(here, [1_000, 50], [1_000, 100]))
    expect(weightsOf(here)).toEqual({ a: 60_000, b: 40_000 })
  })

  it('refuses what is early, of too few users, or of other phases, and takes a repeated one for done', () => {
    const { here } = world()
    const refusal = (sent: object) => {
      const { problem } = here.run(sent) as { problem?: { message: string } }
      return problem?.message
    }
    expect(refusal(move(here, [1_000, 50], [1_000, 100]))).toContain('has not come')
    here.advanceTo(start + dayMs + 2_000)
    expect(refusal(move(here, [1_000, 50], [199, 100]))).toContain('199 users of b')
    expect(refusal(move(here, [1_000, 50], [1_000, 1_001]))).toContain('more goals than users')
    const other = {
      startAt: start - 1,
      arms: { a: { users: 1_000, goals: 1 }, b: { users: 1_000, goals: 1 } },
    }
    expect(refusal(command('move', { facts: { until: 0, phases: [other] } }))).toContain('of its phases')
    const sent = move(here, [1_000, 50], [1_000, 100])
    here.make(sent)
    expect(here.make(sent).writes).toEqual([])
    here.make({ kind: 'update-flag', key: 'f', changes: { enabled: false } })
    here.advanceTo(start + 3 * dayMs)
    expect(refusal(move(here, [1_000, 50], [1_000, 100]))).toContain('is off')
    here.make(command('pause'))
    expect(refusal(move(here, [1_000, 50], [1_000, 100]))).toContain('paused')
    here.make(command('resume'))
    here.make(command('stop'))
    expect(here.make(command('stop')).writes).toEqual([])
    expect(refusal(command('resume'))).toContain('stopped')
    here.make(command('delete'))
  })

  it.each<[what: string, sent: object]>([
    [
      'other shares',
      {
        kind: 'update-flag',
        key: 'f',
        changes: { defaultStrategy: { strategy: rollout({ a: 40_000, b: 60_000 }) } },
      },
    ],
    ['an archived flag', { kind: 'update-flag', key: 'f', changes: { archived: true } }],
    ['a deleted goal', { kind: 'delete-goal', id: 'buy' }],
    ['its own deletion', command('delete')],
    [
      'an experiment',
      {
        kind: 'create-experiment',
        experiment: { flagKey: 'f', goalKeys: ['buy'], baselineVariationId: 'a' },
      },
    ],
    [
      'a progressive rollout',
      {
        kind: 'create-progressive-rollout',
        progressiveRollout: { flagKey: 'f', variationId: 'b', steps: [{ weight: 60_000, holdMs: 1_000 }] },
      },
    ],
    [
      'a second one',
      { kind: 'create-dynamic-allocation', dynamicAllocation: { flagKey: 'f', goalKey: 'buy' } },
    ],
  ])('refuses %s while it is open', (_, sent) => {
    const { here } = world()
    expect(here.run(sent)).toMatchObject({
      ok: false,
      problem: { code: expect.stringMatching(/CONFLICT|IN_USE/) },
    })
  })

  it.each<[what: string, more: object, changes: Partial<Flag>, path: string]>([
    [
      'a rule that gives all users one variation',
      {},
      { defaultStrategy: { id: 'd', strategy: rollout({ a: 100_000 }) } },
      'ruleId',
    ],
    ['an unknown flag', { flagKey: 'g' }, {}, 'flagKey'],
    ['an unknown goal', { goalKey: 'g' }, {}, 'goalKey'],
    ['a floor for which there is no room', { floor: 50_000 }, {}, 'floor'],
  ])('is refused for %s', (_, more, changes, path) => {
    expect(world(more, changes).created).toMatchObject({ problem: { fields: [{ path }] } })
  })
})

it('moved weights add up, change by whole percents and no more than the step, and keep the floor', () => {
  const input = fc.integer({ min: 2, max: 6 }).chain((arms) =>
    fc.record({
      parts: fc.array(fc.nat(100), { minLength: arms, maxLength: arms }),
      chances: fc.array(fc.nat(1_000), { minLength: arms, maxLength: arms }),
      floor: fc.integer({ min: 1, max: 16 }).map((percent) => percent * 1_000),
      maximumStep: fc.integer({ min: 1, max: 100 }).map((percent) => percent * 1_000),
    }),
  )
  fc.assert(
    fc.property(input, ({ parts, chances, floor, maximumStep }) => {
      const all = parts.reduce((sum, each) => sum + each + 1, 0)
      const current = parts.map((each) => Math.floor(((each + 1) / all) * 100_000))
      const total = current.reduce((sum, each) => sum + each, 0)
      const mass = chances.reduce((sum, each) => sum + each + 1, 0)
      const next = towards(
        current,
        chances.map((each) => (each + 1) / mass),
        { floor, maximumStep },
      )
      expect(next.reduce((sum, each) => sum + each, 0)).toBe(total)
      for (const [i, weight] of next.entries()) {
        expect(Math.abs(weight - current[i]!) % 1_000).toBe(0)
        expect(Math.abs(weight - current[i]!)).toBeLessThanOrEqual(maximumStep)
        const least = Math.min(floor, current[i]!, total / current.length)
        expect(weight).toBeGreaterThanOrEqual(least)
      }
    }),
  )
})
