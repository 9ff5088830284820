// The conversion model in Stan, as an engine: turns counts into Stan's data, runs the chains, and summarises
// the draws.
import type { SamplerReport } from '../../core/model/engine-report.ts'
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import type { Engine, FitInput } from '../statistics/fit.ts'
import { examineChains, modelColumns, summariseDraws } from '../statistics/summarise-draws.ts'
import { defaultSampler, type SamplerSettings } from './cmdstan.ts'
import { drawModel, type ModelDraws, stepColumns, vectorColumns } from './draw-model.ts'
import { hostSummary } from './host.ts'

export const modelName = 'conversion'

export interface StanExecutable {
  readonly kind: 'cmdstan' | 'stan-native'
  readonly path: string
  readonly modelSha256: string
}

export type ConversionDraws = ModelDraws

export const stanEngine = (
  executable: StanExecutable,
  settings: SamplerSettings = defaultSampler,
): Engine => ({
  async fit(input) {
    const drawn = await drawConversion(executable.path, input, settings)
    if (!drawn.ok) return drawn
    const rates = vectorColumns('p', input.variations.length)
    const figures = examineChains(drawn.value.chains, rates, settings.maxTreedepth)
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
  return drawModel({
    executable,
    model: modelName,
    data: toStanData(input),
    names,
    seed: input.seed,
    settings,
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
  ...stepColumns,
  ...modelColumns.flatMap((name) => vectorColumns(name, variations)),
]
