// The conversion model in Stan, as an engine: turns counts into Stan's data, runs the chains, and summarises
// the draws.
import type { SamplerReport } from '../../core/model/experiment-result.ts'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import type { Engine, FitInput } from '../statistics/fit.ts'
import {
  examineChains,
  modelColumns,
  summariseDraws,
  type ChainColumns,
} from '../statistics/summarise-draws.ts'
import { defaultSampler, sample, type SamplerSettings } from './cmdstan.ts'
import { hostSummary } from './host.ts'

export const modelName = 'conversion'

export interface StanExecutable {
  readonly kind: 'cmdstan' | 'stan-native'
  readonly path: string
  readonly modelSha256: string
}

export interface ConversionDraws {
  readonly chains: readonly ChainColumns[]
  readonly stanVersion: string
}

export const stanEngine = (
  executable: StanExecutable,
  settings: SamplerSettings = defaultSampler,
): Engine => ({
  async fit(input) {
    const drawn = await drawConversion(executable.path, input, settings)
    if (!drawn.ok) return drawn
    const figures = examineChains(drawn.value.chains, input.variations.length, settings.maxTreedepth)
    const variations = summariseDraws(drawn.value.chains, input)
    if (![figures.rhatMax, figures.essBulkMin, figures.essTailMin].every(Number.isFinite)) {
      return refuse('UNAVAILABLE', 'Stan failed: a chain never moved, so its draws are useless.')
    }
    const report: SamplerReport = {
      stanVersion: drawn.value.stanVersion,
      model: modelName,
      modelSha256: executable.modelSha256,
      seed: input.seed,
      chains: settings.chains,
      warmup: settings.warmup,
      draws: settings.draws,
      ...figures,
      host: await hostSummary(),
    }
    return ok({ engine: { kind: executable.kind, ...report }, variations })
  },
})

export async function drawConversion(
  executable: string,
  input: FitInput,
  settings: SamplerSettings = defaultSampler,
): Promise<Result<ConversionDraws>> {
  const names = columnNames(input.variations.length)
  const wanted = new Set(names)
  const run = {
    executable,
    data: toStanData(input),
    seed: input.seed,
    settings,
    wanted: (name: string) => wanted.has(name),
  }
  const outputs = await sample(run)
  if (!outputs.ok) return outputs
  const missing = names.find((name) => outputs.value.some(({ columns }) => !columns.has(name)))
  if (missing)
    return refuse('UNAVAILABLE', `${executable} is not our conversion model: its output has no ${missing}.`)
  const odd = names.find((name) =>
    outputs.value.some(({ columns }) => columns.get(name)!.some((value) => !Number.isFinite(value))),
  )
  if (odd) return refuse('UNAVAILABLE', `Stan failed: a draw of ${odd} is no finite number.`)
  return ok({
    chains: outputs.value.map(({ columns }) => columns),
    stanVersion: outputs.value[0]!.stanVersion,
  })
}

const toStanData = ({ variations, baselineVariationId, prior }: FitInput) => ({
  K: variations.length,
  n: variations.map(({ users }) => users),
  x: variations.map(({ conversions }) => conversions),
  baseline: 1 + variations.findIndex(({ variationId }) => variationId === baselineVariationId),
  prior_alpha: prior.alpha,
  prior_beta: prior.beta,
})

const columnNames = (variations: number): string[] => [
  'lp__',
  'treedepth__',
  'divergent__',
  ...modelColumns.flatMap((name) => Array.from({ length: variations }, (_, k) => `${name}.${k + 1}`)),
]
