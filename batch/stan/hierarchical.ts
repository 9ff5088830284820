// The hierarchical model of conversions by segments: counts in, draws of each effect out, and what results
// say of them.
import { ok, refuse, type Result } from '../../core/model/problem.ts'
import type { Pooled, PoolInput } from '../statistics/fit.ts'
import { logit } from '../statistics/conversion-pair.ts'
import { mean, quantileOf, sortedDraws } from '../statistics/diagnostics.ts'
import { hasConverged } from '../statistics/health.ts'
import { type ChainColumns, examineChains } from '../statistics/summarise-draws.ts'
import type { StanExecutable } from './conversion.ts'
import { hostSummary } from './host.ts'
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

/**
 * 3,000 draws are worth more than 1,000 independent ones: their error is at most 3 % of a posterior's
 * deviation. A smaller step than usual, because where effects hardly differ the posterior is narrow at its
 * edge.
 */
export const hierarchicalSampler: SamplerSettings = {
  chains: 4,
  warmup: 500,
  draws: 750,
  delta: 0.95,
  maxTreedepth: 10,
  timeoutMs: 60_000,
}

export const parametersOf = ({ users }: SegmentTable) => {
  const arms = users[0]!.length - 1
  return [
    ...vectorColumns('alpha', users.length),
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

export const poolInStan =
  (executable: StanExecutable, settings: SamplerSettings = hierarchicalSampler) =>
  async ({ users, conversions, seed }: PoolInput): Promise<Result<Pooled>> => {
    const table = { users, conversions, location: locationOf(users, conversions) }
    const drawn = await drawHierarchical(executable.path, table, seed, settings)
    if (!drawn.ok) return drawn
    const { chains, stanVersion } = drawn.value
    const figures = examineChains(chains, parametersOf(table), settings.maxTreedepth)
    // Of these counts, not of the model: the next ones are tried.
    if (!hasConverged(figures))
      return refuse('INVALID', 'The chains of the hierarchical model did not converge.')
    const { kind, modelSha256 } = executable
    const { chains: of, warmup, draws } = settings
    const host = await hostSummary()
    const sampler = { model: hierarchicalModel, modelSha256, seed, chains: of, warmup, draws }
    return ok({
      engine: { kind, stanVersion, ...sampler, ...figures, host },
      arms: users[0]!.slice(1).map((_, k) => ({
        effects: users.map((__, s) => summarised(chains, `effect.${s + 1}.${k + 1}`)),
        spread: spreadOf(chains, `effect_sd.${k + 1}`),
      })),
    })
  }

/** The log odds of the baseline in all segments, with half a conversion on each side. */
function locationOf(users: PoolInput['users'], conversions: PoolInput['conversions']): number {
  const ofBaseline = (rows: PoolInput['users']) => rows.reduce((sum, row) => sum + row[0]!, 0)
  return logit((ofBaseline(conversions) + 0.5) / (ofBaseline(users) + 1))
}

const drawsOf = (chains: readonly ChainColumns[], name: string) =>
  sortedDraws(chains.map((chain) => chain.get(name)!))

function summarised(chains: readonly ChainColumns[], name: string) {
  const draws = drawsOf(chains, name)
  return { mean: mean(draws), low: quantileOf(draws, 0.025), high: quantileOf(draws, 0.975) }
}

function spreadOf(chains: readonly ChainColumns[], name: string) {
  const draws = drawsOf(chains, name)
  return { median: quantileOf(draws, 0.5), q95: quantileOf(draws, 0.95) }
}
