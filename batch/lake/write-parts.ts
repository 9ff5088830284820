// Writes records as parts: spreads them over buckets of users, sorts each bucket, and leaves out copies and
// what is to be removed. Local files only, so whatever stops it leaves the lake as it was.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod'
import { partName, partsDayPrefix } from '../../analytics/lake.ts'
import { bucketsMax, type Part } from '../../analytics/manifest.ts'
import { recordVersion } from '../../analytics/records.ts'
import { recordColumns, recordFields } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { PartFile, RecordFiles } from './cache.ts'
import { type ClickHouse, globOf, sqlFile } from './clickhouse.ts'

/** So many raw objects are spread by one statement: a pattern of all names has to be read as one text. */
const rawObjectsMax = 5_000
/** Longer than any compaction of a day. */
const abandonedAfterMs = 24 * 3_600_000

/** Records of these kinds and users are left out. */
export interface Removal {
  readonly kinds: readonly string[]
  readonly targetingKeys: readonly string[]
}

export const removeNothing: Removal = { kinds: [], targetingKeys: [] }

export interface Writing {
  readonly clickHouse: ClickHouse
  /** The cache's folder: parts are put where the cache looks for them. */
  readonly root: string
  readonly environmentId: string
  readonly day: string
  /** Epoch milliseconds. */
  readonly run: number
  readonly removal: Removal
  /** Fewer records become one file, unless parts of one bucket are among them. */
  readonly smallMax: number
}

export interface WrittenParts {
  readonly parts: readonly PartFile[]
  /** Of the input, copies included. */
  readonly recordsBefore: number
}

const Path = z.object({ path: z.string() })
const Count = z.object({ records: z.coerce.number() })
const Summary = z.object({
  file: z.string(),
  kind: z.string(),
  records: z.int(),
  earliest: z.int(),
  latest: z.int(),
})
type Summary = z.infer<typeof Summary>

/** The files that hold a record which this release does not know entirely. */
export async function filesOfLaterVersions(
  clickHouse: ClickHouse,
  files: readonly string[],
): Promise<Result<Set<string>, Failure>> {
  const later = new Set<string>()
  for (const some of chunks(files, rawObjectsMax)) {
    const glob = globOf(some)
    if (!glob.ok) return glob
    const values = { files: glob.value, version: recordVersion, fields: recordFields }
    const rows = await clickHouse.rows('compact-unknown.sql', sqlFile('compact-unknown'), Path, values)
    if (!rows.ok) return rows
    for (const row of rows.value) later.add(row.path)
  }
  return ok(later)
}

export async function writeParts(input: RecordFiles, how: Writing): Promise<Result<WrittenParts, Failure>> {
  const folder = path.join(how.root, 'compaction', randomUUID())
  try {
    await removeAbandoned(path.join(how.root, 'compaction'))
    await mkdir(folder, { recursive: true })
    return await write(input, folder, how)
  } catch (error) {
    return fail('job', `The records of ${how.day} could not be compacted in ${how.root}: ${reasonOf(error)}.`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a process that was killed left on disk. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const child = path.join(folder, name)
    const found = await stat(child).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > abandonedAfterMs)
      await rm(child, { recursive: true, force: true })
  }
}

