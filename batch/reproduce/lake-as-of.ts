// The lake as it was: the records of a window that were received until a time, copied to a file of their own.
import path from 'node:path'
import { recordColumns } from '../../analytics/sql/columns.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, RecordFiles, Window } from '../lake/cache.ts'
import { type ClickHouse, globOf, sqlFile } from '../lake/clickhouse.ts'
import type { DamagedObject } from '../lake/objects.ts'

export interface LakeAsOf {
  readonly files: RecordFiles
  readonly damaged: readonly DamagedObject[]
}

/** `target`: of the file to write. */
export async function lakeAsOf(
  lake: LakeCache,
  environmentId: string,
  window: Window,
  asOf: number,
  target: string,
  clickHouse: ClickHouse,
): Promise<Result<LakeAsOf, Failure>> {
  const files = await lake.files(environmentId, window)
  if (!files.ok) return files
  const { raw, parts, damaged } = files.value
  const rawGlob = globOf(raw)
  if (!rawGlob.ok) return rawGlob
  const partGlob = globOf(parts.map(({ file }) => file))
  if (!partGlob.ok) return partGlob
  const values = {
    files: rawGlob.value,
    parts: partGlob.value,
    columns: recordColumns,
    target: path.resolve(target),
    asOf,
  }
  const done = await clickHouse.run('as-of.sql', sqlFile('as-of'), values)
  return done.ok ? ok({ files: { raw: [target], parts: [] }, damaged }) : done
}
