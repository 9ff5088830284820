// The laws of merging a form with what somebody else stored meanwhile.
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { isSame } from './changes-between.ts'
import { listOf, listText } from '../ui/list-text.ts'
import {
  combineFilters,
  combineLists,
  combineTexts,
  type FieldRules,
  mergeFields,
  valueAt,
  withSide,
} from './merge-fields.ts'

interface Form {
  readonly name: string
  readonly isOn: boolean
  readonly steps: readonly { readonly key: number; readonly share: string }[]
  readonly keys: readonly string[]
  readonly tags: string
  readonly margins: Readonly<Record<string, { readonly text: string }>>
  readonly kept?: string
}

const rules: FieldRules<Form> = {
  name: { label: 'Name' },
  isOn: { label: 'On' },
  steps: { label: 'Steps', compared: (steps) => steps.map(({ share }) => share) },
  keys: { label: 'Keys', combine: combineLists },
  tags: { label: 'Tags', combine: combineTexts(listOf, listText) },
  margins: { label: 'Margins', entries: { label: (key) => key, text: (margin) => margin?.text ?? '' } },
  kept: 'stored',
}

const text = fc.constantFrom('', 'a', 'b')
const keys = fc.uniqueArray(fc.constantFrom('k', 'l', 'm', 'n'), { maxLength: 4 })
const formOf = (kept: fc.Arbitrary<string>): fc.Arbitrary<Form> =>
  fc.record({
    name: text,
    isOn: fc.boolean(),
    steps: fc.array(fc.record({ key: fc.nat(2), share: text }), { maxLength: 2 }),
    keys,
    tags: keys.map(listText),
    margins: fc.dictionary(fc.constantFrom('x', 'y'), fc.record({ text })),
    kept,
  })
/** Nobody types what is only stored. */
const typed = formOf(fc.constant('opened'))
const stored = formOf(fc.constantFrom('opened', 'newer'))
const places = ['name', 'isOn', 'margins/x', 'margins/y']
const at = (form: Form, place: string) => {
  const [field = '', entry] = place.split('/')
  return valueAt(form, { place, field, ...(entry !== undefined && { entry }) })
}

describe('a form that is merged', () => {
  it('is theirs where nothing was typed, and mine where nobody else changed anything', () => {
    fc.assert(
      fc.property(typed, typed, stored, (base, mine, theirs) => {
        const untouched = mergeFields(rules, { base, mine: base, theirs })
        expect(untouched).toMatchObject({ fields: theirs, conflicts: [] })
        const alone = mergeFields(rules, { base, mine, theirs: base })
        expect(alone.conflicts).toEqual([])
        expect(alone.taken).toEqual([])
        for (const place of [...places, 'keys', 'tags'])
          expect(at(alone.fields, place)).toEqual(at(mine, place))
      }),
    )
  })

  it('loses nothing that either side did: it is in the form, or a conflict shows it', () => {
    fc.assert(
      fc.property(typed, typed, stored, (base, mine, theirs) => {
        const { fields, conflicts, taken } = mergeFields(rules, { base, mine, theirs })
        for (const place of places) {
          const [was, my, their] = [base, mine, theirs].map((form) => at(form, place))
          const conflict = conflicts.find((each) => each.place === place)
          const [same, iDid, theyDid] = [
            [my, their],
            [my, was],
            [their, was],
          ].map(([a, b]) => JSON.stringify(a) === JSON.stringify(b))
          expect(conflict !== undefined).toBe(!same && !iDid && !theyDid)
          if (conflict) expect(conflict).toMatchObject({ base: was, mine: my, theirs: their })
          expect(at(fields, place)).toEqual(iDid ? their : my)
          expect(taken.some((each) => each.place === place)).toBe(iDid === true && !theyDid)
        }
        expect(fields.kept).toBe(theirs.kept)
      }),
    )
  })

  it('is the same whoever was first, once the same is chosen', () => {
    fc.assert(
      fc.property(typed, typed, typed, (base, ada, bob) => {
        const first = mergeFields(rules, { base, mine: ada, theirs: bob })
        const second = mergeFields(rules, { base, mine: bob, theirs: ada })
        expect(first.conflicts.map(({ place }) => place).toSorted()).toEqual(
          second.conflicts.map(({ place }) => place).toSorted(),
        )
        const chosen = second.conflicts.reduce((form, each) => withSide(form, each, 'theirs'), second.fields)
        for (const place of places) expect(at(chosen, place)).toEqual(at(first.fields, place))
        expect(chosen.keys.toSorted()).toEqual(first.fields.keys.toSorted())
        expect(listOf(chosen.tags).toSorted()).toEqual(listOf(first.fields.tags).toSorted())
      }),
    )
  })

  it('takes out of a list what one side took out, and keeps what either put in', () => {
    fc.assert(
      fc.property(keys, keys, keys, (base, mine, theirs) => {
        const merged = combineLists({ base, mine, theirs })
        expect(new Set(merged).size).toBe(merged.length)
        for (const key of ['k', 'l', 'm', 'n'] as const) {
          const [was, my, their] = [base, mine, theirs].map((list) => list.includes(key))
          expect(merged.includes(key)).toBe(was ? my && their : my || their)
        }
      }),
    )
  })

  it('asks before it makes all of some: of a filter, none stands for all', () => {
    const filters = { keys: { label: 'Keys', combine: combineFilters } }
    fc.assert(
      fc.property(keys, keys, keys, (base, mine, theirs) => {
        const { fields, conflicts, taken } = mergeFields<Pick<Form, 'keys'>>(filters, {
          base: { keys: base },
          mine: { keys: mine },
          theirs: { keys: theirs },
        })
        const isChosen = [mine, theirs].some((side) => isSame(side, fields.keys))
        const lists = [base, mine, theirs, fields.keys]
        if (conflicts.length > 0) expect(conflicts).toMatchObject([{ place: 'keys', base, mine, theirs }])
        else expect(isChosen || lists.every((list) => list.length > 0)).toBe(true)
        // what is said to be taken over is what the form holds now
        for (const { merged } of taken) expect(merged).toEqual(fields.keys)
        const isAll = fields.keys.length === 0
        if (isAll && conflicts.length === 0) expect([mine.length, theirs.length]).toContain(0)
      }),
    )
  })

  it('has no conflict where both made the same of it, though under other keys', () => {
    const [base, mine, theirs] = [
      [{ key: 0, share: '1' }],
      [{ key: 1, share: '2' }],
      [{ key: 0, share: '2' }],
    ].map((steps): Form => ({ name: '', isOn: true, steps, keys: [], tags: '', margins: {} }))
    expect(mergeFields(rules, { base: base!, mine: mine!, theirs: theirs! }).conflicts).toEqual([])
  })
})
