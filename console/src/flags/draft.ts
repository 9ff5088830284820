// A flag as it is being edited: what may differ from what is stored, and what would be sent. Pure.
import type { Clause } from '../../../core/model/clause.ts'
import type { Flag, Rule, Strategy } from '../../../core/model/flag.ts'
import { isSame } from '../change/changes-between.ts'

/** What the pages of a flag edit as one draft, and save together. */
export const draftFields = [
  'variations',
  'valueSchema',
  'offVariationId',
  'prerequisites',
  'targets',
  'rules',
  'defaultStrategy',
] as const
export type DraftField = (typeof draftFields)[number]
export type Draft = Pick<Flag, DraftField>

/** `base` is the flag that was edited: what is stored may be newer. */
export interface Edit {
  readonly base: Flag
  readonly draft: Draft
}

/** Whether what a browser has kept, maybe since an older release, can be shown as an edit. */
export function isEdit(value: unknown): value is Edit {
  const { base, draft } = (value ?? {}) as Partial<Edit>
  return typeof base?.version === 'number' && isDraft(base) && isDraft(draft)
}

function isDraft(value: Partial<Draft> | undefined): value is Draft {
  const { variations, prerequisites, targets, rules, defaultStrategy } = value ?? {}
  return (
    [variations, prerequisites, targets, rules].every(isList) &&
    [...rules!, defaultStrategy].every((each) => typeof each?.strategy?.kind === 'string') &&
    rules!.every(({ anyOf }) => isList(anyOf) && anyOf.every(isList))
  )
}

const isList = (value: unknown) => Array.isArray(value)

export const draftOf = (flag: Flag): Draft =>
  Object.fromEntries(draftFields.map((field) => [field, flag[field]])) as unknown as Draft

/** The fields that differ, as the API takes them: null removes. Undefined if nothing differs. */
export function changesOf({ base, draft }: Edit): Partial<Record<DraftField, unknown>> | undefined {
  const changed = draftFields.filter((field) => !isSame(base[field], draft[field]))
  if (changed.length === 0) return undefined
  return Object.fromEntries(changed.map((field) => [field, draft[field] ?? null]))
}

export const withDraft = (flag: Flag, draft: Draft): Flag => ({ ...flag, ...draft })

/** A rule that fits nobody until its condition is written. */
export const newRule = (id: string, { variations }: Pick<Flag, 'variations'>): Rule => ({
  id,
  name: '',
  anyOf: [[newClause()]],
  strategy: { kind: 'fixed', variationId: variations[0]!.id },
})

export const newClause = (): Clause => ({ attribute: '', operator: 'equals', values: [] })

/** The list with one element moved to another place; the same list if there is no such place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list]
  if (to < 0 || to >= next.length) return next
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}

export const replaced = <T>(list: readonly T[], place: number, value: T): T[] =>
  list.map((each, i) => (i === place ? value : each))

export const without = <T>(list: readonly T[], place: number): T[] => list.filter((_, i) => i !== place)

/** Whether a variation is named anywhere but in the list of variations. */
export function isServed({ offVariationId, targets, rules, defaultStrategy }: Draft, id: string): boolean {
  const serves = (strategy: Strategy) =>
    strategy.kind === 'fixed'
      ? strategy.variationId === id
      : strategy.shares.some(({ variationId, weight }) => variationId === id && weight > 0) ||
        strategy.audience?.defaultVariationId === id
  return (
    offVariationId === id ||
    targets.some(({ variationId, targetingKeys }) => variationId === id && targetingKeys.length > 0) ||
    [...rules, defaultStrategy].some(({ strategy }) => serves(strategy))
  )
}

/** Takes out a variation that is not served, with its empty shares and targets. */
export function withoutVariation(draft: Draft, id: string): Draft {
  const strip = (strategy: Strategy): Strategy => {
    if (strategy.kind === 'fixed') return strategy
    const shares = strategy.shares.filter(({ variationId }) => variationId !== id)
    return { ...strategy, shares }
  }
  return {
    ...draft,
    variations: draft.variations.filter((each) => each.id !== id),
    targets: draft.targets.filter(({ variationId }) => variationId !== id),
    rules: draft.rules.map((rule) => ({ ...rule, strategy: strip(rule.strategy) })),
    defaultStrategy: { ...draft.defaultStrategy, strategy: strip(draft.defaultStrategy.strategy) },
  }
}
