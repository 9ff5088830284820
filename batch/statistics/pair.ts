// Two arms, read by the metric that they carry.
import type { Decision } from '../../core/model/experiment-result.ts'
import { type ArmCounts, isServed, type Pair } from './comparison.ts'
import { conversionPair, unreadableConversions } from './conversion-pair.ts'
import { measurePair, unreadableMeasures } from './measure-pair.ts'

/** For every variation that is compared. */
export const usersMin = 100

/** Why the two cannot be compared; undefined if they can. */
export function unreadable(
  baseline: ArmCounts,
  arm: ArmCounts,
  decision: Pick<Decision, 'kind'>,
): string | undefined {
  if (!isServed(arm)) return `${arm.variationId} has no share of the users`
  const small = [baseline, arm].find(({ users }) => users < usersMin)
  if (small) return `${small.variationId} has ${small.users} users; ${usersMin} are needed`
  return hasMeasures(baseline, arm)
    ? unreadableMeasures(baseline, arm)
    : unreadableConversions(baseline, arm, decision)
}

export const pairOf = (baseline: ArmCounts, arm: ArmCounts): Pair =>
  hasMeasures(baseline, arm) ? measurePair(baseline, arm) : conversionPair(baseline, arm)

export const hasMeasures = (...arms: readonly ArmCounts[]): boolean =>
  arms.some(({ measure }) => measure !== undefined)
