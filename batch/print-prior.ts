// What a result says of its prior, as lines: where it comes from, and what depends on it.
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import { betaText } from '../core/statistics/prior.ts'
import { integer } from './print-lake.ts'
import { percent, probability } from './print-numbers.ts'

export function priorLines({ prior, sensitivity = [] }: ExperimentResult): string[] {
  if (!prior) return []
  const { from } = prior
  const origin = from
    ? `, from ${from.experimentId}: ${integer(from.conversions)} of ${integer(from.users)} users`
    : ''
  return [
    `prior     ${betaText(prior)}${origin}`,
    ...sensitivity.map(({ weight, variations }) => {
      const each = variations.map(
        ({ variationId, rate, probabilityBest }) =>
          `${variationId} ${percent(rate.mean)}, P(best) ${probability(probabilityBest)}`,
      )
      return `          ${weight < 1 ? 'half' : 'twice'} as strong: ${each.join('; ')}`
    }),
  ]
}
