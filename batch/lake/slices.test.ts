// Counting slice by slice gives what one query gives, with real ClickHouse.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { clockSkewMaxMs, requestDelayMaxMs } from '../../analytics/event-time.ts'
import { sameWithinMs } from '../../analytics/records.ts'
import { anyRecords } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { compact } from '../jobs/compact.ts'
import type { RecordFiles } from './cache.ts'
import { ObservedVariation } from './observed-variation.ts'
import { addUp, sliceOf, slicesOf } from './slices.ts'
import * as z from 'zod'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 240_000 })

const window = { from: startAt, to: startAt + 24 * hourMs }
const noon = startAt + 12 * hourMs

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
})
afterEach(() => lake.close())

async function countSliced(files: RecordFiles, slices: number) {
  const rows = []
  for (let slice = 0; slice < slices; slice++) {
    const parameters = {
      ...window,
      flagKey: 'checkout',
      ruleId: 'split',
      event: 'bought',
      unitAttribute: '',
      counts: 'verified',
      sameWithinMs,
      clockSkewMaxMs,
      requestDelayMaxMs,
      slices,
      slice,
    }
    const query = { name: 'experiment', row: ObservedVariation.extend({ source: z.string() }) }
    const found = await lake.warehouse.query(query, sliceOf(files, slices, slice), parameters)
    if (!found.ok) throw new Error(found.problem.message)
    rows.push(...found.value)
  }
  return addUp(rows)
}

describe.skipIf(!hasChdb)('slices', () => {
  it('add up to one query, over raw objects, parts of one bucket and parts of all', () =>
    fc.assert(
      fc.asyncProperty(fc.tuple(anyRecords, anyRecords, anyRecords), async ([first, second, third]) => {
        lake.bucket.objects.clear()
        lake.add(first)
        await lake.run((context) => compact('demo', context), noon, { smallMax: 0 })
        lake.add(second)
        await lake.run((context) => compact('demo', context), noon + 1, { smallMax: 0 })
        lake.add(third)
        const files = await lake.files(window, noon, lake.newFolder())
        expect(await countSliced(files, 16)).toEqual(await countSliced(files, 1))
      }),
      { numRuns: 3 },
    ))

  it('are read by bucket, where there are enough records', async () => {
    lake.add(visitRecords('green', 90, 0))
    await lake.run((context) => compact('demo', context), noon, { smallMax: 0 })
    const files = await lake.files(window, noon, lake.newFolder())
    expect([slicesOf(files), slicesOf(files, 90), slicesOf(files, 91)]).toEqual([1, 16, 1])
    const slices = Array.from({ length: 16 }, (_, slice) => sliceOf(files, 16, slice).parts)
    expect(slices.map((parts) => parts.map(({ part }) => part.bucket))).toEqual(slices.map((_, i) => [i]))
  })
})
