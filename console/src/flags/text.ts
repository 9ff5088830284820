// Parts of a flag as text: conditions, strategies, values. Pure.
import type { AnyOf, Clause } from '../../../core/model/clause.ts'
import type { Flag, Strategy } from '../../../core/model/flag.ts'
import { segmentOperators } from '../../../core/model/vocabulary.ts'
import { percent } from '../messages/catalogue.ts'
import { targeting as words } from '../messages/targeting.ts'

const weightTotal = 100_000 // core/model/limits.ts
const valuesShown = 5

export interface Named {
  readonly variations: readonly Pick<Flag['variations'][number], 'id' | 'name'>[]
  readonly offVariationId?: string | null | undefined
}

/**
 * A variation has its colour on every page: 0, which is grey, is what the flag serves when off; the others
 * follow in order. -1 is no variation.
 */
export function colourOf({ variations, offVariationId }: Named, id: string | null | undefined): number {
  const place = variations.findIndex((each) => each.id === id)
  const off = Math.max(
    0,
    variations.findIndex((each) => each.id === offVariationId),
  )
  return place < 0 || place > off ? place : place === off ? 0 : place + 1
}

export const variationName = ({ variations }: Named, id: string | null | undefined): string =>
  id ? variations.find((each) => each.id === id)?.name || id : words.codeDefault

/** A list that is not longer than a line. */
export function listed(values: readonly string[]): string {
  const shown = values.slice(0, valuesShown).join(', ')
  const rest = values.length - valuesShown
  return rest > 0 ? `${shown} ${words.more(rest)}` : shown
}

export function clauseText({ attribute, operator, values, negated, ignoreCase, compareAs }: Clause): string {
  const subject = segmentOperators.has(operator) ? words.user : attribute
  const extra = [ignoreCase && words.ignoringCase, compareAs && words.compareAs[compareAs]].filter(Boolean)
  return [
    negated && words.not,
    subject,
    words.operators[operator],
    listed(values),
    extra.length > 0 && `(${extra.join(', ')})`,
  ]
    .filter(Boolean)
    .join(' ')
}

export const conditionText = (anyOf: AnyOf): string =>
  anyOf.map((all) => all.map(clauseText).join(` ${words.and} `)).join(` ${words.or} `)

export function strategyText(flag: Named, strategy: Strategy): string {
  if (strategy.kind === 'fixed') return variationName(flag, strategy.variationId)
  const { shares, audience } = strategy
  const text = sharesText(flag, shares)
  return audience && audience.percentage < 100
    ? `${text} ${words.audience(percent(audience.percentage / 100), variationName(flag, audience.defaultVariationId))}`
    : text
}

type Shares = Extract<Strategy, { kind: 'rollout' }>['shares']

export function sharesText(flag: Named, shares: Shares): string {
  const rest = weightTotal - shares.reduce((sum, { weight }) => sum + weight, 0)
  const named = shares
    .filter(({ weight }) => weight > 0)
    .map(({ variationId, weight }) => `${variationName(flag, variationId)} ${percent(weight / weightTotal)}`)
  return [...named, ...(rest > 0 ? [`${words.rest} ${percent(rest / weightTotal)}`] : [])].join(' · ')
}
