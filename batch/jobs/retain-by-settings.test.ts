// The age of events by an environment's settings, against a bucket that behaves as R2 does, with real
// ClickHouse.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventRecord } from '../../analytics/records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import {
  experiment,
  hourMs,
  killSwitch,
  purchase,
  startAt,
  visitRecords,
} from '../../test/support/simulated-shop.ts'
import {
  type SimulatedState,
  type SimulatedStack,
  simulatedToken,
  startSimulatedStack,
} from '../../test/support/simulated-stack.ts'
import { adminApi } from '../admin-api.ts'
import { compact } from './compact.ts'
import type { LakeContext } from './lake-context.ts'
import { retainBySettings } from './retain-by-settings.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 240_000 })

const dayMs = 24 * hourMs
const now = startAt + 60 * dayMs
type SimulatedStateChanges = { -readonly [Name in keyof SimulatedState]?: SimulatedState[Name] }
const state: SimulatedStateChanges = {}
/** A step since the sixth day. */
const waiting = (changes: object) =>
  ({
    id: 'r',
    name: '',
    flagKey: 'checkout',
    ruleId: 'split',
    variationId: 'green',
    steps: [{ weight: 1000, holdMs: 1000, approval: false, minimumUsers: 10 }],
    onOperation: 'pause',
    startAt,
    stepsMade: 1,
    stepAt: startAt + 5 * dayMs,
    version: 1,
    createdAt: startAt,
    updatedAt: startAt,
    ...changes,
  }) as never
let lake: Awaited<ReturnType<typeof startSimulatedLake>>
let stack: SimulatedStack
beforeEach(async () => {
  for (const name of Object.keys(state)) delete state[name as keyof SimulatedState]
  lake = await startSimulatedLake()
  stack = await startSimulatedStack(state)
})
afterEach(async () => {
  await lake.close()
  await stack.close()
})

const retaining = (context: LakeContext) =>
  retainBySettings('demo', adminApi({ url: stack.url, token: simulatedToken }), context)
const run = (at: number) => lake.run(retaining, at)
const partsFetched = () =>
  lake.bucket.requests.filter((request) => request.startsWith('GET ') && request.endsWith('.parquet'))
const later = (records: readonly EventRecord[], days: number): EventRecord[] =>
  records.map((each) => ({ ...each, at: each.at + days * dayMs, receivedAt: each.receivedAt + days * dayMs }))
const link = ({ at, receivedAt, environmentId, targetingKey }: EventRecord): EventRecord => ({
  v: 2,
  kind: 'alias',
  id: 'link',
  at,
  receivedAt,
  environmentId,
  protocol: 'bucketeer',
  sdk: '',
  keyKind: 'client',
  source: '',
  targetingKey,
  previousKey: 'somebody',
  attributes: {},
})
const daysLeft = () =>
  [...lake.bucket.objects.keys()]
    .filter((key) => !key.endsWith('manifest.json'))
    .map((key) => /\d{4}-\d\d-\d\d/.exec(key)?.[0])

