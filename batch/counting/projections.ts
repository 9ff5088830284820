// What counting takes of a part, in files of its own: numbers in place of long texts, read twenty times as
// fast as the part. They are made when a part is counted for the first time, and kept beside the counts. A
// file whose size or time is not what was written is made again.
import { randomUUID } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import * as z from 'zod'
import { Part } from '../../analytics/manifest.ts'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { PartFile } from '../lake/cache.ts'
import { type ClickHouse, globOf } from '../lake/clickhouse.ts'
import { statementOf } from './statements.ts'

const Projection = z.object({
  name: z.string().check(z.regex(/^[\w.-]+$/)),
  bytes: z.int(),
  /** Epoch milliseconds, with decimals. */
  modifiedAt: z.number(),
})
type Projection = z.infer<typeof Projection>

export const ProjectedPart = z.object({
  /** Parquet. */
  file: z.string(),
  part: Part,
  exposures: Projection,
  goals: Projection,
})
export type ProjectedPart = z.infer<typeof ProjectedPart>

/** Like RecordFiles, for a count. */
export interface CountedFiles {
  readonly raw: readonly string[]
  readonly parts: readonly ProjectedPart[]
}

interface Projecting {
  readonly clickHouse: ClickHouse
  /** Of the projections. */
  readonly folder: string
}

/** Those of `known` are used as they are, if they are whole. */
export async function projectParts(
  parts: readonly PartFile[],
  known: readonly ProjectedPart[],
  how: Projecting,
): Promise<Result<ProjectedPart[], Failure>> {
  const byFile = new Map(known.map((each) => [each.file, each]))
  const projected: ProjectedPart[] = []
  try {
    await mkdir(how.folder, { recursive: true })
    for (const part of parts) {
      const before = byFile.get(part.file)
      const made = before && (await isProjected(how.folder, before)) ? ok(before) : await project(part, how)
      if (!made.ok) return made
      projected.push(made.value)
    }
    return ok(projected)
  } catch (error) {
    return fail('job', `Parts could not be projected to ${how.folder}: ${reasonOf(error)}.`)
  }
}

async function project({ file, part }: PartFile, how: Projecting): Promise<Result<ProjectedPart, Failure>> {
  const exposures = await write('exposures', file, how)
  if (!exposures.ok) return exposures
  const goals = await write('goals', file, how)
  return goals.ok ? ok({ file, part, exposures: exposures.value, goals: goals.value }) : goals
}

async function write(
  what: 'exposures' | 'goals',
  file: string,
  { clickHouse, folder }: Projecting,
): Promise<Result<Projection, Failure>> {
  const parts = globOf([file])
  if (!parts.ok) return parts
  const name = `${what}-${randomUUID()}.native.lz4`
  const statement = statementOf('into', 'sources/disk', 'part-records', 'events', `project-${what}`)
  const unused = { files: '/{}', isFull: 1, addedParts: [], removedParts: [] }
  const values = { ...unused, parts: parts.value, columns: recordColumns, target: path.join(folder, name) }
  const done = await clickHouse.run(`project-${what}.sql`, statement, values)
  if (!done.ok) return done
  const { size, mtimeMs } = await stat(values.target)
  return ok({ name, bytes: size, modifiedAt: mtimeMs })
}

/** Whether its files are there as they were written. */
export async function isProjected(folder: string, { exposures, goals }: ProjectedPart): Promise<boolean> {
  for (const { name, bytes, modifiedAt } of [exposures, goals]) {
    const found = await stat(path.join(folder, name)).catch(() => undefined)
    if (found?.size !== bytes || found.mtimeMs !== modifiedAt) return false
  }
  return true
}

/** One pattern for the files of each kind. */
export function projectionGlobs(folder: string, parts: readonly ProjectedPart[]) {
  const globs = (['exposures', 'goals'] as const).map((what) =>
    globOf(parts.map((part) => path.join(folder, part[what].name))),
  )
  const [exposures, goals] = globs as [Result<string, Failure>, Result<string, Failure>]
  if (!exposures.ok) return exposures
  return goals.ok ? ok({ exposures: exposures.value, goals: goals.value }) : goals
}
