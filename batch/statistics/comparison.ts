// What comparisons are made of: the counts of the arms, the rule, and what a way of deciding says of an arm.
import type { Comparison, Decision, HorizonState } from '../../core/model/experiment-result.ts'
import type { Effect } from './effect.ts'
import type { Counts } from './fit.ts'
import type { Interval, Tuning } from './inference.ts'

export type Direction = 'increase' | 'decrease'

export interface ArmCounts extends Counts {
  readonly expectedWeight: number
}

export interface CompareInput {
  readonly counts: readonly ArmCounts[]
  readonly baselineVariationId: string
  readonly decision: Decision
  readonly direction: Direction
  /** Relative differences up to this are no difference in practice. */
  readonly equivalence: number
  /** Epoch milliseconds: what was counted. */
  readonly window: { readonly from: number; readonly to: number }
  /** The arms that a correction over several goals lets be named; undefined if there is none. */
  readonly discovered?: ReadonlySet<string> | undefined
  /** Of the last look, if there was one. */
  readonly before?: { readonly decision: Decision; readonly comparisons: readonly Comparison[] } | undefined
}

/** An arm that can be read, with what an engine of decisions said of it. */
export interface Measured {
  readonly counts: ArmCounts
  readonly effect: Effect
  /** Log odds ratios: the interval that decides, and the one at a tenth of the level. */
  readonly interval: Interval
  readonly cautious: Interval | undefined
  /** An e-value's natural logarithm. */
  readonly evidence: number
  readonly tuning: Tuning
  /** Instead of those derived from the log odds ratio. */
  readonly difference?: Interval | undefined
  readonly horizon?: HorizonState
}

/** The arms that are named, and which way they differ. */
export type Named = ReadonlyMap<string, 'higher' | 'lower'>
