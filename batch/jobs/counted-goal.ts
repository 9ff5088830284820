// What a run counted of one goal of an experiment.
import type { SegmentCounts } from '../../core/model/breakdown.ts'
import type { OverlapCounts } from '../../core/model/interaction.ts'
import type { Trust } from '../../core/model/experiment-result.ts'
import type { VariationCounts } from '../statistics/conclude.ts'
import type { Rule } from '../statistics/design.ts'
import type { LakeDamage } from '../statistics/health.ts'
import type { MeasuredMetric } from '../statistics/measure-metric.ts'

export interface CountedGoal {
  readonly goalKey: string
  readonly event: string
  /** Undefined if it is about conversions. */
  readonly metric: MeasuredMetric | undefined
  /** All who were exposed, if a metric counts fewer. */
  readonly exposed: readonly VariationCounts[] | undefined
  readonly counts: readonly VariationCounts[]
  readonly usersInTwoVariations: number
  readonly damage: LakeDamage
  readonly trust: Trust
  /** By the attributes of the design; undefined if there are none, or if a metric counts fewer users. */
  readonly segments: readonly SegmentCounts[] | undefined
  /** Of all who were exposed, where their shares are not as promised. */
  readonly search: readonly SegmentCounts[] | undefined
  /** Of the primary goal: the users of other experiments among its own. */
  readonly overlaps: readonly OverlapCounts[] | undefined
  readonly rule: Rule
}