async function write(
  { raw, parts }: RecordFiles,
  folder: string,
  how: Writing,
): Promise<Result<WrittenParts, Failure>> {
  let pieces = 0
  const spread = (rawFiles: readonly string[], partFiles: readonly string[]) =>
    run(how.clickHouse, 'compact-split', {
      files: globOf(rawFiles),
      parts: globOf(partFiles),
      target: path.join(folder, `split-{_partition_id}-${pieces++}.parquet`),
      buckets: bucketsMax,
    })
  for (const files of chunks(raw, rawObjectsMax)) {
    const done = await spread(files, [])
    if (!done.ok) return done
  }
  // Parts of a small day have all users in one file.
  const whole = parts.filter(({ part }) => part.buckets !== bucketsMax).map(({ file }) => file)
  if (whole.length > 0) {
    const done = await spread([], whole)
    if (!done.ok) return done
  }
  const split = (await readdir(folder)).map((name) => path.join(folder, name))
  const sorted = parts.filter(({ part }) => part.buckets === bucketsMax)
  const before = await countRecords(how.clickHouse, [...split, ...sorted.map(({ file }) => file)])
  if (!before.ok) return before
  const buckets = sorted.length === 0 && before.value < how.smallMax ? 1 : bucketsMax
  const written: { file: string; bucket: number }[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const isOwn = (own: number) => buckets === 1 || own === bucket
    const files = [
      ...split.filter((file) => isOwn(Number(/split-(\d+)-/.exec(file)?.[1]))),
      ...sorted.filter(({ part }) => isOwn(part.bucket)).map(({ file }) => file),
    ]
    if (files.length === 0) continue
    const file = path.join(folder, `bucket-${bucket}.parquet`)
    const done = await run(how.clickHouse, 'compact-bucket', {
      parts: globOf(files),
      target: file,
      removedKinds: how.removal.kinds,
      removedKeys: how.removal.targetingKeys,
    })
    if (!done.ok) return done
    written.push({ file, bucket })
  }
  const described = await describe(written, buckets, how)
  return described.ok ? ok({ parts: described.value, recordsBefore: before.value }) : described
}

/** Moves the files that hold records to where the cache looks for them. */
async function describe(
  written: readonly { readonly file: string; readonly bucket: number }[],
  buckets: Part['buckets'],
  { clickHouse, root, environmentId, day, run: startedAt }: Writing,
): Promise<Result<PartFile[], Failure>> {
  const glob = globOf(written.map(({ file }) => file))
  if (!glob.ok) return glob
  const values = { parts: glob.value, columns: recordColumns }
  const rows = await clickHouse.rows('compact-summary.sql', sqlFile('compact-summary'), Summary, values)
  if (!rows.ok) return rows
  const byFile = Map.groupBy(rows.value, ({ file }) => file)
  const parts: PartFile[] = []
  for (const { file, bucket } of written) {
    const own = byFile.get(path.basename(file))
    if (!own) continue
    const digest = createHash('sha256')
    await pipeline(createReadStream(file), digest)
    const name = partName(startedAt, bucket, digest.digest('hex'))
    const { size } = await stat(file)
    const target = path.join(root, partsDayPrefix(environmentId, day), name)
    await mkdir(path.dirname(target), { recursive: true })
    await rename(file, target)
    parts.push({ file: target, part: { name, bucket, buckets, bytes: size, ...figures(own) } })
  }
  return ok(parts)
}

const figures = (rows: readonly Summary[]): Pick<Part, 'records' | 'from' | 'to'> => ({
  records: Object.fromEntries(rows.map(({ kind, records }) => [kind, records])),
  from: Math.min(...rows.map(({ earliest }) => earliest)),
  to: Math.max(...rows.map(({ latest }) => latest)),
})

async function countRecords(clickHouse: ClickHouse, files: readonly string[]) {
  const glob = globOf(files)
  if (!glob.ok) return glob
  const values = { parts: glob.value, columns: recordColumns }
  const rows = await clickHouse.rows('compact-count.sql', sqlFile('compact-count'), Count, values)
  return rows.ok ? ok(rows.value[0]?.records ?? 0) : rows
}

type Values = Readonly<Record<string, string | number | readonly string[] | Result<string, Failure>>>

/** Patterns that could not be made are the failure. */
async function run(clickHouse: ClickHouse, name: string, values: Values): Promise<Result<void, Failure>> {
  const bound: Record<string, string | number | readonly string[]> = { columns: recordColumns }
  for (const [key, value] of Object.entries(values)) {
    if (typeof value !== 'object' || !('ok' in value)) bound[key] = value
    else if (value.ok) bound[key] = value.value
    else return value
  }
  return clickHouse.run(`${name}.sql`, sqlFile(name), bound)
}

function chunks<T>(items: readonly T[], length: number): T[][] {
  const result: T[][] = []
  for (let i = 0; i < items.length; i += length) result.push(items.slice(i, i + length))
  return result
}
