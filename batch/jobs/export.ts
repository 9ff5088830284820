// Copies the records of an environment and window to one file, each event once.
import { rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import { type Failure, fail, reasonOf } from '../failure.ts'
import type { LakeCache, Window } from '../lake/cache.ts'
import { globOf, sqlFile } from '../lake/clickhouse.ts'
import { unlessGone } from '../lake/still-there.ts'
import type { LakeContext } from './lake-context.ts'

export const exportFormats = { ndjson: 'JSONEachRow', parquet: 'Parquet' } as const

export interface ExportOrder {
  readonly window: Window
  readonly format: keyof typeof exportFormats
  /** Of the file to write; it must not exist. */
  readonly output: string
}

export async function exportRecords(
  environmentId: string,
  order: ExportOrder,
  lake: LakeCache,
  context: LakeContext,
): Promise<void> {
  const { onEvent } = context
  const written = await write(environmentId, order, lake, context)
  if (!written.ok) onEvent({ kind: 'failed', subject: environmentId, failure: written.problem })
}

async function write(
  environmentId: string,
  { window, format, output }: ExportOrder,
  lake: LakeCache,
  { clickHouse, isDryRun, onEvent }: LakeContext,
): Promise<Result<void, Failure>> {
  const target = path.resolve(output)
  if (await stat(target).catch(() => undefined))
    return fail('usage', `${target} exists already; it is not overwritten.`)
  const files = await lake.files(environmentId, window)
  if (!files.ok) return files
  const { raw, parts, damaged } = files.value
  const objects = raw.length + parts.length
  const missing = damaged.filter(({ isCounted }) => !isCounted)
  if (isDryRun) {
    onEvent({ kind: 'would-export', environmentId, objects, missingObjects: missing.length })
    return ok(undefined)
  }
  const rawGlob = globOf(raw)
  if (!rawGlob.ok) return rawGlob
  const partGlob = globOf(parts.map(({ file }) => file))
  if (!partGlob.ok) return partGlob
  const unfinished = `${target}.part`
  const done = await clickHouse.run('export.sql', sqlFile('export'), {
    target: unfinished,
    format: exportFormats[format],
    files: rawGlob.value,
    parts: partGlob.value,
    columns: recordColumns,
    ...window,
  })
  try {
    const read = await unlessGone([...raw, ...parts.map(({ file }) => file)], done)
    if (!read.ok) {
      await rm(unfinished, { force: true })
      return read
    }
    await rename(unfinished, target)
    const bytes = (await stat(target)).size
    onEvent({ kind: 'exported', environmentId, file: target, objects, bytes })
  } catch (error) {
    return fail('job', `${target} could not be written: ${reasonOf(error)}.`)
  }
  if (missing.length > 0)
    return fail('job', `${missing.length} objects are damaged, and what they hold is not in ${target}.`)
  return ok(undefined)
}
