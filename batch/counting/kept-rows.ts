// What a statement counted, kept on disk by a digest of what it depends on: its texts, the objects and the
// question. A run with nothing new asks nothing.
import { createHash } from 'node:crypto'
import path from 'node:path'
import * as z from 'zod'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import { readSealed, writeSealed } from '../lake/sealed-file.ts'
import { countingDigest, releaseOf } from '../reproduce/sql-files.ts'
import { usualTolerances } from './totals.ts'

export interface KeptInput {
  /** All that the count may be asked by. */
  readonly texts: readonly string[]
  readonly files: readonly RecordFiles[]
  /** What else the rows depend on. */
  readonly asked: unknown
}

/** In the cache's folder. What is counted under one name replaces what was. */
export const countsFile = (root: string, environmentId: string, name: string): string =>
  path.join(root, 'counts', `environment=${environmentId}`, `${name}.json`)

export const digestOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex')

/** What rows depend on, besides the objects: the statements, what reads their answers, the question. */
export const inputOf = (texts: readonly string[], question: unknown): string =>
  digestOf([releaseOf(), countingDigest(), usualTolerances, recordColumns, texts, question])

/** Counts only if the file has no rows of the same input. */
export async function keptRows<Row>(
  file: string,
  input: KeptInput,
  row: z.ZodType<Row>,
  count: () => Promise<Result<readonly Row[], Failure>>,
): Promise<Result<readonly Row[], Failure>> {
  const names = input.files.map(({ raw, parts }) => [...raw, ...parts.map((part) => part.file)])
  const digest = inputOf(input.texts, [input.asked, names])
  const Kept = z.object({ input: z.string(), rows: z.array(row) })
  const known = Kept.safeParse(await readSealed(file)).data
  if (known?.input === digest) return ok(known.rows)
  const rows = await count()
  // A full disk costs the next run a query, and this one nothing.
  if (rows.ok) await writeSealed(file, { input: digest, rows: rows.value }).catch(() => undefined)
  return rows
}
