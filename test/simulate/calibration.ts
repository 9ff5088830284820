// Simulation-based calibration of the Stan models (Talts and others 2018): parameters are drawn from the
// prior, data from the parameters, and the posterior of the data is asked where the parameters lie. Their
// ranks among the draws are uniform exactly if model and sampler are right.
import { drawHierarchical, hierarchicalModel, hierarchicalSampler } from '../../batch/stan/hierarchical.ts'
import { drawHurdle, hurdleModel } from '../../batch/stan/hurdle.ts'
import { defaultSampler, type SamplerSettings } from '../../batch/stan/cmdstan.ts'
import { drawConversion, modelName } from '../../batch/stan/conversion.ts'
import type { ModelDraws } from '../../batch/stan/draw-model.ts'
import { type EnvironmentVariables, findNative } from '../../batch/stan/engine.ts'
import type { Result } from '../../core/model/problem.ts'
import { quantileOfNormal } from '../../core/statistics/normal.ts'
import { type Random, randomFrom } from './random.ts'
import type { Table } from './table.ts'

/** Every tenth draw of one chain, so that those that are left are nearly independent. */
const thinning = 10
const kept = 99
const oneChain = (settings: SamplerSettings): SamplerSettings => ({
  ...settings,
  chains: 1,
  warmup: 500,
  draws: thinning * kept,
  timeoutMs: 120_000,
})

interface World {
  /** Columns of the model with what they really are. */
  readonly truth: Readonly<Record<string, number>>
  readonly draw: (executable: string, seed: number) => Promise<Result<ModelDraws>>
}

const gamma = (random: Random, shape: number): number =>
  // For whole shapes a sum of exponentials.
  Array.from({ length: shape }, () => -Math.log(random.uniform())).reduce((sum, each) => sum + each, 0)
const beta = (random: Random, a: number, b: number): number => {
  const [x, y] = [gamma(random, a), gamma(random, b)]
  return x / (x + y)
}
const fromLogOdds = (t: number) => 1 / (1 + Math.exp(-t))

/** The logarithm of the mean of log-normal values, each at most the cap. */
function logMean(mu: number, sigma: number, cap: number | undefined): number {
  if (cap === undefined) return mu + sigma ** 2 / 2
  const shares = Array.from({ length: 2_000 }, (_, i) => (i + 0.5) / 2_000)
  const values = shares.map((share) => Math.min(Math.exp(mu + sigma * quantileOfNormal(share)), cap))
  return Math.log(values.reduce((sum, value) => sum + value, 0) / values.length)
}

const prior = { alpha: 2, beta: 20 }
const models: Readonly<Record<string, (random: Random) => World>> = {
  [modelName](random) {
    const rates = [40, 400].map((users) => ({ users, p: beta(random, prior.alpha, prior.beta) }))
    const variations = rates.map(({ users, p }, k) => ({
      variationId: `v${k + 1}`,
      users,
      conversions: random.binomial(users, p),
    }))
    return {
      truth: Object.fromEntries(rates.map(({ p }, k) => [`p.${k + 1}`, p])),
      draw: (executable, seed) =>
        drawConversion(
          executable,
          { variations, baselineVariationId: 'v1', prior, seed },
          oneChain(defaultSampler),
        ),
    }
  },
  [hurdleModel](random) {
    const cap = random.uniform() < 0.5 ? undefined : 20
    const truths = [300, 500].map((users) => ({
      users,
      p: beta(random, prior.alpha, prior.beta),
      mu: 1 + 2 * random.normal(),
      // The prior ends at 5, beyond which are 9 of 10,000.
      sigma: Math.min(5, Math.abs(1.5 * random.normal())),
    }))
    const arms = truths.map(({ users, p, mu, sigma }) => {
      const payers = random.binomial(users, p)
      const logs = Array.from({ length: payers }, () => mu + sigma * random.normal())
      const meanLog = payers === 0 ? 0 : logs.reduce((sum, log) => sum + log, 0) / payers
      return {
        users,
        payers,
        meanLog,
        squaresLog: logs.reduce((sum, log) => sum + (log - meanLog) ** 2, 0),
      }
    })
    const each = truths.flatMap(({ p, mu, sigma }, k) => [
      [`p.${k + 1}`, p],
      [`mu.${k + 1}`, mu],
      [`sigma.${k + 1}`, sigma],
      [`log_value.${k + 1}`, Math.log(p) + logMean(mu, sigma, cap)],
    ])
    return {
      truth: Object.fromEntries(each),
      draw: (executable, seed) =>
        drawHurdle(executable, { arms, prior, location: 1, cap, seed }, oneChain(defaultSampler)),
    }
  },
  [hierarchicalModel](random) {
    const location = -2
    const effectMeans = [0, 1].map(() => 0.5 * random.normal())
    const effectSds = [0, 1].map(() => Math.abs(0.3 * random.normal()))
    const segments = [50, 100, 200, 400, 800, 1_600].map((users) => {
      const alpha = location + 1.5 * random.normal()
      const effects = effectMeans.map((middle, k) => middle + effectSds[k]! * random.normal())
      return { users, alpha, effects }
    })
    const users = segments.map((segment) => [segment.users, segment.users, segment.users])
    const conversions = segments.map(({ users: count, alpha, effects }) =>
      [0, ...effects].map((effect) => random.binomial(count, fromLogOdds(alpha + effect))),
    )
    return {
      truth: {
        'alpha.1': segments[0]!.alpha,
        'alpha.6': segments[5]!.alpha,
        'effect_mean.1': effectMeans[0]!,
        'effect_sd.1': effectSds[0]!,
        'effect.1.1': segments[0]!.effects[0]!,
        'effect.6.2': segments[5]!.effects[1]!,
      },
      draw: (executable, seed) =>
        drawHierarchical(executable, { users, conversions, location }, seed, oneChain(hierarchicalSampler)),
    }
  },
}

