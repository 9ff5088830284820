// Real Stan against the closed form, the committed reference and itself. Skipped if Stan is not built, with
// the reason in the title; with TACKLINE_STAN=required that is a failure.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { EngineReport } from '../../core/model/engine-report.ts'
import { conclude, type Evidence } from '../statistics/conclude.ts'
import { exactPosteriors } from '../statistics/exact.ts'
import { healthOf, noDamage } from '../statistics/health.ts'
import { sampleRatio } from '../statistics/sample-ratio.ts'
import type { Fit } from '../statistics/fit.ts'
import { defaultSampler } from './cmdstan.ts'
import { drawConversion, stanEngine, type ConversionDraws } from './conversion.ts'
import { findNative, pickEngine } from './engine.ts'
import { cases } from './reference/cases.ts'
import { stanMeans, type StanMean } from './reference/record.ts'

const found = await findNative(process.env)
const skipped = !found.ok && process.env.TACKLINE_STAN !== 'required'
const why = found.ok ? '' : ` (${found.problem.message})`
const executable = () => {
  if (!found.ok) throw new Error(found.problem.message)
  return found.value
}

interface Recorded {
  readonly exact: Fit['variations']
  readonly stan: Record<string, StanMean>
}
const reference = JSON.parse(
  await readFile(path.join(import.meta.dirname, 'reference', 'conversion.json'), 'utf8'),
) as { provenance: { modelSha256: string }; cases: Record<string, Recorded> }

/** The closed form's values for the columns of the model. */
function truths(posteriors: Fit['variations']): Record<string, number> {
  return Object.fromEntries(
    posteriors.flatMap((posterior, k) => [
      [`p.${k + 1}`, posterior.rate.mean],
      [`is_best.${k + 1}`, posterior.probabilityBest],
      [`beats_baseline.${k + 1}`, posterior.probabilityBeatsBaseline],
      [`loss.${k + 1}`, posterior.expectedLoss],
    ]),
  )
}

it('has a reference for each case, recorded from the closed form and from Stan', () => {
  expect(Object.keys(reference.cases)).toEqual(Object.keys(cases))
  for (const [name, { exact, stan }] of Object.entries(reference.cases)) {
    const truth = truths(exactPosteriors(cases[name]!))
    for (const [column, value] of Object.entries(truths(exact))) expect(value).toBeCloseTo(truth[column]!, 9)
    for (const [column, { mean, error }] of Object.entries(stan)) expectWithin(mean, truth[column]!, error)
  }
})

/**
 * Four standard errors: with a hundred comparisons, sound draws fail by chance less than once in a hundred
 * runs, and the seeds are fixed.
 */
function expectWithin(mean: number, truth: number, error: number | null): void {
  // If all ten thousand draws are equal, an event of a probability below 1e-3 may just not have happened.
  const tolerance = error === null ? 1e-3 : 4 * error + 1e-12
  expect(Math.abs(mean - truth)).toBeLessThanOrEqual(tolerance)
}

