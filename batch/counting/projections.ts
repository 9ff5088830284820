// What counting takes of a part, in files of its own: numbers in place of long texts, read many times as fast
// as the part. They are made when a part is counted for the first time. A file's name says of which part it
// is, by which text of the statements it was made, and how long it is: one of another length is made again.
import { createHash, randomUUID } from 'node:crypto'
import { appendFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { PartFile } from '../lake/cache.ts'
import { type ClickHouse, globOf } from '../lake/clickhouse.ts'
import { statementOf } from './statements.ts'

const hourMs = 3_600_000
/** What no count asked for so long is removed. */
const unusedAfterMs = 24 * hourMs
/** So many parts are projected by one statement, which costs something even if they are small. */
const partsMax = 64

const kinds = ['exposures', 'goals'] as const
type Kind = (typeof kinds)[number]

/** With the paths of its projections. */
export interface ProjectedPart extends PartFile, Readonly<Record<Kind, string>> {}

/** Like RecordFiles, for a count. */
export interface CountedFiles {
  readonly raw: readonly string[]
  readonly parts: readonly ProjectedPart[]
}

export interface Projections {
  /** What is missing is made; all of them if `isAnew`. */
  of(parts: readonly PartFile[], isAnew?: boolean): Promise<Result<ProjectedPart[], Failure>>
  /** Of parts that may be gone; undefined if a projection is, too. */
  find(parts: readonly PartFile[]): Promise<ProjectedPart[] | undefined>
}

/** ClickHouse leaves out in silence what is not there any more, such as what `forget` removed meanwhile. */
export const projectionsAreGone = 'What was projected of parts went away while it was counted.'

export const projectionsFolder = (root: string, environmentId: string) =>
  path.join(root, 'projections', `environment=${environmentId}`)

export function openProjections(clickHouse: ClickHouse, folder: string): Projections {
  return {
    async of(parts, isAnew = false) {
      try {
        await mkdir(folder, { recursive: true })
        const known = isAnew ? [] : await readdir(folder)
        const files = { exposures: new Map<string, string>(), goals: new Map<string, string>() }
        let isAnyMade = false
        for (const kind of kinds) {
          const missing: PartFile[] = []
          for (const part of parts) {
            const found = await wholeFile(folder, known, beginningOf(part, kind))
            if (found === undefined) missing.push(part)
            else files[kind].set(part.file, found)
          }
          for (let i = 0; i < missing.length; i += partsMax) {
            const made = await project(missing.slice(i, i + partsMax), kind, clickHouse, folder)
            if (!made.ok) return made
            for (const [part, file] of made.value) files[kind].set(part, file)
            isAnyMade = true
          }
        }
        if (isAnyMade) await sweep(folder)
        return ok(
          parts.map((part) => ({
            ...part,
            exposures: files.exposures.get(part.file)!,
            goals: files.goals.get(part.file)!,
          })),
        )
      } catch (error) {
        return fail('job', `Parts could not be projected to ${folder}: ${reasonOf(error)}.`)
      }
    },
    async find(parts) {
      const known = await readdir(folder).catch(() => [])
      const projected: ProjectedPart[] = []
      for (const part of parts) {
        const exposures = await wholeFile(folder, known, beginningOf(part, 'exposures'))
        const goals = await wholeFile(folder, known, beginningOf(part, 'goals'))
        if (exposures === undefined || goals === undefined) return undefined
        projected.push({ ...part, exposures, goals })
      }
      return projected
    },
  }
}

const textOf = (kind: Kind) =>
  statementOf('into-parts', 'sources/disk', 'part-records', 'events', `project-${kind}`)
const release = createHash('sha256')
  .update(kinds.map(textOf).join('') + recordColumns)
  .digest('hex')
  .slice(0, 8)

/** The name without its end: `-<bytes>.native.lz4`. */
const beginningOf = ({ file }: PartFile, kind: Kind) =>
  `${path.basename(file, '.parquet')}-${release}-${kind}-`

/** A file that begins so and has the length that its name says. */
async function wholeFile(folder: string, names: readonly string[], beginning: string) {
  for (const name of names.filter((each) => each.startsWith(beginning))) {
    const file = path.join(folder, name)
    const found = await stat(file).catch(() => undefined)
    if (found?.size !== Number.parseInt(name.slice(beginning.length), 10)) continue
    const now = new Date()
    if (now.getTime() - found.mtimeMs > hourMs) await utimes(file, now, now).catch(() => undefined)
    return file
  }
  return undefined
}

/** Resolves to a file for each part, which is empty if the part has none of the kind. */
async function project(
  parts: readonly PartFile[],
  kind: Kind,
  clickHouse: ClickHouse,
  folder: string,
): Promise<Result<Map<string, string>, Failure>> {
  const glob = globOf(parts.map(({ file }) => file))
  if (!glob.ok) return glob
  const unfinished = path.join(folder, `unfinished-${randomUUID()}`)
  await mkdir(unfinished)
  try {
    const target = path.join(unfinished, '{_partition_id}')
    const unused = { files: '/{}', isFull: 1, addedParts: [], removedParts: [] }
    const values = { ...unused, parts: glob.value, columns: recordColumns, target: `${target}.native.lz4` }
    const done = await clickHouse.run(`project-${kind}.sql`, textOf(kind), values)
    if (!done.ok) return done
    const files = new Map<string, string>()
    for (const part of parts) {
      const written = path.join(unfinished, `${path.basename(part.file)}.native.lz4`)
      await appendFile(written, '')
      const file = path.join(folder, `${beginningOf(part, kind)}${(await stat(written)).size}.native.lz4`)
      await rename(written, file)
      files.set(part.file, file)
    }
    return ok(files)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    const found = await stat(file).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > unusedAfterMs) await rm(file, { recursive: true, force: true })
  }
}

/** One pattern for the files of each kind. An empty file is nothing that ClickHouse reads. */
export function projectionGlobs(
  parts: readonly ProjectedPart[],
): Result<Readonly<Record<Kind, string>>, Failure> {
  const [exposures, goals] = kinds.map((kind) =>
    globOf(parts.map((part) => part[kind]).filter((file) => !file.endsWith('-0.native.lz4'))),
  ) as [Result<string, Failure>, Result<string, Failure>]
  if (!exposures.ok) return exposures
  return goals.ok ? ok({ exposures: exposures.value, goals: goals.value }) : goals
}
