// What is typed in a form, and what becomes of it when somebody else was faster. Pure.
import { isSame } from './changes-between.ts'
import {
  type Conflict,
  type FieldRule,
  type FieldRules,
  type Merge,
  mergeFields,
  type Side,
  type Taken,
  valueAt,
  withSide,
} from './merge-fields.ts'

/** How a kind of entity is typed in. */
export interface FormOf<Entity, Fields> {
  /** Of a new one. */
  readonly empty: Fields
  readonly fieldsOf: (entity: Entity) => Fields
  readonly rules: FieldRules<Fields>
  /** With what can no longer change as it is stored, such as steps that were made. Default: all can. */
  readonly settled?: (fields: Fields, stored: Entity) => Fields
}

export interface EditState<Entity, Fields> {
  /** What is edited, as it was shown: the version that an edit is made on. Undefined: a new one. */
  readonly opened: Entity | undefined
  /** The fields of it. */
  readonly initial: Fields
  readonly fields: Fields
  /** After somebody else's change. */
  readonly merge: Merge<Fields> | undefined
  readonly choices: Readonly<Record<string, Side>>
}

export function openedEdit<Entity, Fields>(
  { empty, fieldsOf }: FormOf<Entity, Fields>,
  opened: Entity | undefined,
): EditState<Entity, Fields> {
  const initial = opened ? fieldsOf(opened) : empty
  return { opened, initial, fields: initial, merge: undefined, choices: {} }
}

export const withChoice = <Entity, Fields extends object>(
  was: EditState<Entity, Fields>,
  conflict: Conflict,
  side: Side,
): EditState<Entity, Fields> => ({
  ...was,
  choices: { ...was.choices, [conflict.place]: side },
  fields: withSide(was.fields, conflict, side),
})

/** Whether each conflict has been decided. */
export const isDecided = <Entity, Fields extends object>({
  fields,
  merge,
  choices,
}: EditState<Entity, Fields>): boolean =>
  (merge?.conflicts ?? []).every(
    (conflict) => choices[conflict.place] !== undefined || !isSame(valueAt(fields, conflict), conflict.mine),
  )

/** Puts what is typed on what somebody else stored. */
export function rebased<Entity, Fields extends object>(
  form: FormOf<Entity, Fields>,
  { initial: base, fields: typed }: EditState<Entity, Fields>,
  current: Entity,
): EditState<Entity, Fields> {
  const theirs = form.fieldsOf(current)
  const mine = form.settled ? form.settled(typed, current) : typed
  const { fields, conflicts, taken } = mergeFields(form.rules, { base, mine, theirs })
  const settled = differences(form.rules, typed, mine).map(({ field, ...each }): Taken => ({
    ...each,
    field,
    merged: valueAt(fields, { place: field, field }),
  }))
  const others = taken.filter(({ place }) => settled.every((each) => each.place !== place))
  const merge = { fields, conflicts, taken: [...settled, ...others] }
  return { opened: current, initial: theirs, fields, merge, choices: {} }
}

/** What was typed and cannot stay. */
const differences = <Fields extends object>(rules: FieldRules<Fields>, typed: Fields, mine: Fields) =>
  Object.entries<FieldRule<unknown> | 'stored'>(rules as never).flatMap(([field, rule]) => {
    const at = { place: field, field }
    const values = [typed, mine].map((fields) => valueAt(fields, at))
    const compared = values.map((value) =>
      rule !== 'stored' && rule.compared ? rule.compared(value) : value,
    )
    return isSame(compared[0], compared[1]) ? [] : [{ ...at, base: values[0] }]
  })

/** Keeps to a newer version. The same state, if what is typed would have to be merged with it. */
export function followed<Entity, Fields extends object>(
  form: FormOf<Entity, Fields>,
  was: EditState<Entity, Fields>,
  current: Entity,
): EditState<Entity, Fields> {
  const next = openedEdit(form, current)
  if (isSame(was.fields, was.initial)) return next
  return isSame(next.initial, was.initial) ? { ...was, opened: current } : was
}
