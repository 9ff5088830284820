// Whether the effect of an arm depends on the arm of another experiment: the difference of two differences,
// among the users of both. Two effects that only add up differ in how they multiply, and the other way round,
// so an interaction is what neither explains: the lesser evidence of the two scales counts, and none where
// they disagree about the sign. Valid at every look (Robbins' normal mixture, inference.ts).
import type { Interaction, OverlapCounts, SharedUsers } from '../../core/model/interaction.ts'
import { contrastsMax } from '../../core/model/limits.ts'
import { alphaDefault } from '../../core/statistics/levels.ts'
import { expectedConversionsMin } from './conversion-pair.ts'
import { expectedLogOdds, sequenceOf } from './inference.ts'
import { usersMin } from './pair.ts'

/**
 * The level of the k-th other experiment by its start, of all that users could ever share. All of them
 * together have alpha, however many come later: sum 1 / (k (k + 1)) = 1.
 */
export const levelAt = (place: number, alpha = alphaDefault): number => alpha / (place * (place + 1))

export function interactionOf(
  { experimentId, baselineVariationId: otherBaseline, place, cells }: OverlapCounts,
  baselineVariationId: string,
): Interaction {
  const level = levelAt(place)
  const known = { experimentId, baselineVariationId: otherBaseline, place, cells: [...cells] }
  if (cells.length === 0) return { ...known, outcome: 'too-large', level, evidence: null, contrasts: [] }
  const idsOf = (field: 'variationId' | 'otherVariationId', baseline: string) =>
    [...new Set(cells.map((cell) => cell[field]))].filter((id) => id !== baseline).toSorted()
  const [arms, otherArms] = [
    idsOf('variationId', baselineVariationId),
    idsOf('otherVariationId', otherBaseline),
  ]
  const asked = arms.flatMap((arm) => otherArms.map((otherArm) => ({ arm, otherArm })))
  const cellOf = (arm: string, otherArm: string) =>
    cells.find(({ variationId, otherVariationId }) => variationId === arm && otherVariationId === otherArm)
  const contrasts = asked.flatMap(({ arm, otherArm }) => {
    const square = [
      cellOf(baselineVariationId, otherBaseline),
      cellOf(arm, otherBaseline),
      cellOf(baselineVariationId, otherArm),
      cellOf(arm, otherArm),
    ]
    if (!isReadable(square)) return []
    const found = contrastOf(square, level / asked.length)
    return [{ variationId: arm, otherVariationId: otherArm, ...found }]
  })
  // A mean of e-values is one; those that cannot be read count as 0, so that waiting for them gains nothing.
  const evidence =
    contrasts.length === 0
      ? null
      : Math.log(
          contrasts.reduce((sum, each) => sum + Math.exp(Math.min(each.evidence, evidenceMax)), 0) /
            asked.length,
        )
  const isFound = evidence !== null && evidence >= -Math.log(level)
  const outcome = evidence === null ? 'too-few-users' : isFound ? 'found' : 'not-found'
  return { ...known, outcome, level, evidence, contrasts: clearest(contrasts) }
}

/** In their order. */
function clearest<Contrast extends { readonly evidence: number }>(
  contrasts: readonly Contrast[],
): Contrast[] {
  const chosen = new Set(contrasts.toSorted((a, b) => b.evidence - a.evidence).slice(0, contrastsMax))
  return contrasts.filter((contrast) => chosen.has(contrast))
}

/**
 * What was found stays found for as long as the experiment runs, as what is red stays red: a pair that is not
 * counted any more, or no longer shows it, keeps the counts that it was last found with.
 */
export function keepFound(
  overlaps: readonly OverlapCounts[],
  before: readonly Interaction[],
  baselineVariationId: string,
): OverlapCounts[] {
  const known = before.filter(({ outcome }) => outcome === 'found')
  const isKnown = ({ experimentId }: OverlapCounts) => known.some((one) => one.experimentId === experimentId)
  const fresh = overlaps.filter(
    (one) => !isKnown(one) || interactionOf(one, baselineVariationId).outcome === 'found',
  )
  const kept = known
    .filter(({ experimentId }) => !fresh.some((one) => one.experimentId === experimentId))
    .map(overlapOf)
  return [...fresh, ...kept].toSorted((a, b) => a.place - b.place)
}

/** What it was computed from. */
export const overlapOf = ({
  experimentId,
  baselineVariationId,
  place,
  cells,
}: Interaction): OverlapCounts => ({
  experimentId,
  baselineVariationId,
  place,
  cells,
})

/** Kept finite: a mean of infinite factors would be no number. */
const evidenceMax = 700

/** Cells: baseline and arm beside the other's baseline, then beside the other's arm. */
type Square = readonly [SharedUsers, SharedUsers, SharedUsers, SharedUsers]

/** The smallest cell expects as many conversions, and users without one, as any comparison needs. */
function isReadable(square: readonly (SharedUsers | undefined)[]): square is Square {
  if (square.some((cell) => cell === undefined || cell.users < usersMin)) return false
  const known = square as Square
  const users = known.reduce((sum, cell) => sum + cell.users, 0)
  const conversions = known.reduce((sum, cell) => sum + cell.conversions, 0)
  const share = Math.min(...known.map((cell) => cell.users)) / users
  return Math.min(conversions, users - conversions) * share >= expectedConversionsMin
}

const signs = [1, -1, -1, 1] as const

function contrastOf(square: Square, level: number) {
  const rates = square.map(({ users, conversions }) => (conversions + 0.5) / (users + 1))
  const sumOf = (term: (rate: number, users: number, sign: number) => number) =>
    rates.reduce((sum, rate, i) => sum + term(rate, square[i]!.users, signs[i]!), 0)
  const n = sumOf((_, users) => users)
  const added = {
    estimate: sumOf((rate, _, sign) => sign * rate),
    variance: sumOf((rate, users) => (rate * (1 - rate)) / users),
  }
  const multiplied = {
    estimate: sumOf((rate, _, sign) => sign * Math.log(rate)),
    variance: sumOf((rate, users) => (1 - rate) / (rate * users)),
  }
  const zOf = ({ estimate, variance }: typeof added) => estimate / Math.sqrt(variance)
  const [first, second] = [zOf(added), zOf(multiplied)]
  const z = first * second > 0 ? Math.min(Math.abs(first), Math.abs(second)) : 0
  // One width for both, in the information of log odds, as for the effects themselves.
  const tuning = { expectedEffect: expectedLogOdds }
  const logOddsVariance = sumOf((rate, users) => 1 / (users * rate * (1 - rate)))
  const standard = { kind: 'effect', scale: 'log-odds', n, variance: logOddsVariance } as const
  const { logFactor } = sequenceOf({ ...standard, estimate: z * Math.sqrt(logOddsVariance) }, tuning, level)
  const { low, high } = sequenceOf({ ...standard, estimate: 0 }, tuning, level)
  const unit = Math.sqrt(added.variance / logOddsVariance)
  return {
    difference: {
      estimate: added.estimate,
      low: added.estimate + low * unit,
      high: added.estimate + high * unit,
    },
    evidence: logFactor,
  }
}
