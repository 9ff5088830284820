// The port of the engines that compute a posterior from counts: Stan or the closed form.
import type { EngineReport } from '../../core/model/engine-report.ts'
import type { Prior, VariationPosterior } from '../../core/model/experiment-result.ts'
import type { Result } from '../../core/model/problem.ts'
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

export interface Engine {
  fit(input: FitInput): Promise<Result<Fit>>
  /**
   * Absent: segments are drawn towards each other in closed form. INVALID: of these counts, nothing else is
   * amiss with the model.
   */
  readonly pool?: (input: PoolInput) => Promise<Result<Pooled>>
}

/** What a result says of its method where another engine stood in. */
export const becauseStanFailed = ', because Stan failed'
export const becauseUnconverged = ', because the chains of Stan did not converge'
/** Fewer say next to nothing of a spread between segments, and chains seldom converge. */
export const pooledSegmentsMin = 3
export const becauseFewSegments = `, because there are fewer than ${pooledSegmentsMin} segments`
