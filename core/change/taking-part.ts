// How many users of a rule take part in an experiment on it: layers and holdouts keep others out of it.
import { attributeSplitting } from '../model/bucket-by.ts'
import type { Flag } from '../model/flag.ts'
import type { HoldBackSource } from '../model/hold-back.ts'
import { covers, holdoutStatusAt } from '../model/holdout.ts'
import { allotmentOn, type RuleOfFlag, slicesOf } from '../model/layer.ts'
import { slicesTotal } from '../model/limits.ts'

export interface TakingPart {
  /** In (0, 1], of the users of the rule. */
  readonly share: number
  readonly layer: { readonly id: string; readonly slices: number } | undefined
  readonly holdouts: readonly { readonly id: string; readonly slices: number }[]
}

/** What begins on a rule, and when: epoch milliseconds. */
export interface BeginsOnRule extends RuleOfFlag {
  readonly startAt: number
  readonly stopAt: number
}

/** Experiments begin at whole seconds. */
const secondMs = 1_000

/**
 * Of what runs, has run, or would start now. A holdout takes in what begins after it, and what ended before
 * it held the rule was complete. Salts are independent, so the shares multiply.
 */
export function takingPart(
  { layers, holdouts }: HoldBackSource,
  { flagKey, ruleId, startAt, stopAt }: BeginsOnRule,
  flag: Flag | undefined,
  now: number,
): TakingPart {
  const found = allotmentOn(layers, flagKey, ruleId)
  const layer = found && { id: found.layer.id, slices: slicesOf(found.allotment.ranges) }
  const isByUser = flag !== undefined && attributeSplitting(flag) === undefined
  const holding = [...holdouts]
    .filter((holdout) => {
      const isHeld = holdout.held.some(
        (each) => each.flagKey === flagKey && each.ruleId === ruleId && each.since < stopAt,
      )
      const joins = isByUser && covers(holdout, flagKey) && holdout.startAt < startAt + secondMs
      return holdoutStatusAt(holdout, now) === 'running' && (isHeld || joins)
    })
    .map(({ id, slices }) => ({ id, slices }))
  const share = holding.reduce(
    (left, { slices }) => left * (1 - slices / slicesTotal),
    (layer?.slices ?? slicesTotal) / slicesTotal,
  )
  return { share, layer, holdouts: holding }
}

/** Whether a layer keeps the users of two rules apart. */
export function areApart(layers: Iterable<HoldBackLayer>, one: RuleOfFlag, other: RuleOfFlag): boolean {
  if (one.flagKey === other.flagKey && one.ruleId === other.ruleId) return false
  const all = [...layers]
  const [first, second] = [one, other].map((rule) => allotmentOn(all, rule.flagKey, rule.ruleId)?.layer.id)
  return first !== undefined && first === second
}
type HoldBackLayer = HoldBackSource['layers'] extends Iterable<infer L> ? L : never
