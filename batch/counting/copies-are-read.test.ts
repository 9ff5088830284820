// Whatever counts goals reads a day more than it counts: a copy that was received earlier is the event.
import { expect, it } from 'vitest'
import { copyHorizonMs } from '../../analytics/records.ts'
import { fail } from '../failure.ts'
import type { LakeCache, Window } from '../lake/cache.ts'
import { keptCounts } from './kept-counts.ts'
import { metricCounts } from './metric-counts.ts'
import { overlapCounts } from './overlap-counts.ts'
import type { Question } from './question.ts'
import { segmentCounts } from './segment-counts.ts'
import { serverCounts } from './server-counts.ts'

const [start, end] = [Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 8)]
const question = {
  flagKey: 'checkout',
  rule: 'split',
  unitAttribute: '',
  counts: 'all',
  start,
  end,
  events: ['bought'],
} satisfies Question
const exposures = question

/** Nothing is counted: the lake refuses what it is asked for. */
const ways = {
  experiments: (options) => keptCounts({ ...options, recount: 'never' }).count('demo', [question]),
  'experiments on a server': (options) => serverCounts(options).count('demo', [question]),
  metrics: (options) =>
    metricCounts(options).count('demo', {
      exposures,
      event: 'bought',
      metric: { kind: 'value', priorDays: 0 },
      exposedBefore: end,
    }),
  segments: (options) => segmentCounts(options).count('demo', { exposures, attributes: ['plan'] }),
  overlaps: (options) =>
    overlapCounts(options).count('demo', { questions: [question, question], pairs: [[1, 2]] }),
} satisfies Record<string, (options: any) => Promise<unknown>>

it.each(Object.entries(ways))('by %s', async (_, count) => {
  const asked: Window[] = []
  const lake: LakeCache = {
    files(_id, window) {
      asked.push(window)
      return Promise.resolve(fail('lake-unreachable', 'not here'))
    },
    distrust: () => undefined,
  }
  const reader = { beginnings: [], hasSlices: false }
  await count({ lake, root: '/nowhere', now: end, reader, readerOf: () => reader })
  expect(asked).toEqual([{ from: start - copyHorizonMs, to: end }])
})
