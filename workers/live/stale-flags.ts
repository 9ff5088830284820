// Flags that users met once and meet no more: looked for once a day by an environment's intake object, and
// told once until somebody meets them again. A flag that nobody was ever reported to have met is not one:
// some SDKs report nothing.
import type { Database } from '../storage/database.ts'
import { type FlagLastSeen, lastSeenFlags } from '../storage/usage.ts'

/** Without a setting. */
export const staleAfterDaysDefault = 30

export const createStaleFlags =
  'CREATE TABLE IF NOT EXISTS stale_flag (flag TEXT PRIMARY KEY, seen INTEGER) WITHOUT ROWID'

export interface StaleFlags {
  readonly untold: readonly FlagLastSeen[]
  /** Whether others were met, so that they may become stale. */
  readonly isAnyInUse: boolean
}

/** `before`: epoch milliseconds; a flag that was met since then is in use. */
export async function findStaleFlags(
  sql: SqlStorage,
  database: Database,
  environmentId: string,
  before: number,
): Promise<StaleFlags> {
  const flags = await lastSeenFlags(database, environmentId)
  const stale = flags.filter(({ lastSeenAt }) => lastSeenAt < before)
  const told = new Map(
    sql
      .exec<{ flag: string; seen: number }>('SELECT flag, seen FROM stale_flag')
      .toArray()
      .map(({ flag, seen }) => [flag, seen]),
  )
  return {
    untold: stale.filter(({ flagKey, lastSeenAt }) => told.get(flagKey) !== lastSeenAt),
    isAnyInUse: stale.length < flags.length,
  }
}

export const noteStaleTold = (sql: SqlStorage, { flagKey, lastSeenAt }: FlagLastSeen): void =>
  void sql.exec('INSERT OR REPLACE INTO stale_flag VALUES (?, ?)', flagKey, lastSeenAt)
