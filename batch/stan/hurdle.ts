// The hurdle model of skewed values: who pays, and how much. Sufficient statistics in, draws out, and what
// results say of them.
import type { ValueModel } from '../../core/model/metric-report.ts'
import { normalCumulative } from '../../core/statistics/normal.ts'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import {
  type Engine,
  type PayingArm,
  unconverged,
  type ValueFit,
  type ValueInput,
} from '../statistics/fit.ts'
import { mean, quantileOf, variance } from '../statistics/diagnostics.ts'
import { hasConverged } from '../statistics/health.ts'
import { examineChains, standingsOfDraws, vectorOf } from '../statistics/summarise-draws.ts'
import { defaultSampler, type SamplerSettings } from './cmdstan.ts'
import type { StanExecutable } from './conversion.ts'
import { drawModel, type ModelDraws, stepColumns, vectorColumns } from './draw-model.ts'
import { hostSummary } from './host.ts'

export const hurdleModel = 'hurdle'

/** As in hurdle.stan. */
const logValueSd = 2
const spreadSd = 1.5
const spreadMax = 5

export interface HurdleInput extends Omit<ValueInput, 'arms' | 'direction' | 'baselineVariationId'> {
  readonly arms: readonly Pick<PayingArm, 'users' | 'payers' | 'meanLog' | 'squaresLog'>[]
}

export const hurdleParameters = (arms: number) => [
  ...vectorColumns('p', arms),
  ...vectorColumns('mu', arms),
  ...vectorColumns('sigma', arms),
  ...vectorColumns('log_value', arms),
]

export const drawHurdle = (
  executable: string,
  { arms, prior, location, cap, seed }: HurdleInput,
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
      cap: cap ?? 0,
      prior_alpha: prior.alpha,
      prior_beta: prior.beta,
      prior_location: location,
    },
    names: [...stepColumns, ...hurdleParameters(arms.length)],
    seed,
    settings,
  })

export const valuesInStan =
  (executable: StanExecutable, settings: SamplerSettings = defaultSampler): NonNullable<Engine['values']> =>
  async (input) => {
    const drawn = await drawHurdle(executable.path, input, settings)
    if (!drawn.ok) return refuse(drawn.problem.code, drawn.problem.message.replace(/\.$/, ''))
    const { chains, stanVersion } = drawn.value
    const figures = examineChains(chains, hurdleParameters(input.arms.length), settings.maxTreedepth)
    // Of these values, not of the model: the next ones are tried.
    if (!hasConverged(figures)) return refuse('INVALID', unconverged)
    const { kind, modelSha256 } = executable
    const { chains: of, warmup, draws } = settings
    const sampler = { model: hurdleModel, modelSha256, seed: input.seed, chains: of, warmup, draws }
    const variations = summarise(
      vectorOf(chains, 'log_value', input.arms.length).map((column) => column.map(Math.exp)),
      input,
    )
    if (!variations.flatMap(figuresOf).every(Number.isFinite))
      return refuse('INVALID', 'the mean of the model is no finite number')
    return ok({
      engine: { kind, stanVersion, ...sampler, ...figures, host: await hostSummary() },
      model: modelOf(input, chains),
      variations,
    })
  }

function summarise(
  values: readonly (readonly number[])[],
  { arms, baselineVariationId, direction }: ValueInput,
): ValueFit['variations'] {
  const baseline = arms.findIndex(({ variationId }) => variationId === baselineVariationId)
  const standings = standingsOfDraws(values, baseline, direction)
  return arms.map(({ variationId }, k) => {
    const against = (other: (value: number, base: number) => number) =>
      k === baseline ? null : intervalOf(values[k]!.map((value, i) => other(value, values[baseline]![i]!)))
    return {
      variationId,
      posterior: { ...intervalOf(values[k]!), ...shapeOf(values[k]!) },
      difference: against((value, base) => value - base),
      uplift: against((value, base) => value / base - 1),
      ...standings[k]!,
    }
  })
}

const sorted = (draws: readonly number[]) => Float64Array.from(draws).sort()

function intervalOf(draws: readonly number[]) {
  const ordered = sorted(draws)
  return { mean: mean(ordered), q025: quantileOf(ordered, 0.025), q975: quantileOf(ordered, 0.975) }
}

function shapeOf(draws: readonly number[]) {
  const ordered = sorted(draws)
  return { sd: Math.sqrt(variance(ordered)), median: quantileOf(ordered, 0.5) }
}

const figuresOf = ({ posterior, difference, uplift, expectedLoss }: ValueFit['variations'][number]) => [
  ...Object.values(posterior),
  ...Object.values(difference ?? {}),
  ...Object.values(uplift ?? {}),
  expectedLoss,
]

const modelOf = ({ arms, prior, location }: ValueInput, chains: ModelDraws['chains']): ValueModel => ({
  prior: {
    share: prior,
    logValue: { location, sd: logValueSd, spreadSd, spreadMax },
  },
  checks: chancesOfMeans(arms, chains).map((probability, k) => ({
    name: 'mean' as const,
    variationId: arms[k]!.variationId,
    probability,
  })),
})

/**
 * That a mean value of those who pay, drawn around the model's with the standard error that was seen, would
 * be as high as the one that was seen. With the model's own error, which grows with the tail that it
 * supposes, hardly any values would speak against it.
 */
function chancesOfMeans(arms: ValueInput['arms'], chains: ModelDraws['chains']): number[] {
  const shares = vectorOf(chains, 'p', arms.length)
  return vectorOf(chains, 'log_value', arms.length).map((values, k) => {
    const { meanValue, meanError } = arms[k]!
    const chances = values.map((value, i) =>
      normalCumulative((Math.exp(value) / shares[k]![i]! - meanValue) / meanError),
    )
    return Math.min(1, mean(sorted(chances)))
  })
}
