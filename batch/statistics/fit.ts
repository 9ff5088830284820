// The port of the engines that compute a posterior from counts: Stan or the closed form.
import type { EngineReport, Prior, VariationPosterior } from '../../core/model/experiment-result.ts'
import type { Result } from '../../core/model/problem.ts'

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

export interface Engine {
  fit(input: FitInput): Promise<Result<Fit>>
}
