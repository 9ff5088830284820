// Which rule of the document is which rule of the flag, where the author left ids out. A rule's id salts its
// hash and is what experiments hold on to, so a rule that is still the same one keeps it: applying one
// document twice changes nothing.
import type { Rule } from '../../model/flag.ts'

export type RuleDraft = Omit<Rule, 'id'> & { readonly id?: string | undefined }

/**
 * Ids that are given count first. Then, each existing rule once and in their order: the same in everything,
 * the same name, the same targeting; and where one rule is left on both sides, that one was edited. What is
 * still without one is new.
 */
export function withRuleIds(
  drafts: readonly RuleDraft[],
  existing: readonly Rule[],
  newId: () => string,
): Rule[] {
  const given = new Set(drafts.flatMap(({ id }) => id ?? []))
  const left = new Set(existing.filter(({ id }) => !given.has(id)))
  const ids = new Map<number, string>(drafts.flatMap(({ id }, i) => (id === undefined ? [] : [[i, id]])))
  const pair = (isSame: (draft: RuleDraft, rule: Rule) => boolean) =>
    drafts.forEach((draft, i) => {
      if (ids.has(i)) return
      const rule = [...left].find((each) => isSame(draft, each))
      if (!rule) return
      ids.set(i, rule.id)
      left.delete(rule)
    })
  pair(
    (draft, rule) =>
      text([draft.name, draft.anyOf, draft.strategy]) === text([rule.name, rule.anyOf, rule.strategy]),
  )
  pair((draft, rule) => draft.name !== '' && draft.name === rule.name)
  pair((draft, rule) => text(draft.anyOf) === text(rule.anyOf))
  if (left.size === 1 && drafts.length - ids.size === 1) pair(() => true)
  return drafts.map((draft, i) => ({ ...draft, id: ids.get(i) ?? newId() }))
}

/** Both sides came out of one schema, which fixes the order of fields. */
const text = (value: unknown) => JSON.stringify(value)
