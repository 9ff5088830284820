// What the jobs that change the lake work with.
import type { ClickHouse } from '../lake/clickhouse.ts'
import type { LakeListing } from '../lake/listing.ts'
import type { ObjectStore } from '../lake/s3.ts'
import type { RunEvent } from '../run-event.ts'

export interface LakeContext {
  readonly store: ObjectStore
  readonly listing: LakeListing
  readonly clickHouse: ClickHouse
  /** The cache's folder. */
  readonly root: string
  /** Epoch milliseconds. */
  readonly now: number
  /** `smallRecordsMax` of analytics/manifest.ts; tests choose another. */
  readonly smallMax: number
  /** Nothing is written: events say what would be. */
  readonly isDryRun: boolean
  readonly onEvent: (event: RunEvent) => void
}
