// How much of a result is the prior's doing: the same counts with half and with twice its weight.
import type { Prior, PriorSensitivity } from '../../core/model/experiment-result.ts'
import { priorWeights, weighted } from '../../core/statistics/prior.ts'
import { exactStandings } from './exact.ts'
import type { Counts, Direction } from './fit.ts'

/** Of variations with users, the baseline among them; empty if there is nothing to compare. */
export function sensitivityOf(
  variations: readonly Counts[],
  baselineVariationId: string,
  prior: Prior,
  direction: Direction,
): PriorSensitivity[] {
  if (!variations.some(({ variationId }) => variationId === baselineVariationId)) return []
  return priorWeights.map((weight) => {
    const own = weighted(prior, weight)
    const standings = exactStandings({ variations, baselineVariationId, prior: own, direction })
    return {
      weight,
      prior: own,
      variations: standings.map(({ variationId, rate, probabilityBest, expectedLoss }) => ({
        variationId,
        rate: { mean: rate.mean, q025: rate.q025, q975: rate.q975 },
        probabilityBest,
        expectedLoss,
      })),
    }
  })
}
