// Merges a draft with a flag that somebody else changed meanwhile. Pure. What only one side changed is taken
// from that side; what both changed differently is a conflict, for which a person chooses a side.
import type { Flag } from '../../../core/model/flag.ts'
import { isSame } from '../change/changes-between.ts'
import { type Side, sideOf } from '../change/merge-fields.ts'
import { type Draft, type DraftField, draftFields, draftOf, type Edit } from './draft.ts'

/** A field, or an element of a list with an id: `rules/r1`. */
export interface Conflict {
  readonly place: string
  readonly field: DraftField
  readonly id?: string
  readonly base: unknown
  readonly mine: unknown
  readonly theirs: unknown
}

export interface Merge {
  readonly draft: Draft
  readonly conflicts: readonly Conflict[]
}

interface Identified {
  readonly id: string
}

/** `choices` says which side wins where both changed; mine, unless it is said. */
export function merge(
  { base, draft }: Edit,
  theirs: Flag,
  choices: Readonly<Record<string, Side>> = {},
): Merge {
  const conflicts: Conflict[] = []
  const stored = draftOf(theirs)
  const was = draftOf(base)

  const choose = (at: Omit<Conflict, 'place'>): unknown => {
    const side = sideOf(at)
    if (side) return at[side]
    const place = at.id === undefined ? at.field : `${at.field}/${at.id}`
    conflicts.push({ ...at, place })
    return at[choices[place] ?? 'mine']
  }

  const mergeList = (field: 'rules' | 'variations'): unknown => {
    const lists = [was[field], draft[field], stored[field]] as const
    const [old, mine, other] = lists.map((list) => new Map(list.map((each: Identified) => [each.id, each])))
    const merged = new Map<string, unknown>()
    for (const id of new Set(lists.flatMap((list) => list.map((each: Identified) => each.id)))) {
      const sides = { base: old!.get(id), mine: mine!.get(id), theirs: other!.get(id) }
      const chosen = choose({ field, id, ...sides })
      if (chosen !== undefined) merged.set(id, chosen)
    }
    return inOrder(lists, merged)
  }

  const fields = draftFields.map((field) => [
    field,
    field === 'rules' || field === 'variations'
      ? mergeList(field)
      : choose({ field, base: was[field], mine: draft[field], theirs: stored[field] }),
  ])
  return { draft: Object.fromEntries(fields) as Draft, conflicts }
}

/**
 * Their order, unless only mine differs from what was; an element that the order lacks stands behind the one
 * that it followed in its own list.
 */
function inOrder(
  [base, mine, theirs]: readonly [readonly Identified[], readonly Identified[], readonly Identified[]],
  merged: ReadonlyMap<string, unknown>,
): unknown[] {
  const kept = (list: readonly Identified[], others: readonly Identified[]) => {
    const ids = new Set(others.map(({ id }) => id))
    return list.map(({ id }) => id).filter((id) => ids.has(id))
  }
  const theyKept = isSame(kept(theirs, base), kept(base, theirs))
  const [leading, other] = theyKept ? [mine, theirs] : [theirs, mine]
  const order = leading.map(({ id }) => id).filter((id) => merged.has(id))
  other.forEach(({ id }, i) => {
    if (!merged.has(id) || order.includes(id)) return
    const before = other.slice(0, i).findLast((each) => order.includes(each.id))
    order.splice(before === undefined ? 0 : order.indexOf(before.id) + 1, 0, id)
  })
  return order.map((id) => merged.get(id))
}
