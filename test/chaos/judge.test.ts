// The judge finds what it is there to find, and a seed is one schedule.
import { describe, expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import type { RunEvent } from '../../batch/run-event.ts'
import { callFaults, deliveryFaults, drawFrom } from './faults.ts'
import { judgeCounts, judgeQuiet, judgeRun } from './judge.ts'
import { damaged, proxyFaults } from './proxy.ts'
import type { Run } from './runner.ts'
import { cacheDamages, orders, scheduleOf } from './schedule.ts'

const environmentId = 'e'
const event = (fields: object) => ({ environmentId, ...fields }) as unknown as RunEvent
const concluded = (users: number, status = 'green') =>
  event({
    kind: 'concluded',
    goalKey: 'g',
    result: {
      health: { status },
      variations: [
        { variationId: 'a', users, conversions: 2 },
        { variationId: 'b', users: 0, conversions: 0 },
      ],
    },
  })
const watched = (exposedUsers: number) => event({ kind: 'watched', facts: { exposedUsers, goalUsers: 2 } })
const failed = (subject: string, message = 'it is away') =>
  event({ kind: 'failed', subject, failure: { kind: 'lake-unreachable', message } })
const damage = event({ kind: 'damaged', object: { key: 'k', isCounted: false } })
const run = (fields: Partial<Run>): Run => ({ order: 'all', exitCode: 0, events: [], errors: '', ...fields })

describe('a run under faults', () => {
  it.each([
    ['that did everything', run({ events: [concluded(3), watched(3)] })],
    ['that named what it could not do', run({ exitCode: 8, events: [concluded(3), failed('e/operation')] })],
    ['that could do nothing', run({ exitCode: 7, events: [failed('')] })],
    ['that named a damaged object', run({ events: [damage, concluded(3, 'red'), watched(3)] })],
  ])('%s is as it should be', (_, done) => {
    expect(judgeRun(done, false, environmentId)).toEqual([])
  })

  it.each([
    ['that broke', run({ exitCode: 1, events: [failed('')], errors: 'oh' }), 'ended with 1'],
    ['that printed a stack', run({ exitCode: 7, events: [failed('')], errors: 'x\n    at y' }), 'a stack'],
    ['that failed without a name', run({ exitCode: 7, events: [failed('', ' ')] }), 'no name'],
    ['that failed in silence', run({ exitCode: 7, order: 'compact' }), 'named no failure'],
    ['that forgot the operation', run({ events: [concluded(3)] }), 'the operation has no outcome'],
    ['that forgot the experiment', run({ events: [watched(3)] }), 'the experiment has no outcome'],
    [
      'that trusts what is missing',
      run({ events: [damage, concluded(3), watched(3)] }),
      'is green, although',
    ],
    ['that was killed by nobody', run({ exitCode: null }), 'was ended'],
  ])('%s is found', (_, done, finding) => {
    expect(judgeRun(done, false, environmentId)).toEqual([expect.stringContaining(finding)])
  })
})

describe('counts', () => {
  const expected = new Map([['a', { users: 3, conversions: 2 }]])
  const judged = (...events: RunEvent[]) => judgeCounts(run({ events }), environmentId, expected, 'a')

  it('are right, or too many, too few or missing', () => {
    expect(judged(concluded(3), watched(3))).toEqual([])
    expect(judged(concluded(4), watched(3))).toEqual([expect.stringContaining('the experiment counted')])
    expect(judged(concluded(3), watched(2))).toEqual([expect.stringContaining('the operation counted')])
    expect(judged()).toHaveLength(2)
  })

  it('come from a run that says nothing else', () => {
    expect(judgeQuiet(run({ events: [concluded(3), watched(3)] }))).toEqual([])
    expect(judgeQuiet(run({ exitCode: 8, events: [failed('e')] }))).toHaveLength(2)
    expect(judgeQuiet(run({ events: [damage] }))).toHaveLength(1)
  })
})

describe('schedules', () => {
  it('are the same for the same seed, and have every fault there is', () => {
    expect(scheduleOf(7)).toEqual(scheduleOf(7))
    const all = Array.from({ length: 200 }, (_, seed) => scheduleOf(seed))
    const rounds = all.flatMap(({ during }) => during)
    const kindsOf = (kinds: readonly (readonly string[])[]) => new Set(kinds.flat())
    expect(kindsOf(all.map(({ workers }) => workers.queue.kinds))).toEqual(new Set(callFaults))
    expect(kindsOf(all.map(({ workers }) => workers.delivery.kinds))).toEqual(new Set(deliveryFaults))
    expect(kindsOf(rounds.map(({ plan }) => plan.kinds))).toEqual(new Set(proxyFaults))
    expect(new Set(rounds.map(({ order }) => order))).toEqual(new Set(orders))
    expect(new Set(rounds.map(({ cache }) => cache))).toEqual(new Set(cacheDamages))
    expect(new Set(rounds.map(({ plan }) => plan.gone))).toEqual(new Set(['lake', 'api', 'neither']))
    expect(all.some(({ database }) => database === 'away')).toBe(true)
    expect(new Set(all.map(({ object }) => object))).toEqual(new Set(['sound', 'empties', 'damages']))
    expect(rounds.some(({ plan }) => plan.killAt > 0) && all.some(({ killed }) => killed)).toBe(true)
  })

  it('draw each fault about as often as they say, and hang no more than they may', () => {
    const draw = drawFrom({ seed: 3, share: 0.5, kinds: callFaults, hangsMax: 2 })
    const drawn = Array.from({ length: 600 }, draw)
    expect(drawn.filter((fault) => fault === 'hangs')).toHaveLength(2)
    expect(drawn.filter((fault) => fault === 'refuses').length).toBeGreaterThan(60)
    expect(drawn.filter((fault) => fault === undefined).length).toBeGreaterThan(250)
  })
})

it('a damaged body is another one, and an emptied one is empty', () =>
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (body, seed) => {
      expect(damaged(body, 'damages', seed)).not.toEqual(body)
      expect(damaged(body, 'empties', seed)).toHaveLength(0)
      expect(damaged(body, 'busy', seed)).toEqual(body)
    }),
  ))
