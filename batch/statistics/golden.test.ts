// Every formula against values computed outside this project (reference/golden.json).
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import {
  adjust,
  adjustedEffect,
  type AdjustedStatistics,
  meanEffect,
  meanOf,
  proportionEffect,
  ratioEffect,
  ratioOf,
  relativeEffect,
  type Effect,
  type NoEffect,
  type RatioStatistics,
  type Statistics,
} from './effect.ts'
import { exactPosteriors } from './exact.ts'
import { changedOrigin, curtailed, originOf, proportionScore } from './fixed-horizon.ts'
import { expectedLogOdds, fixedInterval, nonInferiority, sequenceOf } from './inference.ts'
import { benjaminiHochberg, closedByMeans, holm } from './multiplicity.ts'
import { mixtureRatio } from '../../core/statistics/levels.ts'
import { quantileOfNormal } from '../../core/statistics/normal.ts'
import { usersNeeded } from '../../core/statistics/planning.ts'
import { marginalOf, normalInverseGammas, standings } from './marginal.ts'
import { logFactorsOf } from './sample-ratio.ts'
import { welchTest } from './welch.ts'

interface Case {
  readonly id: string
  readonly kind: string
  readonly inputs: any
  readonly expected: any
  readonly relativeTolerance: number
}
const { cases } = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'reference', 'golden.json'), 'utf8'),
) as { cases: Case[] }

const sure = <T extends Effect>(effect: T | NoEffect): T => {
  if (effect.kind === 'none') throw new Error(effect.reason)
  return effect
}
const cellsOf = ({ shares, users }: { shares: number[]; users: number[] }) =>
  shares.map((expectedWeight, i) => ({ expectedWeight, users: users[i]! }))
const asStatistics = ({ n, sum, sumOfSquares }: Record<string, number>): Statistics => ({
  n: n!,
  sumY: sum!,
  sumYY: sumOfSquares!,
})
const asRatio = (arm: Record<string, number>): RatioStatistics => ({
  n: arm['n']!,
  sumY: arm['sumM']!,
  sumYY: arm['sumMM']!,
  sumD: arm['sumD']!,
  sumDD: arm['sumDD']!,
  sumYD: arm['sumMD']!,
})
const beta = (inputs: any) => {
  const variations = inputs.users.map((users: number, k: number) => ({
    variationId: String(k),
    users,
    conversions: inputs.conversions[k],
  }))
  const { prior, baseline } = inputs
  return exactPosteriors({ variations, prior, baselineVariationId: String(baseline) }).map(
    ({ rate, probabilityBest, probabilityBeatsBaseline, expectedLoss, uplift }) => ({
      ...rate,
      probabilityBest,
      probabilityBeatsBaseline: uplift ? probabilityBeatsBaseline : null,
      expectedLoss,
      ...(uplift && { uplift }),
    }),
  )
}

