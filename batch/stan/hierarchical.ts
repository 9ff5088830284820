// The hierarchical model of conversions by segments: counts in, draws of each effect out.
import type { Result } from '../../core/model/problem.ts'
import type { SamplerSettings } from './cmdstan.ts'
import { drawModel, matrixColumns, type ModelDraws, stepColumns, vectorColumns } from './draw-model.ts'

export const hierarchicalModel = 'hierarchical'

/** Users and conversions by segment, then variation, the baseline first. */
export interface SegmentTable {
  readonly users: readonly (readonly number[])[]
  readonly conversions: readonly (readonly number[])[]
  /** What the baseline's log odds may be, give or take 1.5. */
  readonly location: number
}

/** A small step, because where effects hardly differ the posterior is narrow at its edge. */
export const hierarchicalSampler: SamplerSettings = {
  chains: 4,
  warmup: 500,
  draws: 500,
  delta: 0.99,
  maxTreedepth: 10,
  timeoutMs: 30_000,
}

export const parametersOf = ({ users }: SegmentTable) => {
  const arms = users[0]!.length - 1
  return [
    'alpha_mean',
    'alpha_sd',
    ...vectorColumns('effect_mean', arms),
    ...vectorColumns('effect_sd', arms),
    ...matrixColumns('effect', users.length, arms),
  ]
}

export const drawHierarchical = (
  executable: string,
  table: SegmentTable,
  seed: number,
  settings: SamplerSettings = hierarchicalSampler,
): Promise<Result<ModelDraws>> =>
  drawModel({
    executable,
    model: hierarchicalModel,
    data: toStanData(table),
    names: [...stepColumns, ...parametersOf(table), 'as_far'],
    seed,
    settings,
  })

const toStanData = ({ users, conversions, location }: SegmentTable) => ({
  S: users.length,
  K: users[0]!.length,
  n: users,
  x: conversions,
  prior_location: location,
})
