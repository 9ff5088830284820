// What the jobs of a run work with.
import type { AdminApi } from '../admin-api.ts'
import type { EnvironmentCounts } from '../counting/answers.ts'
import type { LakeCache } from '../lake/cache.ts'
import type { Warehouse } from '../lake/warehouse.ts'
import type { RunEvent } from '../run-event.ts'

export interface JobContext {
  readonly api: AdminApi
  readonly counts: EnvironmentCounts
  /** For questions that `counts` does not answer. */
  readonly lake: LakeCache
  readonly warehouse: Warehouse
  /** Epoch milliseconds. */
  readonly now: number
  readonly onEvent: (event: RunEvent) => void
}