/** 99.9 % of uniform samples differ less (Kolmogorov and Smirnov). */
const differenceMax = (worlds: number) => 1.95 / Math.sqrt(worlds) + 1 / (2 * (kept + 1))

export interface Calibrated {
  readonly model: string
  readonly quantity: string
  readonly worlds: number
  /** The largest difference between the share of ranks and that of uniform ones. */
  readonly difference: number
  readonly differenceMax: number
}

/** Of each model, or of one. Throws if Stan is not built or fails. */
export async function calibrate(
  worlds: number,
  variables: EnvironmentVariables = process.env,
  only?: string,
): Promise<Calibrated[]> {
  const found: Calibrated[] = []
  for (const [model, worldOf] of Object.entries(models)) {
    if (only !== undefined && only !== model) continue
    const executable = await findNative(variables, model)
    if (!executable.ok) throw new Error(executable.problem.message)
    const random = randomFrom(1_409)
    const ranks = new Map<string, number[]>()
    for (let i = 0; i < worlds; i++) {
      const { truth, draw } = worldOf(random)
      const drawn = await draw(executable.value.path, 1 + i)
      if (!drawn.ok) throw new Error(`${model}: ${drawn.problem.message}`)
      const [chain] = drawn.value.chains
      for (const [quantity, value] of Object.entries(truth)) {
        const thinned = chain!.get(quantity)!.filter((_, k) => k % thinning === 0)
        const rank = thinned.filter((each) => each < value).length
        ranks.set(quantity, [...(ranks.get(quantity) ?? []), rank])
      }
    }
    for (const [quantity, own] of ranks)
      found.push({
        model,
        quantity,
        worlds,
        difference: differenceOf(own),
        differenceMax: differenceMax(worlds),
      })
  }
  return found
}

function differenceOf(ranks: readonly number[]): number {
  const sorted = ranks.toSorted((a, b) => a - b)
  return sorted.reduce((most, rank, i) => {
    const [below, upTo] = [rank / (kept + 1), (rank + 1) / (kept + 1)]
    return Math.max(most, (i + 1) / sorted.length - upTo, below - i / sorted.length)
  }, 0)
}

export async function calibration(worlds: number): Promise<Table> {
  const rows = (await calibrate(worlds)).map(({ model, quantity, difference, differenceMax: most }) => [
    model,
    quantity,
    String(worlds),
    difference.toFixed(3),
    most.toFixed(3),
  ])
  return {
    title: 'Simulation-based calibration',
    columns: ['model', 'quantity', 'worlds', 'largest difference from uniform ranks', '99.9 % are below'],
    rows,
  }
}
