// What becomes of a form: nothing that is typed is lost unseen, and nothing is edited that was not shown.
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import {
  type EditState,
  followed,
  type FormOf,
  isDecided,
  openedEdit,
  rebased,
  withChoice,
} from './edit-state.ts'

interface Entity {
  readonly version: number
  readonly name: string
  readonly share: string
  readonly isFixed: boolean
}
type Fields = Pick<Entity, 'name' | 'share'>

const fieldsOf = ({ name, share }: Entity): Fields => ({ name, share })
const form: FormOf<Entity, Fields> = {
  empty: { name: '', share: '' },
  fieldsOf,
  rules: { name: { label: 'Name' }, share: { label: 'Share' } },
  settled: (fields, { isFixed, share }) => (isFixed ? { ...fields, share } : fields),
}
const text = fc.constantFrom('', 'a', 'b')
const fields = fc.record({ name: text, share: text })
const entity = fc.record({ name: text, share: text, isFixed: fc.boolean(), version: fc.nat(9) })
const typed = (edit: EditState<Entity, Fields>, mine: Fields) => ({ ...edit, fields: mine })

it('what was typed stays, is asked for, or is said to be gone', () =>
  fc.assert(
    fc.property(entity, fields, entity, (opened, mine, stored) => {
      const edit = rebased(form, typed(openedEdit(form, opened), mine), stored)
      expect(edit).toMatchObject({ opened: stored, initial: fieldsOf(stored), choices: {} })
      for (const field of ['name', 'share'] as const) {
        const conflict = edit.merge!.conflicts.find((each) => each.field === field)
        const taken = edit.merge!.taken.filter((each) => each.field === field)
        expect(taken.length).toBeLessThan(2)
        for (const each of taken) expect(each.merged).toBe(edit.fields[field])
        if (edit.fields[field] !== mine[field]) expect(taken).toMatchObject([{ base: mine[field] }])
        if (conflict) expect(conflict).toMatchObject({ mine: mine[field], theirs: stored[field] })
        if (field === 'share' && stored.isFixed) {
          expect(edit.fields.share).toBe(stored.share)
          expect(conflict).toBeUndefined()
        }
      }
    }),
  ))

it('is decided once each conflict has a side, or another text', () =>
  fc.assert(
    fc.property(entity, fields, entity, fc.constantFrom('mine', 'theirs'), (opened, mine, stored, side) => {
      const edit = rebased(form, typed(openedEdit(form, opened), mine), stored)
      const { conflicts } = edit.merge!
      expect(isDecided(edit)).toBe(conflicts.length === 0)
      const chosen = conflicts.reduce((was, conflict) => withChoice(was, conflict, side), edit)
      expect(isDecided(chosen)).toBe(true)
      for (const conflict of conflicts)
        expect(chosen.fields[conflict.field as keyof Fields]).toBe(conflict[side])
      expect(isDecided(typed(edit, { name: 'c', share: 'c' }))).toBe(true)
    }),
  ))

it('follows what is stored while nothing is typed, and never loses what is', () =>
  fc.assert(
    fc.property(entity, fields, entity, (opened, mine, stored) => {
      const untouched = openedEdit(form, opened)
      expect(followed(form, untouched, stored)).toEqual(openedEdit(form, stored))
      const edit = typed(untouched, mine)
      const isTyped = JSON.stringify(mine) !== JSON.stringify(fieldsOf(opened))
      const next = followed(form, edit, stored)
      if (isTyped) expect(next.fields).toBe(mine)
      if (isTyped && next.opened !== opened) expect(fieldsOf(stored)).toEqual(fieldsOf(opened))
    }),
  ))
