// What counting costs, in CPU seconds, beside a bare scan of the same columns. ClickHouse makes the records
// as sorted parts of 16 buckets, as a compaction leaves them: exposures to some flags, one goal. Ratios are
// of one run.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as z from 'zod'
import { bucketsMax } from '../../analytics/manifest.ts'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { addUp, countAll, countChange } from '../../batch/counting/count-events.ts'
import { experimentQuestion, type Asked } from '../../batch/counting/question.ts'
import { type CountedFiles, openProjections } from '../../batch/counting/projections.ts'
import type { Failure } from '../../batch/failure.ts'
import type { PartFile, RecordFiles } from '../../batch/lake/cache.ts'
import { globOf, loadChdb, openClickHouse } from '../../batch/lake/clickhouse.ts'
import type { Experiment } from '../../core/model/experiment.ts'
import { ok, type Result } from '../../core/model/problem.ts'

export interface CountingBench {
  readonly records: number
  /** Users see flags at random; each flag has an experiment. */
  readonly flags: number
  /** Leaves out what counts all flags' experiments. */
  readonly isOneOnly: boolean
  /** A folder for the records, which a later run with the same numbers finds there; without it, they go. */
  readonly keptIn?: string
}

export interface Figure {
  readonly step: string
  readonly cpuSeconds: number
  readonly wallSeconds: number
  readonly ofScan: number
  readonly peakMb: number
}

export const startAt = Date.UTC(2026, 10, 1)
const clickHouse = openClickHouse(loadChdb)

/** A sixth are goals; two exposures and a half a user, over 14 days. */
const makePart = `
  INSERT INTO FUNCTION file({target:String}, 'Parquet')
  SELECT
    2::UInt8 AS v, kind, id, 'demo' AS environmentId, at, at + n % 3000 AS receivedAt, 'ofrep' AS protocol,
    'js/1.0' AS sdk, targetingKey, map('country', 'de', 'plan', 'pro') AS attributes,
    if(kind = 'exposure', concat('flag-', toString(cityHash64(n, 7) % {flags:UInt16})), '') AS flagKey,
    3::Int64 AS flagVersion, if(kind = 'exposure', ['a', 'b', 'c'][1 + sipHash64(flagKey, targetingKey) % {arms:UInt8}], '')
      AS variationId, if(kind = 'exposure', 'split', '') AS ruleId, if(kind = 'tracking', ['bought', 'read', 'shared', 'asked', 'left'][1 + cityHash64(n, 3) % {goals:UInt8}], '')
      AS event,
    if(kind = 'tracking', (n % 10)::Float64, 0.) AS value, '' AS content, 0::Int64 AS sentAt,
    'client' AS keyKind, lower(hex(sipHash64(user, intDiv(at, 86400000)))) AS source, 7::Int64 AS revision,
    true AS verified, '' AS unitAttribute, '' AS unit, 'goal' AS type, '' AS page, '' AS currency,
    0::Int64 AS items, '' AS previousKey
  FROM (
    SELECT
      number AS n, cityHash64(n) % {users:UInt64} AS user, concat('user-', toString(user)) AS targetingKey,
      if(n % 6 = 5, 'tracking', 'exposure') AS kind,
      lower(hex(reinterpretAsFixedString(sipHash128(n, {salt:UInt8})))) AS id,
      {startAt:Int64} + intDiv(n * 1209600000, {records:UInt64})::Int64 AS at
    FROM numbers({records:UInt64})
    WHERE sipHash64(targetingKey) % {buckets:UInt8} = {bucket:UInt8}
  )
  ORDER BY kind, flagKey, event, targetingKey, at, id
  SETTINGS output_format_parquet_compression_method = 'zstd', output_format_parquet_row_group_size = 20000,
    output_format_parquet_write_bloom_filter = 0`

