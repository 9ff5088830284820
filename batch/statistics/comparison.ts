// What comparisons are made of: the counts of the arms, the rule, a pair of arms as its metric reads it, and
// what a way of deciding says of an arm.
import type { Comparison, Decision, HorizonState } from '../../core/model/experiment-result.ts'
import type { Effect, Measure, NoEffect } from './effect.ts'
import type { Counts, Direction } from './fit.ts'
import type { Score } from './fixed-horizon.ts'
import type { Interval, Tuning } from './inference.ts'

export interface ArmCounts extends Counts {
  readonly expectedWeight: number
  /** What is compared, if it is not the share of users who convert; or why there is nothing. */
  readonly measure?: Measure | NoEffect | undefined
}

/** Others have users by mistake only, whom health tells of. They are in no comparison. */
export const isServed = ({ expectedWeight }: { readonly expectedWeight: number }): boolean =>
  expectedWeight > 0

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
  /** Health is red: nothing is named, and nothing that is seen now stays. */
  readonly isRed?: boolean | undefined
  /** Of the last look, if there was one. */
  readonly before?:
    | {
        readonly decision: Decision
        readonly comparisons: readonly Comparison[]
        /** Its health was red. */
        readonly isRed?: boolean | undefined
      }
    | undefined
}

/** Two arms that can be read: all that decisions know of a metric. */
export interface Pair {
  readonly effect: Effect
  /** Without a plan, the standard deviation of effects to expect. */
  readonly expectedEffect: number
  /** A Brownian motion under no difference; undefined if there is no variance. */
  readonly score: Score | undefined
  /** Of score / information, as a difference. */
  readonly unit: number
  /** An interval of differences as one of effects, which excludes 0 together with it. */
  fromDifference(difference: Interval): Interval
  /** An interval of effects as one of differences. */
  toDifference(interval: Interval): Interval
  readonly difference: number
  /**
   * An interval of effects relative to the baseline; undefined if the baseline is too near to 0. `times`:
   * with so many times the users.
   */
  toRelative(interval: Interval, times?: number): Interval | undefined
  readonly relative: number | undefined
}

/** An arm that can be read, with what an engine of decisions said of it. */
export interface Measured {
  readonly counts: ArmCounts
  readonly pair: Pair
  /** Of effects: the interval that decides, and the one at a tenth of the level. */
  readonly interval: Interval
  readonly cautious: Interval | undefined
  /** An e-value's natural logarithm. */
  readonly evidence: number
  readonly tuning: Tuning
  /** Instead of those derived from the effect. */
  readonly difference?: Interval | undefined
  readonly horizon?: HorizonState
}

/** The arms that are named, and which way they differ. */
export type Named = ReadonlyMap<string, 'higher' | 'lower'>
