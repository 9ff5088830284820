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
  const rest = interactions.filter(({ outcome }) => outcome !== 'not-found')
  return read.length > 0
    ? {
        name,
        status: 'passed',
        detail:
          `None was found with ${experimentsText(read)}; only large ones would be.` +
          (rest.length > 0 ? ` Not tested with ${rest.length} more: ${whyNot(rest)}.` : ''),
      }
    : {
        name,
        status: 'skipped',
        detail: `Not tested with ${experimentsText(interactions)}: ${whyNot(interactions)}.`,
      }
}

function whyNot(untested: readonly Interaction[]): string {
  const few =
    `too few users are in each pair of variations (${usersMin}, and ${expectedConversionsMin} expected ` +
    `conversions)`
  const areLarge = untested.map(({ outcome }) => outcome === 'too-large')
  if (!areLarge.includes(true)) return few
  return areLarge.includes(false) ? `${few}, or ${large}` : large
}

const large = 'there are too many pairs of variations to store'

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
