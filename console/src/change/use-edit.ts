// What a form is of, what is typed in it, and what becomes of both when somebody else was faster.
import { useState } from 'react'
import { isSame } from './changes-between.ts'
import {
  type Conflict,
  type FieldRules,
  type Merge,
  mergeFields,
  type Side,
  valueAt,
  withSide,
} from './merge-fields.ts'

export interface Versioned {
  readonly version: number
}

/** How a kind of entity is typed in. */
export interface FormOf<Entity, Fields> {
  /** Of a new one. */
  readonly empty: Fields
  readonly fieldsOf: (entity: Entity) => Fields
  readonly rules: FieldRules<Fields>
}

export interface Edit<Entity, Fields> {
  /** What is edited, as it was shown: the version that an edit is made on. Undefined: a new one. */
  readonly opened: Entity | undefined
  /** The fields of it. */
  readonly initial: Fields
  readonly fields: Fields
  readonly set: (next: Partial<Fields>) => void
  readonly rules: FieldRules<Fields>
  /** After somebody else's change. */
  readonly merge: Merge<Fields> | undefined
  readonly choices: Readonly<Record<string, Side>>
  readonly choose: (conflict: Conflict, side: Side) => void
  /** Whether each conflict has been decided. */
  readonly isMerged: boolean
  /** Puts what is typed on what somebody else stored. */
  readonly rebase: (current: Entity) => void
  /** Keeps to a newer version, unless what is typed would have to be merged with it. */
  readonly follow: (current: Entity) => void
  /** Starts anew, from what is stored. */
  readonly restart: (current: Entity) => void
}

/** `entity` counts as it is when the form opens: what is shown is what is edited. */
export function useEdit<Entity extends Versioned, Fields extends object>(
  entity: Entity | undefined,
  { empty, fieldsOf, rules }: FormOf<Entity, Fields>,
): Edit<Entity, Fields> {
  const [{ opened, initial }, setBase] = useState(() => ({
    opened: entity,
    initial: entity ? fieldsOf(entity) : empty,
  }))
  const [fields, setFields] = useState(initial)
  const [merge, setMerge] = useState<Merge<Fields>>()
  const [choices, setChoices] = useState<Readonly<Record<string, Side>>>({})
  const isDecided = (conflict: Conflict) =>
    choices[conflict.place] !== undefined || !isSame(valueAt(fields, conflict), conflict.mine)
  const start = (current: Entity, next: Fields, merged?: Merge<Fields>) => {
    setBase({ opened: current, initial: fieldsOf(current) })
    setFields(next)
    setMerge(merged)
    setChoices({})
  }
  return {
    opened,
    initial,
    fields,
    set: (next) => setFields((was) => ({ ...was, ...next })),
    rules,
    merge,
    choices,
    choose: (conflict, side) => {
      setChoices((was) => ({ ...was, [conflict.place]: side }))
      setFields((was) => withSide(was, conflict, side))
    },
    isMerged: merge === undefined || merge.conflicts.every(isDecided),
    rebase: (current) => {
      const merged = mergeFields(rules, { base: initial, mine: fields, theirs: fieldsOf(current) })
      start(current, merged.fields, merged)
    },
    follow: (current) => {
      const next = fieldsOf(current)
      if (isSame(fields, initial)) start(current, next)
      else if (isSame(next, initial)) setBase({ opened: current, initial })
    },
    restart: (current) => start(current, fieldsOf(current)),
  }
}
