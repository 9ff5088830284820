// The verdict on a result, from its figures and its health. It may be computed again after every hour of an
// experiment, so it also requires evidence that stays valid under repeated looks (sequential.ts). Only failed
// health checks withhold it: a check that cannot judge yet does not.
import type { Health, VariationResult, Verdict } from '../../core/model/experiment-result.ts'
import { bayesFactor, bayesFactorMin } from './sequential.ts'

export const probabilityBestMin = 0.95
/**
 * The expected loss that is accepted, as a share of the baseline's rate. An absolute threshold would be too
 * lax at a rate of 0.1 % and too strict at 50 %. It holds back lucky starts: when P(best) has just reached
 * 0.95, it requires a standard error of the difference below a quarter of the baseline's rate.
 */
export const expectedLossShareMax = 0.005
/** For every variation. */
export const usersMin = 100
/** For the winner. */
export const conversionsMin = 25

export function verdictOf(
  variations: readonly VariationResult[],
  baselineVariationId: string,
  health: Health,
): Verdict {
  const failures = health.checks.filter(({ status }) => status === 'failed')
  if (health.status === 'red')
    return { kind: 'withheld', reason: failures.map(({ detail }) => detail).join(' ') }
  if (variations.length < 2) return undecided('There is only one variation.')

  const small = variations.find(({ users }) => users < usersMin)
  if (small)
    return undecided(`Variation ${small.variationId} has ${small.users} users; ${usersMin} are needed.`)

  const best = variations.reduce((a, b) => (b.probabilityBest > a.probabilityBest ? b : a))
  const { variationId, probabilityBest, expectedLoss, conversions } = best
  if (probabilityBest < probabilityBestMin) {
    return undecided(
      `The leader, ${variationId}, is best with probability ${probabilityBest.toFixed(3)}; ` +
        `${probabilityBestMin} is needed.`,
    )
  }
  if (conversions < conversionsMin) {
    return undecided(
      `The leader, ${variationId}, has ${conversions} conversions; ${conversionsMin} are needed.`,
    )
  }
  const baseline = variations.find((variation) => variation.variationId === baselineVariationId)
  const lossMax = expectedLossShareMax * (baseline?.rate.mean ?? 0)
  if (expectedLoss > lossMax) {
    return undecided(
      `Choosing ${variationId} risks an expected loss of ${expectedLoss.toPrecision(2)}; ` +
        `at most ${lossMax.toPrecision(2)} is accepted.`,
    )
  }
  const rivals = variations.filter((variation) => variation !== best)
  const evidence = Math.min(...rivals.map((rival) => bayesFactor(best, rival)))
  if (evidence < bayesFactorMin) {
    return undecided(
      `The lead of ${variationId} over its closest rival has a sequential Bayes factor of ` +
        `${evidence.toPrecision(2)}; ${bayesFactorMin} is needed.`,
    )
  }
  return { kind: 'winner', variationId, probabilityBest, expectedLoss }
}

const undecided = (reason: string): Verdict => ({ kind: 'undecided', reason })
