// A look at a lake with nothing new asks ClickHouse nothing, however long ago the operation was armed.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Operation } from '../../core/model/operation.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { lakeCache } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { s3Store } from '../lake/s3.ts'
import { type OperationMinutes, operationMinutes } from './operation-minutes.ts'
import { projectedRecords } from './projected-records.ts'
import { openProjections, projectionsFolder } from './projections.ts'

const [minuteMs, dayMs] = [60_000, 86_400_000]
const start = Date.UTC(2026, 10, 1, 1)

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
  lake.add([
    {
      v: 1,
      environmentId: 'demo',
      attributes: {},
      protocol: 'bucketeer',
      sdk: '',
      targetingKey: 'ada',
      at: start - 2 * minuteMs,
      receivedAt: start - 2 * minuteMs,
      kind: 'exposure',
      id: '1',
      flagKey: 'f',
      flagVersion: 1,
      variationId: 'on',
      ruleId: 'r',
    },
  ])
})
afterEach(async () => lake.close())

/** How many statements a look asks, with what the ones before left on disk. */
async function statementsOf(
  now: number,
  look: (minutes: OperationMinutes) => Promise<{ readonly ok: boolean }>,
) {
  let asked = 0
  const clickHouse: ClickHouse = {
    rows: (...statement) => (asked++, lake.clickHouse.rows(...statement)),
    run: (...statement) => (asked++, lake.clickHouse.run(...statement)),
  }
  const folder = projectionsFolder(lake.root, 'demo')
  const minutes = operationMinutes({
    clickHouse,
    readerOf: () => projectedRecords(clickHouse, openProjections(clickHouse, folder)),
    lake: lakeCache(s3Store(lake.s3), lake.root, now),
    root: lake.root,
  })
  expect((await look(minutes)).ok).toBe(true)
  return asked
}

describe.skipIf(!hasChdb)('a look with nothing new', () => {
  it.each([1, 100])('asks nothing of an operation that was armed %i days ago', async (days) => {
    const operation = { id: 'o', flagKey: 'f', variationId: 'on', goalKey: 'g', comparison: 'at-least' }
    const armed = { ...operation, countingFrom: start - days * dayMs } as Operation
    const look = (now: number) =>
      statementsOf(now, (minutes) => minutes.count('demo', [{ operation: armed, event: 'failed' }], now))
    expect(await look(start)).toBeGreaterThan(0)
    expect(await look(start + minuteMs)).toBe(0)
  })

  it('asks nothing of the users of a rollout', async () => {
    const users = [{ flagKey: 'f', ruleId: 'r', variationId: 'on', since: start - dayMs }]
    const look = (now: number) => statementsOf(now, (minutes) => minutes.users('demo', users, now))
    expect(await look(start)).toBeGreaterThan(0)
    expect(await look(start + minuteMs)).toBe(0)
  })
})
