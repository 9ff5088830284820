// A guardrail of which fewer is better and that nobody of an arm reached, such as crashes. The usual test
// needs users who did. With an absolute margin m, an arm that is too bad has a rate of at least m, so that n
// users without any are evidence of (1 - m)^-n against it, at every look.
import type { GuardrailReport, Margin } from '../../core/model/guardrail.ts'
import type { ArmCounts } from './comparison.ts'
import { daysUntil } from './days-until.ts'
import type { Direction } from './fit.ts'

export interface UnreachedInput {
  readonly goalKey: string
  readonly margin: Margin
  readonly direction: Direction
  readonly counts: readonly ArmCounts[]
  /** Epoch milliseconds: what was counted. */
  readonly window: { readonly from: number; readonly to: number }
}

/** Of the level: this is asked beside the usual test, so a false claim has a second occasion. */
const levelShare = 0.1

/** Undefined if somebody reached it, or if the margin is relative to what nobody reached. */
export function guardUnreached(
  baseline: ArmCounts,
  arm: ArmCounts,
  { goalKey, margin, direction, counts, window }: UnreachedInput,
  alpha: number,
): GuardrailReport | undefined {
  const isAsked = direction === 'decrease' && arm.measure === undefined && 'absolute' in margin
  if (!isAsked || arm.conversions > 0 || arm.users === 0 || baseline.users === 0) return undefined
  if (margin.absolute >= 1) return undefined
  const level = (levelShare * alpha) / (counts.length - 1)
  const needed = Math.log(level) / Math.log1p(-margin.absolute)
  const worst = -Math.expm1(Math.log(level) / arm.users)
  const isKept = arm.users >= needed
  const said = isKept ? 'keeps' : 'is not yet shown to keep'
  return {
    goalKey,
    variationId: arm.variationId,
    outcome: isKept ? 'kept' : 'open',
    margin,
    estimate: -baseline.conversions / baseline.users,
    worst,
    moreDays: isKept ? null : daysUntil(window, (times) => arm.users * times >= needed),
    reason:
      `${arm.variationId} ${said} ${goalKey} (none of ${arm.users} users, at worst ` +
      `+${Number(worst.toPrecision(3))}; up to ${margin.absolute} more is tolerated).`,
  }
}
