// Merges a form that is being filled in with what somebody else stored meanwhile. Pure. What only one side
// changed is taken from that side; what both changed differently is a conflict, for which a person chooses.
import { isSame } from './changes-between.ts'

export type Side = 'mine' | 'theirs'

/** A value as it was when it was opened, as it was typed, and as somebody else stored it. */
export interface Sides<Value> {
  readonly base: Value
  readonly mine: Value
  readonly theirs: Value
}

/** How one field of a form is called, shown and merged. */
export interface FieldRule<Value> {
  readonly label: string
  /** As a person reads it. Default: the text itself. */
  readonly text?: (value: Value) => string
  /** What of it counts as a difference. Default: all. */
  readonly compared?: (value: Value) => unknown
  /** Keeps what both sides did, as for a list without an order. Undefined: that is a conflict. */
  readonly combine?: (sides: Sides<Value>) => Value | undefined
  /** Of a record that is merged entry by entry: how an entry is called and shown. */
  readonly entries?: {
    readonly label: (key: string) => string
    readonly text: (value: Value[keyof Value] | undefined) => string
  }
}

/** Every field of a form. `stored`: nobody types it; it stays as it is stored. */
export type FieldRules<Fields> = {
  readonly [Field in keyof Fields]-?: FieldRule<NonNullable<Fields[Field]>> | 'stored'
}

/** A field, or an entry of one: `margins/order`. */
export interface Place {
  readonly place: string
  readonly field: string
  readonly entry?: string
}
export type Conflict = Place & Sides<unknown>
/** What is in the form otherwise than it was, by what somebody else changed. */
export interface Taken extends Place {
  readonly base: unknown
  readonly merged: unknown
}

export interface Merge<Fields> {
  /** Mine where both changed the same. */
  readonly fields: Fields
  readonly conflicts: readonly Conflict[]
  readonly taken: readonly Taken[]
}

/** The side whose value holds; undefined where both changed it, to different values. */
export function sideOf(sides: Sides<unknown>, compared = (value: unknown) => value): Side | undefined {
  const [base, mine, theirs] = [sides.base, sides.mine, sides.theirs].map(compared)
  if (isSame(mine, base) || isSame(mine, theirs)) return 'theirs'
  return isSame(theirs, base) ? 'mine' : undefined
}

type Fillable = Record<string, unknown>

export function mergeFields<Fields extends object>(
  rules: FieldRules<Fields>,
  sides: Sides<Fields>,
): Merge<Fields> {
  const conflicts: Conflict[] = []
  const taken: Taken[] = []
  const choose = (at: Place, values: Sides<unknown>, compared?: (value: unknown) => unknown): unknown => {
    const side = sideOf(values, compared)
    const { base, mine, theirs } = values
    if (side === undefined) conflicts.push({ ...at, ...values })
    else if (isSame(mine, base) && !isSame(theirs, base)) taken.push({ ...at, base, merged: theirs })
    return values[side ?? 'mine']
  }
  const mergeRecord = (field: string, values: Sides<Fillable>): Fillable => {
    const { base, mine, theirs } = values
    const keys = new Set([theirs, mine].flatMap((record) => Object.keys(record)))
    const merged = [...keys].map((entry) => {
      const at = { place: `${field}/${entry}`, field, entry }
      return [entry, choose(at, { base: base[entry], mine: mine[entry], theirs: theirs[entry] })]
    })
    return Object.fromEntries(merged.filter(([, value]) => value !== undefined)) as Fillable
  }
  const all = sides as unknown as Sides<Fillable>
  const fields = Object.entries<FieldRule<unknown> | 'stored'>(rules as never).map(([field, rule]) => {
    const values = { base: all.base[field], mine: all.mine[field], theirs: all.theirs[field] }
    const at = { place: field, field }
    if (rule === 'stored') return [field, values.theirs]
    if (rule.entries) return [field, mergeRecord(field, values as Sides<Fillable>)]
    const combined = sideOf(values) === undefined ? rule.combine?.(values) : undefined
    if (combined === undefined) return [field, choose(at, values, rule.compared)]
    taken.push({ ...at, base: values.base, merged: combined })
    return [field, combined]
  })
  return { fields: Object.fromEntries(fields) as Fields, conflicts, taken }
}

/** The form with one side's value where both had changed it. */
export function withSide<Fields extends object>(fields: Fields, conflict: Conflict, side: Side): Fields {
  const { field, entry, [side]: value } = conflict
  if (entry === undefined) return { ...fields, [field]: value }
  const { [entry]: _, ...others } = (fields as Fillable)[field] as Fillable
  return { ...fields, [field]: value === undefined ? others : { ...others, [entry]: value } }
}

/** What is in a form at a place now. */
export function valueAt(fields: object, { field, entry }: Place): unknown {
  const value = (fields as Fillable)[field]
  return entry === undefined ? value : (value as Fillable)[entry]
}

/** Theirs, without what I took out, and with what I put in. */
export function combineLists<Value>({ base, mine, theirs }: Sides<readonly Value[]>): Value[] {
  const [was, kept] = [new Set(base), new Set(mine)]
  const left = theirs.filter((value) => kept.has(value) || !was.has(value))
  const there = new Set(theirs)
  return [...left, ...mine.filter((value) => !was.has(value) && !there.has(value))]
}

/** The same of a filter, in which no value stands for all of them: nobody is to widen it to that unasked. */
export function combineFilters<Value>(sides: Sides<readonly Value[]>): Value[] | undefined {
  const combined = combineLists(sides)
  const lists = [sides.base, sides.mine, sides.theirs, combined]
  return lists.every((list) => list.length > 0) ? combined : undefined
}

/** The same of lists that are typed as one text. */
export const combineTexts =
  (
    listOf: (text: string) => readonly string[],
    textOf: (list: readonly string[]) => string,
    combine: NonNullable<FieldRule<readonly string[]>['combine']> = combineLists,
  ) =>
  ({ base, mine, theirs }: Sides<string>): string | undefined => {
    const combined = combine({ base: listOf(base), mine: listOf(mine), theirs: listOf(theirs) })
    return combined && textOf(combined)
  }

/** A choice is shown by the words of its option. */
export const optionText =
  (options: Readonly<Record<string, string>>) =>
  (value: string): string =>
    options[value] ?? value
