// What the check of interactions says of all the pairs of an experiment.
import type { HealthCheck } from '../../core/model/experiment-result.ts'
import type { Interaction } from '../../core/model/interaction.ts'
import { expectedConversionsMin } from './conversion-pair.ts'
import { usersMin } from './pair.ts'
import { listed } from './words.ts'

/** A warning, and no failure: what was measured is what the users got who were in both. */
export function checkInteractions(interactions: readonly Interaction[]): HealthCheck {
  const name = 'interactions'
  const found = interactions.filter(({ outcome }) => outcome === 'found')
  if (found.length > 0) return { name, status: 'warning', detail: found.map(sentenceOf).join(' ') }
  const read = interactions.filter(({ outcome }) => outcome === 'not-found')
  const rest = interactions.length - read.length
  const few =
    `too few users are in each pair of variations (${usersMin}, and ${expectedConversionsMin} expected ` +
    `conversions)`
  return read.length > 0
    ? {
        name,
        status: 'passed',
        detail:
          `No effect depends on the arm of ${experimentsText(read)}.` +
          (rest > 0 ? ` Not tested with ${rest} more: ${few}.` : ''),
      }
    : { name, status: 'skipped', detail: `Not tested with ${experimentsText(interactions)}: ${few}.` }
}

const experimentsText = (interactions: readonly Interaction[]) =>
  listed(interactions.map(({ experimentId }) => `experiment ${experimentId}`))

/** Of the contrast that is the clearest. */
function sentenceOf({ experimentId, baselineVariationId: otherBaseline, contrasts }: Interaction): string {
  const { variationId, otherVariationId, difference } = contrasts.reduce((a, b) =>
    b.evidence > a.evidence ? b : a,
  )
  const points = Number((100 * Math.abs(difference.estimate)).toPrecision(2))
  return (
    `The effect of ${variationId} depends on experiment ${experimentId}: beside its ${otherVariationId} it is ` +
    `${points} percentage points ${difference.estimate > 0 ? 'higher' : 'lower'} than beside its ${otherBaseline}.`
  )
}
