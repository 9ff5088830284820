// The hurdle model of skewed values: who pays, and how much. Sufficient statistics in, draws out.
import type { Result } from '../../core/model/problem.ts'
import type { BetaPrior } from '../../core/statistics/prior.ts'
import { defaultSampler, type SamplerSettings } from './cmdstan.ts'
import { drawModel, type ModelDraws, stepColumns, vectorColumns } from './draw-model.ts'

export const hurdleModel = 'hurdle'

export interface PayingArm {
  readonly users: number
  /** With a value above 0. */
  readonly payers: number
  /** Of the natural logarithms of their values; 0 if nobody pays. */
  readonly meanLog: number
  /** The sum of the squared differences from it. */
  readonly squaresLog: number
}

export interface HurdleInput {
  readonly arms: readonly PayingArm[]
  /** Index of the baseline. */
  readonly baseline: number
  /** Of the share who pay. */
  readonly prior: BetaPrior
  /** What the logarithm of a value may be, give or take 2. */
  readonly location: number
  readonly seed: number
}

export const hurdleParameters = (arms: number) => [
  ...vectorColumns('p', arms),
  ...vectorColumns('mu', arms),
  'sigma',
  ...vectorColumns('log_value', arms),
]
const others = ['is_best', 'beats_baseline', 'uplift', 'as_spread']

export const drawHurdle = (
  executable: string,
  { arms, baseline, prior, location, seed }: HurdleInput,
  settings: SamplerSettings = defaultSampler,
): Promise<Result<ModelDraws>> =>
  drawModel({
    executable,
    model: hurdleModel,
    data: {
      K: arms.length,
      n: arms.map(({ users }) => users),
      m: arms.map(({ payers }) => payers),
      mean_log: arms.map(({ meanLog }) => meanLog),
      ss_log: arms.map(({ squaresLog }) => squaresLog),
      baseline: baseline + 1,
      prior_alpha: prior.alpha,
      prior_beta: prior.beta,
      prior_location: location,
    },
    names: [
      ...stepColumns,
      ...hurdleParameters(arms.length),
      ...others.flatMap((name) => vectorColumns(name, arms.length)),
    ],
    seed,
    settings,
  })
