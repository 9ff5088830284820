// What a result says of other experiments that share its users, as lines.
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import { integer } from './print-lake.ts'

const outcomeText = {
  found: 'the effect depends on it',
  'not-found': 'no interaction found',
  'too-few-users': 'too few users to tell',
  'too-large': 'not tested, too many variations to store',
}

export const interactionLines = ({ interactions = [] }: ExperimentResult): string[] =>
  interactions.flatMap(({ experimentId, outcome, cells, contrasts }) => {
    const users = cells.reduce((sum, cell) => sum + cell.users, 0)
    return [
      `beside    ${experimentId}: ${integer(users)} users in both, ${outcomeText[outcome]}`,
      ...contrasts.map(({ variationId, otherVariationId, difference: { estimate, low, high } }) => {
        const range = `${pointsText(low)} to ${pointsText(high)}`
        return `          ${variationId} beside its ${otherVariationId}: ${pointsText(estimate)} points (${range})`
      }),
    ]
  })

const pointsText = (difference: number) =>
  `${difference > 0 ? '+' : ''}${Number((difference * 100).toPrecision(3))}`
