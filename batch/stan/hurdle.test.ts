// Values per user in real Stan, as an engine: against the posterior by quadrature, and what its checks say
// where values are not as the model has them. Skipped if Stan is not built; with TACKLINE_STAN=required that
// is a failure.
import { beforeAll, describe, expect, it } from 'vitest'
import { MetricReport, VariationValue } from '../../core/model/metric-report.ts'
import { quantileOfNormal } from '../../core/statistics/normal.ts'
import { randomFrom } from '../../test/simulate/random.ts'
import type { Engine, PayingArm, ValueFit, ValueInput } from '../statistics/fit.ts'
import { misfitProbability } from '../statistics/value-model.ts'
import { findNative, pickEngine } from './engine.ts'
import { payers } from './reference/models.ts'

const found = await findNative(process.env, 'hurdle')
const skipped = !found.ok && process.env['TACKLINE_STAN'] !== 'required'
const why = found.ok ? '' : ` (${found.problem.message})`

const input: ValueInput = {
  ...payers,
  arms: payers.arms.map((arm, k) => ({ ...arm, variationId: 'abc'[k]!, meanValue: 60, meanError: 10 })),
  baselineVariationId: 'a',
  direction: 'increase',
}

/**
 * E[mean value per user] of each arm: given sigma, mu is normal in closed form; sigma by the midpoint rule.
 */
const meansByQuadrature = ({ arms, prior, location, cap }: ValueInput): number[] =>
  arms.map(({ users, payers: paying, meanLog, squaresLog }) => {
    const sigmas = Array.from({ length: 4_000 }, (_, i) => ((i + 0.5) / 4_000) * 5)
    const logWeights = sigmas.map((sigma) => {
      const spread = 4 + sigma ** 2 / paying
      return (
        -(sigma ** 2) / (2 * 1.5 ** 2) -
        (paying - 1) * Math.log(sigma) -
        squaresLog / (2 * sigma ** 2) -
        Math.log(spread) / 2 -
        (meanLog - location) ** 2 / (2 * spread)
      )
    })
    const most = Math.max(...logWeights)
    const weights = logWeights.map((weight) => Math.exp(weight - most))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const shares = Array.from({ length: 400 }, (_, i) => quantileOfNormal((i + 0.5) / 400))
    const values = sigmas.map((sigma, i) => {
      if (weights[i]! < 1e-12) return 0
      const precision = 1 / 4 + paying / sigma ** 2
      const centre = (location / 4 + (paying * meanLog) / sigma ** 2) / precision
      const variance = 1 / precision
      if (cap === undefined) return weights[i]! * Math.exp(centre + variance / 2 + sigma ** 2 / 2)
      const spread = Math.sqrt(variance + sigma ** 2)
      const capped = shares.reduce((sum, z) => sum + Math.min(cap, Math.exp(centre + spread * z)), 0)
      return (weights[i]! * capped) / shares.length
    })
    const rate = (prior.alpha + paying) / (prior.alpha + prior.beta + users)
    return (rate * values.reduce((sum, value) => sum + value, 0)) / total
  })

