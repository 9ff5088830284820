// From a window of an environment to counts: fetches the objects, asks ClickHouse, and says what is damaged.
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache, RecordFiles, Window } from '../lake/cache.ts'
import type { DamagedObject } from '../lake/objects.ts'
import type { LakeDamage } from '../statistics/health.ts'

/** The end of the year 9999. */
const endOfTime = 253_402_300_799_999

export interface Counted<T> {
  readonly counts: T
  readonly damage: LakeDamage
}

export async function countWindow<T>(
  lake: LakeCache,
  environmentId: string,
  window: Window,
  count: (files: RecordFiles, window: Window) => Promise<Result<T, Failure>>,
): Promise<Result<Counted<T>, Failure>> {
  for (let isSecond = false; ; isSecond = true) {
    const files = await lake.files(environmentId, window)
    if (!files.ok) return files
    // A window that ends now says nothing else than one without an end, but would differ in every run, and
    // its counts could not be remembered.
    const to = files.value.latest < window.to ? endOfTime : window.to
    const counts = await count(files.value, { ...window, to })
    if (counts.ok) return ok({ counts: counts.value, damage: damageOf(files.value.damaged) })
    if (isSecond || counts.problem.kind !== 'job') return counts
    // A file may have been damaged since it was verified, which ClickHouse notices by gzip's checksum.
    lake.distrust(environmentId)
  }
}

function damageOf(damaged: readonly DamagedObject[]): LakeDamage {
  const missing = damaged.filter(({ isCounted }) => !isCounted)
  return {
    missingObjects: missing.length,
    missingRecords: missing.reduce((sum, { records }) => sum + (records ?? 0), 0),
    doubtfulObjects: damaged.length - missing.length,
  }
}
