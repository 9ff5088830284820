// Matches the rules of an edited flag with those it has. A rule's id salts the hash and is what experiments
// refer to, so a rule that is still the same keeps its id, also if the author did not send one.
import type { Flag, Rule } from '../model/flag.ts'

export type RuleDraft = Omit<Rule, 'id'> & { readonly id?: string | undefined }

/**
 * How an id that no existing rule has is read: `new` names a new rule; `foreign` comes from a flag elsewhere,
 * so a rule of equal name or targeting keeps the id it has here.
 */
export type UnknownIds = 'new' | 'foreign'

/**
 * Returns the drafts with ids. Ids of existing rules count first. Then existing rules are matched, each once
 * and at the same place where possible: equal in everything, in all but the name, in name, in targeting, in
 * strategy at the same place, or in a rollout anywhere: a rule may have been edited and moved, and a new id
 * would split its users anew. If one rule is left on both sides, it was edited. All others are new.
 */
export function withRuleIds(
  drafts: readonly RuleDraft[],
  existing: readonly Rule[],
  newId: () => string,
  unknownIds: UnknownIds = 'new',
): Rule[] {
  const existingIds = new Set(existing.map(({ id }) => id))
  const isSettled = ({ id }: RuleDraft) => id !== undefined && (unknownIds === 'new' || existingIds.has(id))
  const ids = new Map<number, string>(
    drafts.flatMap((draft, i) => (isSettled(draft) ? [[i, draft.id!]] : [])),
  )
  const given = new Set(ids.values())
  const places = new Map(existing.map(({ id }, place) => [id, place]))
  const left = new Set(existing.filter(({ id }) => !given.has(id)))
  const pair = (isSame: (draft: RuleDraft, rule: Rule, isSamePlace: boolean) => boolean) => {
    for (const isAnyPlace of [false, true])
      drafts.forEach((draft, i) => {
        if (ids.has(i)) return
        const rule = [...left].find((each) => {
          const isSamePlace = places.get(each.id) === i
          return (isAnyPlace || isSamePlace) && isSame(draft, each, isSamePlace)
        })
        if (!rule) return
        ids.set(i, rule.id)
        left.delete(rule)
      })
  }
  pair(
    (draft, rule) =>
      text([draft.name, draft.anyOf, draft.strategy]) === text([rule.name, rule.anyOf, rule.strategy]),
  )
  pair((draft, rule) => isSameSplit(draft, rule))
  pair((draft, rule) => draft.name !== '' && draft.name === rule.name)
  pair((draft, rule) => text(draft.anyOf) === text(rule.anyOf))
  pair(
    ({ strategy }, rule, isSamePlace) =>
      (isSamePlace || strategy.kind === 'rollout') &&
      text(sharesOf(strategy)) === text(sharesOf(rule.strategy)),
  )
  const unmatched = drafts.filter((_, i) => !ids.has(i))
  if (left.size === 1 && unmatched.length === 1 && unmatched[0]!.id === undefined) pair(() => true)
  return drafts.map((draft, i) => ({ ...draft, id: ids.get(i) ?? draft.id ?? newId() }))
}

/** Whether both give the same users the same shares. */
export const isSameSplit = (a: RuleDraft, b: RuleDraft): boolean =>
  text(a.anyOf) === text(b.anyOf) && text(sharesOf(a.strategy)) === text(sharesOf(b.strategy))

/** The strategy without what an edit need not send: where its variations lie, and in which order. */
function sharesOf(strategy: Rule['strategy']): unknown {
  if (strategy.kind === 'fixed') return strategy
  const { pieces: _, shares, ...rest } = strategy
  return { ...rest, shares: shares.toSorted((a, b) => (a.variationId < b.variationId ? -1 : 1)) }
}

/** A new split gives every rule a new id; what refers to one goes on with the rule at the same place. */
export function renewedRuleId(before: Flag, after: Flag, ruleId: string): string {
  const has = (flag: Flag, wanted: string) =>
    [flag.defaultStrategy, ...flag.rules].some(({ id }) => id === wanted)
  if (has(after, ruleId)) return ruleId
  const next = partAtItsPlace(before, after, ruleId)
  // A rule that was there before is another one, whatever place it has now.
  return next === undefined || has(before, next) ? ruleId : next
}

function partAtItsPlace(before: Flag, after: Flag, ruleId: string): string | undefined {
  if (before.defaultStrategy.id === ruleId) return after.defaultStrategy.id
  const place = before.rules.findIndex(({ id }) => id === ruleId)
  const [was, is] = [before.rules[place], after.rules[place]]
  return was && is && text(was.anyOf) === text(is.anyOf) ? is.id : undefined
}

/** Both sides are parsed by one schema, which fixes the order of fields. */
const text = (value: unknown) => JSON.stringify(value)
