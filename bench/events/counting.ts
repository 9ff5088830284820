// What compaction and counting cost, in CPU seconds. ClickHouse makes the records: exposures to one flag and
// events of one goal. All match, which is the hard case. Ratios are of one run.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import type { Result } from '../../core/model/problem.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import type { RecordFiles } from '../../batch/lake/cache.ts'
import { globOf, loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import { countExperiment } from '../../batch/lake/counts.ts'
import { openWarehouse } from '../../batch/lake/warehouse.ts'
import { removeNothing, writeParts } from '../../batch/lake/write-parts.ts'
import type { Failure } from '../../batch/failure.ts'

interface Figure {
  readonly step: string
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

const objects = 24
const startAt = Date.UTC(2026, 10, 1)
const clickHouse = openClickHouse(loadChdb)

/** A sixth are goals; two exposures and a half a user. */
const makeRecords = `
  INSERT INTO FUNCTION file({target:String}, 'JSONEachRow', 'auto', 'gzip') PARTITION BY part
  SELECT
    number % {objects:UInt16} AS part, 2 AS v, if(number % 6 = 5, 'tracking', 'exposure') AS kind,
    toString(generateUUIDv4(number)) AS id, 'demo' AS environmentId,
    {startAt:Int64} + intDiv(number * 80000000, {records:UInt64}) AS at, at + rand() % 3000 AS receivedAt,
    'ofrep' AS protocol, 'js/1.0' AS sdk, 'client' AS keyKind, '' AS source,
    concat('user-', toString(cityHash64(number) % intDiv({records:UInt64}, 3))) AS targetingKey,
    map('country', 'de', 'plan', 'pro') AS attributes,
    if(kind = 'exposure', 'checkout', '') AS flagKey, 3 AS flagVersion, true AS verified, 7 AS revision,
    if(kind = 'exposure', ['a', 'b'][1 + cityHash64(targetingKey) % 2], '') AS variationId,
    if(kind = 'exposure', 'split', '') AS ruleId, '' AS unitAttribute, '' AS unit,
    if(kind = 'tracking', 'bought', '') AS event, 'goal' AS type, if(kind = 'tracking', rand(9) % 10, 0) AS value
  FROM numbers({records:UInt64})`

export async function benchCounting(records: number): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-bench-'))
  const figures: Figure[] = []
  try {
    await timed(figures, 'load ClickHouse', () => clickHouse.run('SELECT', 'SELECT 1', {}))
    await timed(figures, 'make raw objects', () =>
      clickHouse.run('make', makeRecords, {
        target: `${folder}/raw-{_partition_id}.gz`,
        records,
        objects,
        startAt,
      }),
    )
    const raw = filesOf(folder, /raw-/)
    const written = await timed(figures, 'compact', () =>
      writeParts(
        { raw, parts: [] },
        {
          clickHouse,
          root: folder,
          environmentId: 'demo',
          day: '2026-11-01',
          run: startAt,
          removal: removeNothing,
          smallMax: 0,
        },
      ),
    )
    const { parts } = written
    const asParts = { raw: [], parts }
    const oneSlice = {
      raw: [],
      parts: parts.map(({ file, part }) => ({ file, part: { ...part, buckets: 1 as const } })),
    }
    await timed(figures, 'scan, raw', () => scan({ raw, parts: [] }))
    await timed(figures, 'scan, parts', () => scan(asParts))
    await timed(figures, 'count, raw', () => count({ raw, parts: [] }))
    await timed(figures, 'count, parts in one query', () => count(oneSlice))
    await timed(figures, 'count, parts as the runner does', () => count(asParts))
    const bytes = (files: readonly string[]) => files.reduce((sum, file) => sum + statSync(file).size, 0)
    const perRecord = (files: readonly string[]) => Math.round((bytes(files) / records) * 10) / 10
    console.table(figures)
    console.log(
      `${records} records; bytes a record: ${perRecord(raw)} raw, ${perRecord(parts.map(({ file }) => file))} in parts`,
    )
    console.log(`peak memory of all steps: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function timed<T>(
  figures: Figure[],
  step: string,
  work: () => Promise<Result<T, Failure>>,
): Promise<T> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const result = await work()
  if (!result.ok) throw new Error(`${step}: ${result.problem.message}`)
  const { user, system } = process.cpuUsage(cpu)
  const round = (seconds: number) => Math.round(seconds * 100) / 100
  figures.push({
    step,
    cpuSeconds: round((user + system) / 1e6),
    wallSeconds: round((performance.now() - wall) / 1e3),
  })
  return result.value
}

function filesOf(folder: string, name: RegExp): string[] {
  return readdirSync(folder)
    .filter((each) => name.test(each))
    .map((each) => path.join(folder, each))
}

function count(files: RecordFiles) {
  const experiment = { flagKey: 'checkout', ruleId: 'split', counts: 'all' } as Experiment
  const window = { from: startAt, to: startAt + 86_400_000 }
  return countExperiment(openWarehouse(clickHouse), files, experiment, window, 'bought')
}

/** Reads the columns that an experiment needs, and does nothing with them. */
async function scan({ raw, parts }: RecordFiles) {
  const files = globOf(raw)
  if (!files.ok) return files
  const glob = globOf(parts.map(({ file }) => file))
  if (!glob.ok) return glob
  const sql = `SELECT sum(cityHash64(v, kind, id, at, receivedAt, protocol, sdk, targetingKey, flagKey, variationId, ruleId,
      event, value, content, keyKind, source, verified)) AS sum
    FROM (SELECT * FROM file({files:String}, 'JSONEachRow', {columns:String}, 'gzip')
      UNION ALL SELECT * FROM file({parts:String}, 'Parquet', {columns:String}))`
  const row = z.object({ sum: z.unknown() })
  return clickHouse.rows('scan', sql, row, { files: files.value, parts: glob.value, columns: recordColumns })
}