describe.skipIf(skipped)(`the hurdle model${why}`, () => {
  let ask: NonNullable<Engine['values']>
  beforeAll(async () => {
    const picked = await pickEngine('stan-native', process.env)
    if (!picked.ok || !picked.value.engine.values) throw new Error('Stan is not built')
    ask = picked.value.engine.values
  })
  async function fitOf(asked: ValueInput): Promise<ValueFit> {
    const fit = await ask(asked)
    if (!fit.ok) throw new Error(fit.problem.message)
    return fit.value
  }

  it.each([undefined, 100])('has the means that quadrature gives, with a cap of %s', async (cap) => {
    const { variations, engine } = await fitOf({ ...input, cap })
    const wanted = meansByQuadrature({ ...input, cap })
    expect(engine).toMatchObject({ kind: 'stan-native', model: 'hurdle', divergences: 0 })
    for (const [k, { posterior }] of variations.entries()) {
      // Ten thousand draws, more than a thousand independent: an error of three percent of the deviation.
      expect([k, Math.abs(posterior.mean - wanted[k]!) < 0.15 * posterior.sd]).toEqual([k, true])
      expect(posterior.q025).toBeLessThan(posterior.median)
      expect(posterior.median).toBeLessThan(posterior.q975)
    }
  })

  it('compares each variation with the baseline, and says how each stands, in either direction', async () => {
    const [up, down] = [await fitOf(input), await fitOf({ ...input, direction: 'decrease' })]
    expect(up.variations[0]).toMatchObject({ difference: null, uplift: null, probabilityBeatsBaseline: 0 })
    const total = (fit: ValueFit) => fit.variations.reduce((sum, one) => sum + one.probabilityBest, 0)
    expect([total(up), total(down)].map((sum) => Math.abs(sum - 1) < 1e-9)).toEqual([true, true])
    const [a, b] = up.variations
    expect(b!.difference!.mean).toBeCloseTo(b!.posterior.mean - a!.posterior.mean, 9)
    expect(b!.probabilityBeatsBaseline + down.variations[1]!.probabilityBeatsBaseline).toBeCloseTo(1, 9)
    expect(b!.posterior).toEqual(down.variations[1]!.posterior)
  })

  it('gives equal figures for equal input, which fit into a result', async () => {
    const fit = await fitOf(input)
    expect(await fitOf(input)).toEqual(fit)
    const { posterior, difference } = fit.variations[1]!
    const sums = { units: 1, meanY: 0, yy: 0 }
    const value = { observed: 1, posterior, difference, sums }
    expect(VariationValue.parse(value)).toEqual(value)
    expect(MetricReport.shape.model.parse(fit.model)).toEqual(fit.model)
    expect(fit.model.prior).toMatchObject({ share: input.prior, logValue: { location: 3, sd: 2 } })
  })

  const armOf = (values: readonly number[], variationId: string): PayingArm => {
    const logs = values.map(Math.log)
    const meanLog = logs.reduce((sum, log) => sum + log, 0) / logs.length
    const meanValue = values.reduce((sum, value) => sum + value, 0) / values.length
    return {
      variationId,
      users: 10 * values.length,
      payers: values.length,
      meanLog,
      squaresLog: logs.reduce((sum, log) => sum + (log - meanLog) ** 2, 0),
      meanValue,
      meanError: Math.sqrt(
        values.reduce((sum, value) => sum + (value - meanValue) ** 2, 0) /
          (values.length - 1) /
          values.length,
      ),
    }
  }
  const most = ({ model }: ValueFit) =>
    Math.min(...model.checks.map(({ probability }) => Math.min(probability, 1 - probability)))

  it('finds log-normal values as it has them, and others not', async () => {
    const random = randomFrom(5)
    const many = (valueOf: () => number) =>
      ['a', 'b'].map((id) => armOf(Array.from({ length: 2_000 }, valueOf), id))
    const asked = (arms: readonly PayingArm[]) => fitOf({ ...input, arms })
    const logNormal = await asked(many(() => Math.exp(2 + random.normal())))
    expect(most(logNormal)).toBeGreaterThan(misfitProbability)
    // Two prices, a thousandfold apart: their logarithms promise a mean far above the one that is seen.
    const twoPrices = await asked(many(() => (random.uniform() < 0.5 ? 0.1 : 100)))
    expect(most(twoPrices)).toBeLessThan(misfitProbability)
  })

  it('names no best variation where means are equal and spreads are not', async () => {
    const random = randomFrom(11)
    const spreads = [1.2, 1.3]
    const truth = Math.exp(3) / 10
    let [extreme, missed, results] = [0, 0, 0]
    for (let world = 0; world < 12; world++) {
      const arms = spreads.map((spread, k) =>
        armOf(
          Array.from({ length: 1_000 }, () => Math.exp(3 - spread ** 2 / 2 + spread * random.normal())),
          'ab'[k]!,
        ),
      )
      const fit = await fitOf({ ...input, arms, seed: world })
      if (most(fit) < misfitProbability) continue
      results++
      const best = fit.variations[1]!.probabilityBest
      if (Math.min(best, 1 - best) < 0.025) extreme++
      missed += fit.variations.filter(({ posterior: { q025, q975 } }) => truth < q025 || truth > q975).length
    }
    // One in twenty is expected of each. With one spread for both arms, it was half of all, and a sixth.
    expect(results).toBeGreaterThan(9)
    expect(extreme).toBeLessThan(3)
    expect(missed).toBeLessThan(4)
  })

  it.each([
    ['two prices, a cent apart', 49.99, 50, 0.5],
    ['nearly one price', 9.99, 9.98, 0.01],
    ['one value that is another', 10, 10.01, 0.001],
  ])('tells the mean of %s', async (_, price, other, share) => {
    const values = Array.from({ length: 1_000 }, (__, i) => (i < 1_000 * share ? other : price))
    const arms = ['a', 'b', 'c'].map((id) => armOf(values, id))
    const { variations } = await fitOf({ ...input, arms, location: Math.log(price) })
    const mean = values.reduce((sum, value) => sum + value, 0) / (10 * values.length)
    for (const { posterior, probabilityBest } of variations) {
      expect(Math.abs(posterior.mean - mean)).toBeLessThan(0.1 * posterior.sd)
      // Nothing but the share who pay is uncertain.
      expect(posterior.sd / mean).toBeCloseTo(Math.sqrt(0.9 / 1_000), 2)
      expect(probabilityBest).toBeCloseTo(1 / 3, 1)
    }
  })
})
