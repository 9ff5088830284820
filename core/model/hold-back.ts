// Layers and holdouts in a published flag: before each rule that they concern comes a rule for the users whom
// they hold back from it. Evaluation and all protocols know rules, so they all decide alike. The rule's id
// says who holds a user back, and is in the reason and in exposures: nobody who is held back counts in an
// experiment on the rule.
import type { Clause } from './clause.ts'
import type { Flag, Rule, Strategy } from './flag.ts'
import type { Holdout } from './holdout.ts'
import type { Layer } from './layer.ts'
import { slicesOperator, targetingKeyAttribute } from './vocabulary.ts'

interface HoldBack {
  readonly flagKey: string
  /** Of the rule, or the default strategy, from which users are held back. */
  readonly from: string
  readonly id: string
  readonly name: string
  readonly clause: Clause
  readonly strategy: Strategy
}

export interface HoldBackSource {
  readonly layers: Iterable<Layer>
  readonly holdouts: Iterable<Holdout>
}

/** The ids of the rules that hold back. */
export const holdoutRuleId = (holdoutId: string, ruleId: string) => `holdout:${holdoutId}:${ruleId}`
export const layerRuleId = (layerId: string, ruleId: string) => `layer:${layerId}:${ruleId}`

/** By flag key. Holdouts come first, by id: whoever is held out is outside all layers. */
export function holdBacksOf({ layers, holdouts }: HoldBackSource): ReadonlyMap<string, HoldBack[]> {
  const all = [
    ...byId(holdouts).flatMap((holdout) => (holdout.status === 'running' ? heldOut(holdout) : [])),
    ...byId(layers).flatMap(outsideOf),
  ]
  return Map.groupBy(all, ({ flagKey }) => flagKey)
}

const byId = <T extends { readonly id: string }>(all: Iterable<T>) =>
  [...all].toSorted((a, b) => (a.id < b.id ? -1 : 1))

const heldOut = ({ id, name, salt, slices, held }: Holdout): HoldBack[] =>
  held.map(({ flagKey, ruleId, variationId }) => ({
    flagKey,
    from: ruleId,
    id: holdoutRuleId(id, ruleId),
    name: `holdout ${name || id}`,
    clause: slicesClause(salt, [0, slices]),
    strategy: only(variationId),
  }))

const outsideOf = ({ id, name, salt, allotments }: Layer): HoldBack[] =>
  allotments.map(({ flagKey, ruleId, ranges, outsideVariationId }) => ({
    flagKey,
    from: ruleId,
    id: layerRuleId(id, ruleId),
    name: `outside layer ${name || id}`,
    // One more bound before all others: what was inside is outside.
    clause: slicesClause(salt, [0, ...ranges.flatMap(({ from, to }) => [from, to])]),
    strategy: only(outsideVariationId),
  }))

/** No author writes this operator, so no schema has it. */
const slicesClause = (salt: string, bounds: readonly number[]) =>
  ({
    attribute: targetingKeyAttribute,
    operator: slicesOperator as string,
    values: [salt, ...bounds.map(String)],
  }) as Clause

/** A rollout of nothing gives no variation. */
const only = (variationId: string | undefined): Strategy =>
  variationId === undefined ? { kind: 'rollout', shares: [] } : { kind: 'fixed', variationId }

export function withHoldBacks(flag: Flag, holdBacks: readonly HoldBack[]): Flag {
  const before = (id: string, anyOf: Rule['anyOf']): Rule[] =>
    holdBacks
      .filter(({ from }) => from === id)
      .map((each) => ({
        id: each.id,
        name: each.name,
        anyOf: anyOf.map((group) => [...group, each.clause]),
        strategy: each.strategy,
      }))
  const rules = flag.rules.flatMap((rule) => [...before(rule.id, rule.anyOf), rule])
  return { ...flag, rules: [...rules, ...before(flag.defaultStrategy.id, [[]])] }
}