export async function benchCounting({ records, flags, isOneOnly, keptIn }: CountingBench): Promise<void> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-bench-'))
  const source = keptIn === undefined ? folder : path.join(keptIn, `${records}-${flags}`)
  mkdirSync(source, { recursive: true })
  const figures: Figure[] = []
  try {
    const parts: PartFile[] = []
    const users = Math.ceil(records / 3)
    for (let bucket = 0; bucket < bucketsMax; bucket++)
      parts.push(await make(source, { records, users, flags, bucket, buckets: bucketsMax, salt: 0 }))
    // One percent of the records, of all users.
    const late = { records: Math.ceil(records / 100), users, flags, bucket: 0, buckets: 1, salt: 1 } as const
    const added: RecordFiles = { raw: [], parts: [await make(source, late)] }
    const few = { ...late, records: Math.ceil(records / 100_000), salt: 2 } as const
    const addedFew: RecordFiles = { raw: [], parts: [await make(source, few)] }
    const before: RecordFiles = { raw: [], parts }
    const how = { clickHouse, folder: path.join(folder, 'counts') }
    mkdirSync(how.folder)
    const projections = openProjections(clickHouse, path.join(folder, 'projections'))
    const one = questionsOf(1)
    const all = questionsOf(flags)
    await timed(figures, 'scan: the same columns, read and hashed', () => scan(before))
    const projected = await timed(figures, 'projecting the parts', () => projections.of(parts))
    const whole: CountedFiles = { raw: [], parts: projected }
    const change = async (some: RecordFiles) => {
      const fresh = await projections.of(some.parts)
      if (!fresh.ok) return fresh
      const added = { raw: [], parts: fresh.value }
      return ok({ added, kept: whole, removed: { raw: [], parts: [] } })
    }
    const countChanged = async (some: RecordFiles, asked: readonly Asked[]) => {
      const changed = await change(some)
      return changed.ok ? countChange(changed.value, asked, how) : changed
    }
    const first = await timed(figures, `1 experiment, 1 of ${flags} flags`, () => countAll(whole, one, how))
    if (!isOneOnly) {
      const every = await timed(figures, `${flags} experiments`, () => countAll(whole, all, how))
      await timed(figures, 'adding up', () => addUp(every, clickHouse))
      await timed(figures, `${flags} experiments, 0.001 % new`, () => countChanged(addedFew, all))
    }
    const one1 = await timed(figures, '1 experiment, 1 % new', () => countChanged(added, one))
    if (!isOneOnly) await timed(figures, `${flags} experiments, 1 % new`, () => countChanged(added, all))
    console.table(figures)
    const bytes = parts.reduce((sum, { file }) => sum + statSync(file).size, 0)
    console.log(`${records} records of ${users} users; ${(bytes / records).toFixed(1)} bytes a record`)
    const kept = await addUp([...first, ...one1], clickHouse)
    const everything = await projections.of([...parts, ...added.parts])
    if (!everything.ok) throw new Error(everything.problem.message)
    const again = await countAll({ raw: [], parts: everything.value }, one, how)
    const full = again.ok ? await addUp(again.value, clickHouse) : again
    console.log(`incremental = full: ${JSON.stringify(kept) === JSON.stringify(full)}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const questionsOf = (count: number): Asked[] =>
  Array.from({ length: count }, (_, i) => {
    const experiment = { flagKey: `flag-${i}`, ruleId: 'split', counts: 'all' } as Experiment
    const window = { from: startAt, to: startAt + 40 * 86_400_000 }
    return { x: i + 1, question: experimentQuestion(experiment, window, ['bought']) }
  })

/** A part of one bucket, or of all, of records that are the same for the same numbers. */
export async function make(
  folder: string,
  how: {
    readonly records: number
    readonly users: number
    readonly flags: number
    readonly bucket: number
    readonly buckets: 1 | typeof bucketsMax
    readonly salt: number
    readonly arms?: 2 | 3
    /** At most five. */
    readonly goals?: number
  },
): Promise<PartFile> {
  // As a manifest names it, or what was counted of it could not be kept.
  const digest = createHash('sha256').update(JSON.stringify(how)).digest('hex')
  const name = `part-${how.salt}-${String(how.bucket).padStart(2, '0')}-${digest}.parquet`
  const file = path.join(folder, name)
  if (!existsSync(file)) {
    const unfinished = `${file}.new`
    rmSync(unfinished, { force: true }) // of a run that was stopped
    const done = await clickHouse.run('make', makePart, {
      arms: 2,
      goals: 1,
      ...how,
      target: unfinished,
      startAt,
    })
    if (!done.ok) throw new Error(done.problem.message)
    renameSync(unfinished, file)
  }
  const { bucket, buckets } = how
  const records = { exposure: Math.round(how.records / buckets) }
  return { file, part: { name, bucket, buckets, bytes: statSync(file).size, records, from: 0, to: 0 } }
}

export async function timed<T>(
  figures: Figure[],
  step: string,
  work: () => Promise<Result<T, Failure>>,
): Promise<T> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const result = await work()
  if (!result.ok) throw new Error(`${step}: ${result.problem.message}`)
  const { user, system } = process.cpuUsage(cpu)
  const round = (seconds: number) => Math.round(seconds * 100) / 100
  const cpuSeconds = round((user + system) / 1e6)
  figures.push({
    step,
    cpuSeconds,
    wallSeconds: round((performance.now() - wall) / 1e3),
    ofScan: round(cpuSeconds / (figures[0]?.cpuSeconds ?? cpuSeconds)),
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  })
  return result.value
}

/** Reads the columns that an experiment needs, and does nothing with them. */
async function scan({ parts }: RecordFiles) {
  const glob = globOf(parts.map(({ file }) => file))
  if (!glob.ok) return glob
  const sql = `SELECT sum(cityHash64(v, kind, id, at, receivedAt, protocol, sdk, targetingKey, flagKey, variationId,
      ruleId, event, value, content, keyKind, source, verified)) AS sum
    FROM file({parts:String}, 'Parquet', {columns:String})`
  return clickHouse.rows('scan', sql, z.object({ sum: z.unknown() }), {
    parts: glob.value,
    columns: recordColumns,
  })
}
