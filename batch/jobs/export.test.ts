// Exports against a bucket that behaves as R2 does, with real ClickHouse.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { lakeKey } from '../../analytics/lake.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { lakeCache } from '../lake/cache.ts'
import { loadChdb, openClickHouse } from '../lake/clickhouse.ts'
import { compact } from './compact.ts'
import { type ExportOrder, exportRecords } from './export.ts'
import type { LakeContext } from './lake-context.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 240_000 })

const noon = startAt + 12 * hourMs
const window = { from: startAt, to: startAt + 24 * hourMs }

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
})
afterEach(() => lake.close())

const exporting = (order: Partial<ExportOrder> & { output: string }) => (context: LakeContext) =>
  exportRecords(
    'demo',
    { window, format: 'ndjson', ...order },
    lakeCache(context.store, context.root, context.now),
    context,
  )

describe.skipIf(!hasChdb)('export', () => {
  it('writes each event of the window once, from raw objects and parts', async () => {
    const records = visitRecords('green', 5, 2)
    lake.add(records)
    await lake.run((context) => compact('demo', context), noon)
    lake.add([...records.slice(3), ...visitRecords('blue', 2, 0)])
    const output = path.join(lake.newFolder(), 'out.ndjson')
    expect(await lake.run(exporting({ output }), noon)).toMatchObject([{ kind: 'exported', file: output }])
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n')
    const exported = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const ids = [...records, ...visitRecords('blue', 2, 0)].map(({ id }) => id)
    expect(exported).toHaveLength(ids.length)
    expect(new Set(exported.map(({ id }) => id))).toEqual(new Set(ids))
    for (const record of records)
      expect(exported.find(({ id }) => id === record.id)).toMatchObject({ ...record })
    expect(await lake.run(exporting({ output }), noon)).toMatchObject([
      { kind: 'failed', failure: { kind: 'usage', message: expect.stringContaining('exists already') } },
    ])
  })

  it('writes Parquet, and only the window', async () => {
    lake.add(visitRecords('green', 5, 2))
    const output = path.join(lake.newFolder(), 'out.parquet')
    const narrow = { from: startAt + 1000, to: startAt + 3000 }
    await lake.run(exporting({ output, format: 'parquet', window: narrow }), noon)
    const rows = await openClickHouse(loadChdb).rows(
      'test',
      `SELECT id FROM file({file:String}, 'Parquet', {columns:String}) ORDER BY id`,
      z.object({ id: z.string() }),
      { file: output, columns: recordColumns },
    )
    expect(rows).toEqual({ ok: true, value: [{ id: 'green-1-saw' }, { id: 'green-2-saw' }] })
  })

  it('with --dry-run writes nothing, and says how much it would', async () => {
    lake.add(visitRecords('green', 5, 2))
    const output = path.join(lake.newFolder(), 'out.ndjson')
    expect(await lake.run(exporting({ output }), noon, { isDryRun: true })).toEqual([
      { kind: 'would-export', environmentId: 'demo', objects: 1, missingObjects: 0 },
    ])
    expect(existsSync(output)).toBe(false)
  })

  it('fails, with a file, if an object is damaged', async () => {
    lake.add(visitRecords('green', 5, 2))
    const key = lakeKey('demo', '2026-11-01T01', 'ab'.repeat(32))
    lake.bucket.objects.set(key, { body: Buffer.from('x'), headers: {} })
    const output = path.join(lake.newFolder(), 'out.ndjson')
    expect(await lake.run(exporting({ output }), noon)).toMatchObject([
      { kind: 'exported' },
      { kind: 'failed', failure: { message: expect.stringContaining('1 objects are damaged') } },
    ])
  })
})
