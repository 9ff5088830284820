// What the jobs of a run work with.
import type { AdminApi } from '../admin-api.ts'
import type { EnvironmentCounts } from '../counting/answers.ts'
import type { MetricCounts } from '../counting/metric-counts.ts'
import type { OverlapCounting } from '../counting/overlap-counts.ts'
import type { SegmentCounting } from '../counting/segment-counts.ts'
import type { OperationMinutes } from '../counting/operation-minutes.ts'
import type { RunEvent } from '../run-event.ts'

export interface JobContext {
  readonly api: AdminApi
  readonly counts: EnvironmentCounts
  /** Of goals that are not about conversions. */
  readonly metrics: MetricCounts
  /** Of users whom two experiments count. */
  readonly overlaps: OverlapCounting
  /** By what exposures say of users. */
  readonly segments: SegmentCounting
  /** Of operations. */
  readonly minutes: OperationMinutes
  /** Epoch milliseconds. */
  readonly now: number
  readonly onEvent: (event: RunEvent) => void
}
