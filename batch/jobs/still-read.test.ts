// What `retain` may delete, held against what counting asks of the lake: never more than that is left, never
// less.
import { describe, expect, it } from 'vitest'
import type { DynamicAllocation } from '../../core/model/dynamic-allocation.ts'
import type { ProgressiveRollout } from '../../core/model/progressive-rollout.ts'
import { experiment, hourMs, killSwitch, purchase, startAt } from '../../test/support/simulated-shop.ts'
import { eventAgeMaxMs } from '../../analytics/event-time.ts'
import { allocationCounts } from '../counting/allocation-counts.ts'
import { holdoutCounts } from '../counting/holdout-counts.ts'
import { keptCounts } from '../counting/kept-counts.ts'
import { metricCounts } from '../counting/metric-counts.ts'
import { operationMinutes } from '../counting/operation-minutes.ts'
import { overlapCounts } from '../counting/overlap-counts.ts'
import { experimentQuestion } from '../counting/question.ts'
import { segmentCounts } from '../counting/segment-counts.ts'
import { serverCounts } from '../counting/server-counts.ts'
import { fail } from '../failure.ts'
import type { LakeCache, Window } from '../lake/cache.ts'
import type { Counting } from '../lake/open-counting.ts'
import { usersAwaited } from './observe-rollouts.ts'
import { type Questions, stillReadOf } from './still-read.ts'

const dayMs = 24 * hourMs
const now = startAt + 200 * dayMs + 5 * hourMs
const nothing: Questions = {
  experiments: { entries: [], unknown: [] },
  holdouts: { entries: [], unknown: [] },
  allocations: { entries: [], unknown: [] },
  operations: { entries: [], unknown: [] },
  rollouts: { entries: [], unknown: [] },
  goals: [purchase],
}
const of = <Entry>(...entries: Entry[]) => ({ entries, unknown: [] })

const running = experiment({ startAt: startAt + 50 * dayMs, stopAt: startAt + 300 * dayMs })
const exposures = experimentQuestion(running, { from: running.startAt, to: now }, ['bought'])
const experiments = of(running)
const holdout = {
  id: 'year',
  slices: 100,
  startAt,
  stopAt: now + dayMs,
  status: 'running' as const,
  goalKeys: ['purchase'],
  held: [{ flagKey: 'checkout', ruleId: 'split', since: startAt + 70 * dayMs }],
}
const allocation = {
  id: 'a',
  flagKey: 'checkout',
  ruleId: 'split',
  goalKey: 'purchase',
  arms: ['control', 'green'],
  delayMs: 0,
  status: 'paused',
  phases: [
    { startAt: startAt + 20 * dayMs, weights: {} },
    { startAt: startAt + 90 * dayMs, weights: {} },
  ],
} as unknown as DynamicAllocation
const rollout = (changes: object = {}) =>
  ({
    id: 'r',
    flagKey: 'checkout',
    ruleId: 'split',
    variationId: 'green',
    steps: [{ weight: 1000, holdMs: 1000, approval: false, minimumUsers: 10 }],
    status: 'running',
    stepsMade: 1,
    stepAt: now - 3 * dayMs,
    ...changes,
  }) as unknown as ProgressiveRollout
const waitsLong = rollout({ stepAt: startAt + 3 * dayMs, status: 'paused' })
const [young, old] = [killSwitch({ countingFrom: now - 20 * dayMs }), killSwitch()]
const metric = { kind: 'value', priorDays: 30 } as const