const computed: Record<string, (inputs: any) => unknown> = {
  beta,
  bflo: ({ A, B, expectedDifference: expectedEffect }) => {
    const [a, b] = [A, B].map(([users, conversions]: number[]) => ({
      users: users!,
      conversions: conversions!,
    }))
    const { logFactor } = sequenceOf(sure(proportionEffect(a!, b!)), { expectedEffect })
    expect(expectedEffect).toBe(expectedLogOdds)
    return { bayesFactor: Math.exp(logFactor) }
  },
  'srm-phases': ({ phases }) => {
    const logEPhases = logFactorsOf(phases.map(cellsOf))
    const logE = logEPhases.reduce((sum, value) => sum + value, 0)
    return { logEPhases, logE, red: logE >= Math.log(100) }
  },
  ratio: ({ A, B }) => {
    const [a, b] = [ratioOf(asRatio(A))!, ratioOf(asRatio(B))!]
    const effect = sure(ratioEffect(asRatio(A), asRatio(B)))
    return {
      ratioA: a.mean,
      ratioB: b.mean,
      varianceOfRatioA: a.variance,
      varianceOfRatioB: b.variance,
      lift: effect.estimate,
      standardError: Math.sqrt(effect.variance),
      ...fixedInterval(effect),
    }
  },
  cuped: ({ A, B }) => {
    const { theta, estimate, variance, gain } = sure(adjustedEffect(A, B))
    const [a, b] = adjust([A, B])!.arms
    const raw = sure(
      adjustedEffect({ ...A, sumX: 0, sumXX: 0, sumXY: 0 }, { ...B, sumX: 0, sumXX: 0, sumXY: 0 }),
    )
    return {
      theta,
      adjustedMeanA: a!.mean,
      adjustedMeanB: b!.mean,
      adjustedVarianceA: (a!.variance * a!.n) / (a!.n - 1),
      adjustedVarianceB: (b!.variance * b!.n) / (b!.n - 1),
      difference: estimate,
      standardError: Math.sqrt(variance),
      unadjustedDifference: raw.estimate,
      unadjustedStandardError: Math.sqrt(raw.variance),
      varianceRatio: gain,
    }
  },
  'cuped-sequence': ({ arms, plannedN }) => {
    const [a, b] = arms as [AdjustedStatistics, AdjustedStatistics]
    const effect = sure(adjustedEffect(a, b))
    const { low, high } = sequenceOf(effect, { usersPlanned: plannedN })
    const { theta, estimate, variance, gain } = effect
    return { theta, estimate, variance, varianceRatio: gain, lower: low, upper: high }
  },
  welch: ({ A, B, alpha }) => {
    const [a, b] = [asStatistics(A), asStatistics(B)]
    return {
      ...welchTest(a, b, alpha),
      ...Object.fromEntries(
        [a, b].flatMap((arm, k) => {
          const { mean, variance, n } = meanOf(arm)!
          const name = 'AB'[k]
          return [
            [`mean${name}`, mean],
            [`variance${name}`, (variance * n) / (n - 1)],
          ]
        }),
      ),
    }
  },
  // GrowthBook's sequential interval is the normal mixture with R = n rho^2.
  acs: ({ A, B, alpha, tuningN }) => {
    const effect = sure(relativeEffect(asStatistics(A), asStatistics(B)))
    const logs = -2 * Math.log(alpha)
    const rho = Math.sqrt((logs + Math.log(logs + 1)) / tuningN)
    const expectedEffect = rho * Math.sqrt(effect.n * effect.variance)
    const { low, high, logFactor } = sequenceOf(effect, { expectedEffect }, alpha)
    const { estimate: lift, variance } = effect
    return { lift, variance, rho, halfWidth: (high - low) / 2, low, high, eValue: Math.exp(logFactor) }
  },
  nig: ({ cells, baseline }) => {
    const measures = cells.map(([n, mean, variance]: number[]) => ({
      n: n!,
      mean: mean!,
      variance: (variance! * (n! - 1)) / n!,
    }))
    const posteriors = normalInverseGammas(measures)
    const marginals = posteriors.map(marginalOf)
    const all = standings(marginals, baseline, 'increase')
    return {
      variations: posteriors.map((posterior, k) => ({
        ...posterior,
        median: marginals[k]!.quantile(0.5),
        q025: marginals[k]!.quantile(0.025),
        q975: marginals[k]!.quantile(0.975),
        probabilityBest: all[k]!.probabilityBest,
        probabilityBeatsBaseline: k === baseline ? null : all[k]!.probabilityBeatsBaseline,
      })),
    }
  },
  ni: ({ A, B, marginRelative }) => {
    const effect = sure(relativeEffect(asStatistics(A), asStatistics(B)))
    const { z, probability, low, isNonInferior } = nonInferiority(effect, marginRelative)
    return {
      lift: effect.estimate,
      standardError: Math.sqrt(effect.variance),
      z,
      pValue: probability,
      lowerBound: low,
      nonInferior: isNonInferior,
    }
  },
  mult: ({ pValues }) => ({ holm: holm(pValues), bh: benjaminiHochberg(pValues) }),
  plan: ({ baselineRate, relativeMde, power, alpha }) => {
    const metric = { kind: 'rate', rate: baselineRate } as const
    const plan = { metric, lift: relativeMde, shares: [1, 1], power, alpha }
    const perArm = usersNeeded('fixed-test', plan) / 2
    return { perArm, perArmCeil: Math.ceil(perArm) }
  },
  'fixed-horizon': ({ users, conversions, plannedM }) => {
    const [a, b] = [0, 1].map((k) => ({ users: users[k], conversions: conversions[k] }))
    const at = proportionScore(a!, b!)!
    const origin = originOf()
    const { up, down, boundUp, winner } = curtailed(at, plannedM, origin)
    return {
      m: at.information,
      score: at.score,
      z: at.score / Math.sqrt(at.information),
      critical: quantileOfNormal(1 - origin.up),
      conditionalUp: up,
      conditionalDown: down,
      eUp: up / origin.up,
      boundScore: boundUp,
      winner: winner ?? null,
    }
  },
  'fixed-horizon-replanned': ({ score, m, oldM, newM, later }) => {
    const at = { score, information: m }
    const before = curtailed(at, oldM, originOf())
    const origin = changedOrigin(at, oldM, originOf())
    const after = curtailed({ score: later.score, information: later.m }, newM, origin)
    return {
      conditionalUp: before.up,
      newCriticalScore: curtailed({ score, information: newM }, newM, origin).boundUp,
      laterConditionalUp: after.up,
    }
  },
  sequence: ({ estimate, variance, n, plannedN, alpha }) => {
    const effect: Effect = { kind: 'effect', estimate, variance, n, scale: 'difference' }
    const { low, high, logFactor, cautious } = sequenceOf(effect, { usersPlanned: plannedN }, alpha)
    return {
      rStar: mixtureRatio(alpha),
      halfWidth: (high - low) / 2,
      lower: low,
      upper: high,
      besideWinner: { lower: cautious.low, upper: cautious.high },
      logE: logFactor,
    }
  },
  'means-pooled': ({ arms, plannedN }) => {
    const effect = sure(meanEffect(arms[0], arms[1]))
    const { low, high } = sequenceOf(effect, { usersPlanned: plannedN })
    const { estimate, variance } = effect
    return { estimate, variance, z: estimate / Math.sqrt(variance), lower: low, upper: high }
  },
  'closed-e': ({ e, alpha }) => {
    const adjusted = closedByMeans(e)
    return { adjusted, named: adjusted.map((factor) => factor >= 1 / alpha) }
  },
}

/** Every number of what was computed against the reference; the reference may hold more. */
function expectLike(actual: any, expected: any, relativeTolerance: number, path: string): void {
  if (typeof actual !== 'number' || typeof expected !== 'number') {
    if (actual === null || typeof actual !== 'object') return expect(actual, path).toEqual(expected)
    expect(Object.keys(actual).length, path).toBeGreaterThan(0)
    for (const key of Object.keys(actual))
      expectLike(actual[key], expected[key], relativeTolerance, `${path}.${key}`)
    return
  }
  const tolerance = Math.max(relativeTolerance * Math.abs(expected), 1e-12)
  expect(Math.abs(actual - expected), `${path}: ${actual} is not ${expected}`).toBeLessThanOrEqual(tolerance)
}

it.each(cases.map(({ id, ...given }) => [id, given] as const))('%s', (id, given) => {
  const compute = computed[given.kind]
  expect(compute, given.kind).toBeDefined()
  expectLike(compute!(given.inputs), given.expected, given.relativeTolerance, id)
})