describe.skipIf(!hasChdb)('retain by settings', () => {
  beforeEach(() => {
    lake.add(visitRecords('green', 5, 2))
    lake.add(later(visitRecords('green', 3, 1), 5))
    lake.add(later(visitRecords('green', 2, 1), 59))
  })

  it('is off where no setting says an age', async () => {
    expect(await run(now)).toEqual([{ kind: 'no-retention', environmentId: 'demo' }])
    expect(daysLeft()).toHaveLength(3)
  })

  it('deletes days and kinds at their ages, once', async () => {
    await lake.run((context) => compact('demo', context), startAt + 12 * hourMs)
    state.settings = { keepEventsDays: 58, keepTrackingDays: 10 }
    expect(await run(now)).toMatchObject([
      { kind: 'retained', day: '2026-11-01', done: 1, of: 2 },
      { kind: 'retained', day: '2026-11-06', records: 1, done: 2, of: 2 },
    ])
    expect(daysLeft()).toEqual(expect.arrayContaining(['2026-11-06', '2026-12-30']))
    expect(daysLeft()).not.toContain('2026-11-01')
    lake.bucket.requests.length = 0
    expect(await run(now)).toEqual([])
    expect(lake.bucket.requests.filter((request) => !request.startsWith('LIST '))).toEqual([])
    // A late record makes it look again.
    lake.add(later(visitRecords('blue', 4, 3), 5))
    expect(await run(now)).toMatchObject([{ kind: 'retained', day: '2026-11-06', records: 3 }])
  })

  it('fetches no part without the kinds, and notes each day', async () => {
    await lake.run((context) => compact('demo', context), now + dayMs)
    const [first, second] = ['2026-11-01', '2026-11-06']
    state.settings = { keepSdkReportDays: 1 }
    lake.bucket.requests.length = 0
    expect(await lake.run(retaining, now, { folder: lake.newFolder() })).toEqual([])
    expect(partsFetched()).toEqual([])
    state.settings = { keepTrackingDays: 1 }
    // It is ended on the second day: the first is not looked at again.
    const folder = lake.newFolder()
    const ended = lake.run(
      (context) => {
        const again: typeof context.listing.again = (id, day) =>
          day === second ? Promise.reject(new Error('ended')) : context.listing.again(id, day)
        return retaining({ ...context, listing: { ...context.listing, again } })
      },
      now,
      { folder },
    )
    await expect(ended).rejects.toThrow('ended')
    lake.bucket.requests.length = 0
    await lake.run(retaining, now, { folder })
    expect(lake.bucket.requests.filter((request) => request.includes(first))).toEqual([])
    expect(lake.bucket.requests.filter((request) => request.includes(second))).not.toEqual([])
  })

  it('leaves days that something open counts, and says so', async () => {
    state.settings = { keepEventsDays: 1 }
    state.experiments = [experiment({ startAt: startAt + 5 * dayMs, stopAt: now + dayMs })]
    expect(await run(now)).toMatchObject([
      { kind: 'still-counted', days: 1, countedFrom: startAt + 4 * dayMs },
      { kind: 'retained', day: '2026-11-01', done: 1, of: 1 },
    ])
    expect(daysLeft()).toContain('2026-11-06')
    state.experiments = [
      experiment({ status: 'stopped', startAt: startAt + 5 * dayMs, stopAt: now - 30 * dayMs }),
    ]
    expect(await run(now)).toMatchObject([{ kind: 'still-counted', days: 1 }])
    expect(await run(now + 2 * dayMs)).toMatchObject([
      { kind: 'retained', day: '2026-11-06' },
      { kind: 'retained', day: '2026-12-30' },
    ])
  })

  it('leaves the links that an operation follows, and what it watches', async () => {
    const records = later(visitRecords('green', 3, 1), 5)
    lake.add([...records, link(records[0]!)])
    lake.add(later(visitRecords('blue', 2, 1), 4))
    Object.assign(state, {
      operations: [killSwitch({ countingFrom: startAt + 5 * dayMs })],
      settings: { keepEventsDays: 1 },
    })
    expect(await run(now)).toMatchObject([
      { kind: 'still-counted', days: 1, countedFrom: startAt + 5 * dayMs },
      { kind: 'retained', day: '2026-11-01' },
      { kind: 'retained', day: '2026-11-05' },
      { kind: 'retained', day: '2026-11-06', records: 8 },
    ])
    const [key] = [...lake.bucket.objects.keys()].filter((each) => /11-06.*manifest/.test(each))
    const { parts } = JSON.parse(new TextDecoder().decode(lake.bucket.objects.get(key!)!.body))
    expect(parts).toMatchObject([{ records: { alias: 1 } }])
    expect(daysLeft()).toContain('2026-12-30')
  })

  it.each<[string, SimulatedStateChanges]>([
    // Links and copies of the day before.
    ['an experiment', { experiments: [experiment({ startAt: startAt + 6 * dayMs, stopAt: now })] }],
    ['a rollout', { progressiveRollouts: [waiting({ status: 'running' })] }],
    ['a paused rollout', { progressiveRollouts: [waiting({ status: 'paused' })] }],
  ])('leaves what is read for %s', async (_, open) => {
    Object.assign(state, open, { settings: { keepEventsDays: 1, keepAliasDays: 1 } })
    expect((await run(now))[0]).toMatchObject({ kind: 'still-counted' })
    expect(daysLeft()).toContain('2026-11-06')
  })

  it.each<[string, SimulatedStateChanges]>([
    ['experiments', { experiments: [{ ...experiment(), kind: 'dance' } as never] }],
    ['operations', { operations: [{ ...killSwitch(), kind: 'dance' } as never] }],
    ['rollouts', { progressiveRollouts: [waiting({ status: 'dancing' })] }],
    [
      'metrics',
      {
        experiments: [experiment({ startAt: now - dayMs, stopAt: now })],
        goals: [{ ...purchase, metric: { kind: 'dance' } as never }],
      },
    ],
  ])('deletes nothing while it is not known what counts: %s', async (_, open) => {
    Object.assign(state, open, { settings: { keepEventsDays: 1 } })
    expect(await run(now)).toMatchObject([
      { kind: 'failed', failure: { kind: 'job', message: expect.stringContaining('Nothing is deleted') } },
    ])
    expect(daysLeft()).toHaveLength(3)
  })
})
