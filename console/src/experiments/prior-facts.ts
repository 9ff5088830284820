// What a result says of its prior: where it comes from, and what depends on it.
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { betaText } from '../../../core/statistics/prior.ts'
import { rate } from '../messages/figures.ts'
import { computed as text } from '../messages/computed.ts'
import type { Fact } from '../ui/report.tsx'
import type { Names } from './names.ts'

export function priorFacts({ prior, sensitivity = [] }: StoredResult, names: Names): Fact[] {
  if (!prior) return []
  const { from } = prior
  const origin = from ? text.priorFrom(from.experimentId, from.conversions, from.users) : ''
  const each = sensitivity.map(({ weight, variations }) => {
    const figures = variations.map(
      ({ variationId, rate: { mean }, probabilityBest }) =>
        `${names.variation(variationId)} ${text.ofBest(rate(mean), rate(probabilityBest))}`,
    )
    return `${weight < 1 ? text.half : text.twice}: ${figures.join(', ')}`
  })
  return [
    [text.prior, `${betaText(prior)}${origin}`],
    ...(each.length > 0 ? [[text.sensitivity, each.join('; ')] as const] : []),
  ]
}
