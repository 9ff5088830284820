// Retention and funnels by counting/metric.sql, in real ClickHouse, against plain loops over the same users.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countMetric, metricQuestion } from '../../batch/counting/metric-counts.ts'
import { experimentQuestion } from '../../batch/counting/question.ts'
import { loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { recordsInPlace } from '../../batch/counting/records-in-place.ts'
import { onDisk } from '../../batch/lake/record-source.ts'
import type { GoalMetric } from '../../core/model/goal-metric.ts'
import fc from '../../test/support/build/fast-check.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { experiment, startAt } from '../../test/support/simulated-shop.ts'
import { toNdjson } from '../lake.ts'
import type { EventRecord } from '../records.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const endAt = startAt + 20 * dayMs

interface User {
  /** In hours after the start. */
  readonly seen: number
  readonly events: readonly { readonly name: string; readonly at: number }[]
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-funnel-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const nameOf = (i: number) => `user-${String(i).padStart(4, '0')}`
const timeOf = (hours: number) => startAt + hours * hourMs
const recordsOf = (users: readonly User[]): EventRecord[] =>
  users.flatMap(({ seen, events }, i) => {
    const common = {
      v: 1 as const,
      environmentId: 'demo',
      protocol: 'bucketeer' as const,
      sdk: '',
      targetingKey: nameOf(i),
      attributes: {},
    }
    const at = timeOf(seen)
    // A variation for each of them, so that one statement answers for every user alone.
    const split = { flagKey: 'checkout', flagVersion: 1, variationId: nameOf(i), ruleId: 'split' }
    return [
      { ...common, kind: 'exposure' as const, id: `${i}-saw`, at, receivedAt: at, ...split },
      ...events.map(({ name, at: hours }, k) => ({
        ...common,
        kind: 'tracking' as const,
        id: `${i}-${k}`,
        at: timeOf(hours),
        receivedAt: timeOf(hours),
        event: name,
        value: 1,
      })),
    ]
  })

async function counted(users: readonly User[], metric: GoalMetric) {
  const file = path.join(folder, 'records.ndjson.gz')
  writeFileSync(file, gzipSync(toNdjson(recordsOf(users))))
  const exposures = experimentQuestion(experiment(), { from: startAt, to: endAt }, ['bought'])
  const asked = metricQuestion(exposures, 'bought', metric, endAt)
  const clickHouse = openClickHouse(loadChdb)
  const rows = await countMetric(clickHouse, recordsInPlace(clickHouse, onDisk))(
    { raw: [file], parts: [] },
    asked,
  )
  if (!rows.ok) throw new Error(rows.problem.message)
  return rows.value
    .filter(({ variationId }) => variationId !== '')
    .map(({ variationId, users: n, conversions, stepUsers }) => ({
      variationId,
      users: n,
      conversions,
      stepUsers,
    }))
}

/** Who counts, and the steps that each of them reached. */
const plainly = (
  users: readonly User[],
  isCounted: (user: User) => boolean,
  stepsOf: (user: User) => readonly boolean[],
  isFunnel: boolean,
) =>
  users.flatMap((user, i) => {
    if (!isCounted(user)) return []
    const steps = stepsOf(user).map(Number)
    const variationId = nameOf(i)
    return [{ variationId, users: 1, conversions: steps.at(-1)!, stepUsers: isFunnel ? steps : [] }]
  })

const users = fc.array(
  fc.record({
    seen: fc.integer({ min: 0, max: 19 * 24 }),
    events: fc.array(
      fc.record({
        name: fc.constantFrom('viewed', 'carted', 'bought'),
        // Also before the exposure, at its own time, and exactly at the ends of days.
        at: fc.oneof(
          fc.integer({ min: 0, max: 19 * 24 }),
          fc.integer({ min: 0, max: 19 }).map((day) => day * 24),
        ),
      }),
      { maxLength: 6 },
    ),
  }),
  { minLength: 300, maxLength: 300 },
)

describe.skipIf(!hasChdb)('retention and funnels', () => {
  it('count whoever comes back on day n, of those whose day is over', async () => {
    await fc.assert(
      fc.asyncProperty(users, fc.integer({ min: 1, max: 9 }), async (all, day) => {
        const expected = plainly(
          all,
          ({ seen }) => timeOf(seen) < endAt - (day + 1) * dayMs,
          ({ seen, events }) => [
            events.some(
              ({ name, at }) => name === 'bought' && at >= seen + day * 24 && at < seen + (day + 1) * 24,
            ),
          ],
          false,
        )
        expect(await counted(all, { kind: 'retention', day })).toEqual(expected)
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })

  it('count whoever goes through the steps in order, and each step', async () => {
    const window = fc.constantFrom(undefined, 1, 3)
    await fc.assert(
      fc.asyncProperty(users, window, async (all, windowDays) => {
        const reachedBy = ({ seen, events }: User) => {
          let reached = seen
          return ['viewed', 'carted', 'bought'].map((step) => {
            const until = windowDays === undefined ? Infinity : seen + windowDays * 24
            const times = events.flatMap(({ name, at }) => (name === step && at < until ? [at] : []))
            reached = Math.min(Infinity, ...times.filter((at) => at >= reached))
            return reached < Infinity
          })
        }
        const metric = { kind: 'funnel', steps: ['viewed', 'carted'], windowDays } as const
        const expected = plainly(all, () => true, reachedBy, true)
        expect(await counted(all, { ...metric, steps: [...metric.steps] })).toEqual(expected)
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })
})
