// The port of the engines that compute a posterior from counts: Stan or the closed form.
import type { EngineReport } from '../../core/model/engine-report.ts'
import type { Prior, UpliftSummary, VariationPosterior } from '../../core/model/experiment-result.ts'
import type { DifferenceSummary, ValueModel, VariationValue } from '../../core/model/metric-report.ts'
import type { Result } from '../../core/model/problem.ts'
import type { BetaPrior } from '../../core/statistics/prior.ts'
import type { PooledEffects } from './partial-pooling.ts'

/** Which way is better. */
export type Direction = 'increase' | 'decrease'

export interface Counts {
  readonly variationId: string
  readonly users: number
  readonly conversions: number
}

/** Valid: at least one variation, the baseline among them, and no more conversions than users. */
export interface FitInput {
  readonly variations: readonly Counts[]
  readonly baselineVariationId: string
  readonly prior: Prior
  /** Best is the highest rate, or with `decrease` the lowest. Default: the highest. */
  readonly direction?: Direction
  readonly seed: number
}

export interface Fit {
  readonly engine: EngineReport
  /** One for each variation of the input, in the same order. */
  readonly variations: readonly VariationPosterior[]
}

/** Conversions by segments, of one attribute. */
export interface PoolInput {
  readonly attribute: string
  /** By segment, then variation, the baseline first: at least two. Nobody may be in a cell. */
  readonly users: readonly (readonly number[])[]
  readonly conversions: readonly (readonly number[])[]
  readonly seed: number
}

export interface Pooled {
  readonly engine: EngineReport
  /** Log odds ratios: one for each variation but the baseline, with an effect for each segment. */
  readonly arms: readonly PooledEffects[]
}

/** What users of one variation came to, of whom few have a value. */
export interface PayingArm {
  readonly variationId: string
  readonly users: number
  /** With a value above 0. */
  readonly payers: number
  /** Of the natural logarithms of their values, without a cap; 0 if nobody pays. */
  readonly meanLog: number
  /** The sum of the squared differences from it. */
  readonly squaresLog: number
  /** Of the values of those who pay, each at most the cap; and its standard error. */
  readonly meanValue: number
  readonly meanError: number
}

/** Values per user. No value is below 0, and there are payers. */
export interface ValueInput {
  readonly arms: readonly PayingArm[]
  readonly baselineVariationId: string
  /** Of the share who pay. */
  readonly prior: BetaPrior
  /** What the logarithm of a value may be. */
  readonly location: number
  /** What is asked for is the mean of values of at most the cap; undefined: of all. */
  readonly cap: number | undefined
  readonly direction: Direction
  readonly seed: number
}

/** Of the mean value per user, in the unit of values; `expectedLoss` too. */
export interface ValuePosterior {
  readonly variationId: string
  readonly posterior: NonNullable<VariationValue['posterior']>
  /** From the baseline's mean: absolute, and relative to it. Null for the baseline. */
  readonly difference: DifferenceSummary | null
  readonly uplift: UpliftSummary | null
  readonly probabilityBest: number
  readonly probabilityBeatsBaseline: number
  readonly expectedLoss: number
}

export interface ValueFit {
  readonly engine: EngineReport
  readonly model: ValueModel
  /** One for each arm, in the same order. */
  readonly variations: readonly ValuePosterior[]
}

export interface Engine {
  fit(input: FitInput): Promise<Result<Fit>>
  /**
   * Absent: segments are drawn towards each other in closed form. INVALID: of these counts, nothing else is
   * amiss with the model.
   */
  readonly pool?: (input: PoolInput) => Promise<Result<Pooled>>
  /**
   * Absent: means are normal, in closed form. INVALID: of these values, nothing is amiss with the model, and
   * the message says why as the end of a sentence, without its full stop.
   */
  readonly values?: (input: ValueInput) => Promise<Result<ValueFit>>
}

/** What a result says of its method where another engine stood in. */
export const because = ', because '
export const unconverged = 'the chains of Stan did not converge'
export const stanFailed = 'Stan failed'
export const becauseStanFailed = `${because}${stanFailed}`
export const becauseUnconverged = `${because}${unconverged}`
/** Fewer say next to nothing of a spread between segments, and chains seldom converge. */
export const pooledSegmentsMin = 3
export const becauseFewSegments = `${because}there are fewer than ${pooledSegmentsMin} segments`