interface Row {
  readonly open: Partial<Questions>
  readonly count: (options: any) => Promise<unknown>
}
/** By what the runner counts with: one more does not compile until it has a row. */
const rows = {
  open: [
    {
      open: { experiments },
      count: (options) => keptCounts({ ...options, recount: 'never' }).count('demo', [exposures]),
    },
    { open: { experiments }, count: (options) => serverCounts(options).count('demo', [exposures]) },
  ],
  openMetrics: [
    {
      open: { experiments, goals: [{ ...purchase, metric }] },
      count: (options) =>
        metricCounts(options).count('demo', { exposures, event: 'bought', metric, exposedBefore: now }),
    },
  ],
  openSegments: [
    {
      open: { experiments },
      count: (options) => segmentCounts(options).count('demo', { exposures, attributes: ['plan'] }),
    },
  ],
  openOverlaps: [
    {
      open: { experiments },
      count: (options) =>
        overlapCounts(options).count('demo', { questions: [exposures, exposures], pairs: [[1, 2]] }),
    },
  ],
  openHoldouts: [
    {
      open: { holdouts: of(holdout) },
      count: (options) => holdoutCounts(options).count('demo', [{ holdout, events: ['bought'] }]),
    },
  ],
  openAllocations: [
    {
      open: { allocations: of(allocation) },
      count: (options) => allocationCounts(options).count('demo', [{ allocation, event: 'bought' }], now),
    },
  ],
  openMinutes: [
    ...[[young], [old], [young, old]].map((operations): Row => ({
      open: { operations: of(...operations) },
      count: (options) =>
        operationMinutes(options).count(
          'demo',
          operations.map((operation) => ({ operation, event: 'bought' })),
          now,
        ),
    })),
    ...[rollout(), waitsLong].map((waiting): Row => ({
      open: { rollouts: of(waiting) },
      count: (options) => operationMinutes(options).users('demo', [usersAwaited(waiting)!], now),
    })),
  ],
} satisfies Record<Extract<keyof Counting, `open${string}`>, Row[]>

const cases = Object.entries(rows).flatMap(([name, own]) => own.map((row: Row) => ({ name, ...row })))

describe('the earliest time that is still read', () => {
  it.each(cases)('is what counting asks for ($name)', async ({ open, count }) => {
    const asked: Window[] = []
    const nowhere = {
      files: (_id: string, window: Window) => {
        asked.push(window)
        // The files of links are asked for first.
        const none = { raw: [], parts: [], latest: -Infinity, damaged: [] }
        return Promise.resolve(
          asked.length === 1 && readsLinks(open)
            ? { ok: true, value: none }
            : fail('lake-unreachable', 'not here'),
        )
      },
      distrust: () => undefined,
    } as LakeCache
    const reader = { beginnings: [], hasSlices: false }
    await count({ lake: nowhere, root: '/nowhere', now, recount: 'never', reader, readerOf: () => reader })
    expect(asked.length).toBe(readsLinks(open) ? 2 : 1)
    // The window of links is the first one, if it is another.
    const [linksFrom, from] = [asked[0]!.from, asked.at(-1)!.from]
    expect(stillReadOf({ ...nothing, ...open }, now)).toEqual({ ok: true, value: { from, linksFrom } })
  })
  const readsLinks = ({ operations, rollouts }: Partial<Questions>) => (operations ?? rollouts) !== undefined

  it('is that of the earliest of all', () => {
    const open = { experiments, holdouts: of(holdout), operations: of(young), allocations: of(allocation) }
    expect(stillReadOf({ ...nothing, ...open }, now)).toEqual(
      stillReadOf({ ...nothing, allocations: of(allocation) }, now),
    )
  })

  it.each<[string, Partial<Questions>]>([
    ['nothing', {}],
    ['an experiment of long ago', { experiments: of(experiment({ status: 'stopped' })) }],
    ['a holdout of long ago', { holdouts: of({ ...holdout, stopAt: now - eventAgeMaxMs }) }],
    ['a stopped allocation', { allocations: of({ ...allocation, status: 'stopped' as const }) }],
    ['a fired operation', { operations: of(killSwitch({ status: 'fired' })) }],
    ['a rollout that is done', { rollouts: of(rollout({ status: 'finished' })) }],
    ['a rollout whose users have come', { rollouts: of(rollout({ facts: {} })) }],
    ['the metric of a goal that nobody counts', { goals: [{ ...purchase, metric: { kind: 'x' } as never }] }],
  ])('is never for %s', (_, open) => {
    expect(stillReadOf({ ...nothing, ...open }, now)).toEqual({
      ok: true,
      value: { from: Infinity, linksFrom: Infinity },
    })
  })

  it.each<[string, Partial<Questions>]>([
    ...(['experiments', 'holdouts', 'allocations', 'operations', 'rollouts'] as const).map(
      (kind): [string, Partial<Questions>] => [
        kind,
        { [kind]: { entries: [], unknown: [{ id: 'x', status: 'dancing', reason: 'it dances' }] } },
      ],
    ),
    ['the metric of a goal', { experiments, goals: [{ ...purchase, metric: { kind: 'x' } as never }] }],
  ])('is unknown where a later release knows more: %s', (_, open) => {
    expect(stillReadOf({ ...nothing, ...open }, now)).toMatchObject({
      ok: false,
      problem: { kind: 'job', message: expect.stringMatching(/not known|unknown/) },
    })
  })
})
