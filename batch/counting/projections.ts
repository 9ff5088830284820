// What counting takes of a part, in files of its own: numbers in place of long texts, read many times as fast
// as the part. They are made when a part is counted for the first time. A file's name says of which part it
// is, by which text of the statements it was made, and the digest of its content. It is read and verified
// before its first use; what is found sound is noted with the file's size and time of change.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as z from 'zod/mini'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { PartFile } from '../lake/cache.ts'
import { type ClickHouse, globOf } from '../lake/clickhouse.ts'
import { fileState } from '../lake/day-index.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
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

export const projectionsFolder = (root: string, environmentId: string) =>
  path.join(root, 'projections', `environment=${environmentId}`)

export function openProjections(clickHouse: ClickHouse, folder: string): Projections {
  return {
    async of(parts, isAnew = false) {
      try {
        await mkdir(folder, { recursive: true })
        const known = isAnew ? [] : await readdir(folder)
        const sound = await openSound(folder)
        const files = { exposures: new Map<string, string>(), goals: new Map<string, string>() }
        let isAnyMade = false
        for (const kind of kinds) {
          const missing: PartFile[] = []
          for (const part of parts) {
            const found = await sound.find(known, beginningOf(part, kind))
            if (found === undefined) missing.push(part)
            else files[kind].set(part.file, found)
          }
          for (let i = 0; i < missing.length; i += partsMax) {
            const made = await project(missing.slice(i, i + partsMax), kind, clickHouse, folder)
            if (!made.ok) return made
            for (const [part, file] of made.value) {
              await sound.note(path.basename(file))
              files[kind].set(part, file)
            }
            isAnyMade = true
          }
        }
        await sound.write()
        if (isAnyMade) await sweep(folder, sound)
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
      const sound = await openSound(folder)
      const projected: ProjectedPart[] = []
      for (const part of parts) {
        const exposures = await sound.find(known, beginningOf(part, 'exposures'))
        const goals = await sound.find(known, beginningOf(part, 'goals'))
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

/** The name without its end: `<sha256>.native.lz4`. */
const beginningOf = ({ file }: PartFile, kind: Kind) =>
  `${path.basename(file, '.parquet')}-${release}-${kind}-`

const Noted = z.record(
  z.string(),
  z.object({ size: z.int(), changedAt: z.int(), usedAt: z.int() }), // bytes and epoch milliseconds
)

interface Sound {
  /** The file that begins so and is what its name says. */
  find(names: readonly string[], beginning: string): Promise<string | undefined>
  /** Notes that a file was verified, or has just been made, and is used. */
  note(name: string): Promise<void>
  usedAt(name: string): number | undefined
  /** Of two runners that write, one wins; what the other noted is verified again. */
  write(): Promise<void>
}

async function openSound(folder: string): Promise<Sound> {
  const index = path.join(folder, 'sound.json')
  const noted = new Map(Object.entries(Noted.safeParse(await readSealed(index)).data ?? {}))
  let isChanged = false
  const note = async (name: string) => {
    const state = await fileState(path.join(folder, name))
    if (!state) return
    noted.set(name, { ...state, usedAt: Date.now() })
    isChanged = true
  }
  return {
    note,
    usedAt: (name) => noted.get(name)?.usedAt,
    async find(names, beginning) {
      for (const name of names.filter((each) => each.startsWith(beginning))) {
        const file = path.join(folder, name)
        const state = await fileState(file)
        if (!state) continue
        const known = noted.get(name)
        const isKnown = known?.size === state.size && known.changedAt === state.changedAt
        if (!isKnown && name !== nameOf(beginning, await digestOf(file))) continue
        if (!isKnown || Date.now() - known.usedAt > hourMs) await note(name)
        return file
      }
      return undefined
    },
    async write() {
      if (!isChanged) return
      const there = new Set(await readdir(folder))
      await writeSealed(index, Object.fromEntries([...noted].filter(([name]) => there.has(name))))
    },
  }
}

const nameOf = (beginning: string, digest: string) => `${beginning}${digest}.native.lz4`

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
const emptyDigest = createHash('sha256').digest('hex')

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
      const file = path.join(folder, nameOf(beginningOf(part, kind), await digestOf(written)))
      await rename(written, file)
      files.set(part.file, file)
    }
    return ok(files)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function sweep(folder: string, sound: Sound): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name)
    const usedAt = sound.usedAt(name) ?? (await fileState(file))?.changedAt ?? Date.now()
    if (Date.now() - usedAt > unusedAfterMs) await rm(file, { recursive: true, force: true })
  }
}

/** One pattern for the files of each kind. An empty file is nothing that ClickHouse reads. */
export function projectionGlobs(
  parts: readonly ProjectedPart[],
): Result<Readonly<Record<Kind, string>>, Failure> {
  const [exposures, goals] = kinds.map((kind) =>
    globOf(parts.map((part) => part[kind]).filter((file) => !file.endsWith(nameOf('-', emptyDigest)))),
  ) as [Result<string, Failure>, Result<string, Failure>]
  if (!exposures.ok) return exposures
  return goals.ok ? ok({ exposures: exposures.value, goals: goals.value }) : goals
}
