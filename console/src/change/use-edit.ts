// What a form is of and what is typed in it, as a hook. Each step is made on the newest state: people go on
// typing while a save is on its way.
import { useState } from 'react'
import {
  type EditState,
  followed,
  type FormOf,
  isDecided,
  openedEdit,
  rebased,
  withChoice,
} from './edit-state.ts'
import type { Conflict, FieldRules, Side } from './merge-fields.ts'

export interface Versioned {
  readonly version: number
}

export interface Edit<Entity, Fields> extends EditState<Entity, Fields> {
  readonly set: (next: Partial<Fields>) => void
  readonly rules: FieldRules<Fields>
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
  form: FormOf<Entity, Fields>,
): Edit<Entity, Fields> {
  const [state, setState] = useState(() => openedEdit(form, entity))
  return {
    ...state,
    set: (next) => setState((was) => ({ ...was, fields: { ...was.fields, ...next } })),
    rules: form.rules,
    choose: (conflict, side) => setState((was) => withChoice(was, conflict, side)),
    isMerged: isDecided(state),
    rebase: (current) => setState((was) => rebased(form, was, current)),
    follow: (current) => {
      const next = followed(form, state, current)
      // it is called while the page renders
      if (next !== state) setState(next)
    },
    restart: (current) => setState(openedEdit(form, current)),
  }
}