describe.skipIf(skipped)(`Stan${why}`, () => {
  describe.each(Object.entries(cases))('given %s', (name, input) => {
    let draws: ConversionDraws
    beforeAll(async () => {
      const drawn = await drawConversion(executable().path, input)
      if (!drawn.ok) throw new Error(drawn.problem.message)
      draws = drawn.value
    })

    it('agrees with the closed form on rates, P(best), P(beats baseline) and loss', () => {
      const truth = truths(exactPosteriors(input))
      const means = stanMeans(draws, input.variations.length)
      expect(Object.keys(means).toSorted()).toEqual(Object.keys(truth).toSorted())
      for (const [column, { mean, error }] of Object.entries(means)) expectWithin(mean, truth[column]!, error)
    })

    it('agrees with the committed draws, which may be from another machine', () => {
      const recorded = reference.cases[name]!.stan
      for (const [column, { mean, error }] of Object.entries(stanMeans(draws, input.variations.length))) {
        const theirs = recorded[column]!
        const both = error === null || theirs.error === null ? null : Math.hypot(error, theirs.error)
        expectWithin(mean, theirs.mean, both)
      }
    })

    it('converges, and reports its settings', async () => {
      const fit = await stanEngine(executable()).fit(input)
      if (!fit.ok) throw new Error(fit.problem.message)
      const { engine, variations } = fit.value
      expect(EngineReport.parse(engine)).toEqual(engine)
      expect(engine).toMatchObject({
        kind: 'stan-native',
        seed: input.seed,
        chains: 4,
        draws: 2500,
        divergences: 0,
      })
      const sampler = healthOf({
        damage: noDamage,
        cells: [],
        ratio: sampleRatio([]),
        usersInTwoVariations: 0,
        engine,
      }).checks.find((check) => check.name === 'sampler')
      expect(sampler?.status).toBe('passed')
      // Limits and spread agree within a twentieth of the width of the interval.
      exactPosteriors(input).forEach(({ rate }, k) => {
        const width = rate.q975 - rate.q025
        for (const figure of ['sd', 'q025', 'median', 'q975'] as const) {
          expect(Math.abs(variations[k]!.rate[figure] - rate[figure])).toBeLessThan(width / 20)
        }
      })
    })
  })

  it('draws the same numbers from the same seed, and others from another', async () => {
    const input = cases['three alike']!
    const settings = { ...defaultSampler, draws: 200 }
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map((seed) => drawConversion(executable().path, { ...input, seed }, settings)),
    )
    expect(second).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('draws different numbers in each chain', async () => {
    const drawn = await drawConversion(executable().path, cases['three alike']!, {
      ...defaultSampler,
      draws: 50,
    })
    if (!drawn.ok) throw new Error(drawn.problem.message)
    expect(new Set(drawn.value.chains.map((chain) => chain.get('p.1')!.join())).size).toBe(4)
  })

  it('accepts extremes: no conversions, only conversions, one variation, the largest integer', async () => {
    const pairs: [number, number][][] = [
      [[0, 0], [0, 0]],
      [[9, 9], [9, 9]],
      [[9, 1]],
      [[2_147_483_647, 2_000_000], [9, 1]],
    ] // prettier-ignore
    for (const pair of pairs) {
      const variations = pair.map(([users, conversions], k) => ({ variationId: `v${k}`, users, conversions }))
      const fit = await stanEngine(executable()).fit({
        ...cases['three alike']!,
        variations,
        baselineVariationId: 'v0',
      })
      expect(fit).toMatchObject({ ok: true })
      exactPosteriors({ variations, baselineVariationId: 'v0', prior: { alpha: 1, beta: 1 } }).forEach(
        ({ rate }, k) => {
          const mean = fit.ok ? fit.value.variations[k]!.rate.mean : NaN
          expect(Math.abs(mean - rate.mean)).toBeLessThan(rate.sd / 10)
        },
      )
    }
  })

  it('refuses more conversions than users at once, with the message of the model', async () => {
    const variations = [{ variationId: 'a', users: 10, conversions: 11 }]
    const fit = await stanEngine(executable()).fit({
      ...cases['three alike']!,
      variations,
      baselineVariationId: 'a',
    })
    expect(fit).toMatchObject({
      ok: false,
      problem: {
        message: expect.stringMatching(
          /^Stan failed: variation 1 has 11 conversions but only 10 users \(in 'conversion.stan', line/,
        ),
      },
    })
  })

  it('leads to the same verdict as the closed form', async () => {
    const evidence: Evidence = {
      goalKey: 'purchase',
      baselineVariationId: 'old',
      window: { from: 0, to: 8 * 86_400_000 },
      counts: [
        { variationId: 'old', users: 5000, conversions: 250, expectedWeight: 1 },
        { variationId: 'new', users: 5000, conversions: 330, expectedWeight: 1 },
      ],
      usersInTwoVariations: 0,
      damage: noDamage,
      now: 2,
      seed: 5,
      prior: { alpha: 1, beta: 1 },
    }
    for (const choice of ['stan-native', 'exact'] as const) {
      const picked = await pickEngine(choice, process.env)
      if (!picked.ok) throw new Error(picked.problem.message)
      expect(await conclude(evidence, picked.value.engine)).toMatchObject({
        ok: true,
        value: {
          engine: { kind: choice },
          health: { status: 'green' },
          verdict: { kind: 'winner', variationId: 'new' },
        },
      })
    }
  })
})
