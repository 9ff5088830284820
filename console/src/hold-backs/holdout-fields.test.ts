import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import { HoldoutDraft } from '../../../core/change/hold-back-drafts.ts'
import { Holdout } from '../../../core/model/holdout.ts'
import { changesBetween } from '../change/changes-between.ts'
import { openedEdit, rebased } from '../change/edit-state.ts'
import { mergeFields } from '../change/merge-fields.ts'
import { emptyHoldout, holdoutBody, holdoutFields, holdoutForm } from './holdout-fields.ts'

const day = (text: string) => Date.parse(`${text}T00:00`)
const holdout = Holdout.parse({
  id: 'year',
  name: 'This year',
  salt: 'pepper',
  slices: 525,
  startAt: day('2026-11-30') + 5_000,
  stopAt: day('2027-02-01'),
  flagKeys: ['checkout', 'search'],
  goalKeys: ['order'],
  held: [],
  status: 'running',
  version: 2,
  createdAt: 1,
  updatedAt: 1,
})

it('an edit sends the name and the end alone if nothing else was changed', () => {
  const fields = holdoutFields(holdout)
  expect(fields).toMatchObject({ share: '5.25', stop: '2027-01-31', flags: 'checkout, search' })
  const edited = holdoutBody({ ...fields, name: 'All year', stop: '2027-02-28' })!
  expect(changesBetween(holdoutBody(fields)!, edited)).toEqual({
    name: 'All year',
    stopAt: day('2027-03-01'),
  })
})

it.each([
  ['each leaves another one out', 'checkout, search', 'checkout', 'search'],
  ['they hold every flag back', 'checkout', 'checkout, search', ''],
  ['I hold every flag back', 'checkout', '', 'checkout, search'],
  ['each names another one', '', 'checkout', 'search'],
])('a merge never holds every flag back by itself: %s', (_, base, mine, theirs) => {
  const of = (flags: string) => ({ ...holdoutFields(holdout), flags })
  const { conflicts } = mergeFields(holdoutForm.rules, { base: of(base), mine: of(mine), theirs: of(theirs) })
  expect(conflicts).toMatchObject([{ field: 'flags', base, mine, theirs }])
  const { text } = holdoutForm.rules.flags as { text: (flags: string) => string }
  expect([base, mine, theirs].map(text)).not.toContain('')
})

it.each([
  ['running', '2027-03-31', ['flags', 'goals', 'share']],
  ['ended', '2027-01-31', ['flags', 'goals', 'share', 'stop']],
] as const)('one that is %s meanwhile keeps who is held back, and says so', (status, stop, settled) => {
  const waiting = openedEdit(holdoutForm, { ...holdout, status: 'waiting' })
  const typed = { name: 'All', share: '9', flags: 'checkout', goals: '', stop: '2027-03-31' }
  const edit = { ...waiting, fields: { ...waiting.fields, ...typed } }
  const { initial, fields, merge } = rebased(holdoutForm, edit, { ...holdout, status, version: 3 })
  expect(fields).toEqual({ ...holdoutFields(holdout), name: 'All', stop })
  expect(merge!.conflicts).toEqual([])
  expect(merge!.taken.map(({ field }) => field).toSorted()).toEqual(settled)
  const sent = changesBetween(holdoutBody(initial)!, holdoutBody(fields)!)
  expect(Object.keys(sent)).toEqual(status === 'running' ? ['name', 'stopAt'] : ['name'])
})

it('every share that a holdout can have is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (slices) => {
      expect(holdoutBody(holdoutFields({ ...holdout, slices }))).toMatchObject({ slices })
    }),
  )
})

it('a new one begins at once and for as long as the API says, unless it is told', () => {
  const body = holdoutBody({ ...emptyHoldout, id: 'year' })!
  expect(HoldoutDraft.parse(body)).toMatchObject({ slices: 500, goalKeys: [] })
  for (const field of ['startAt', 'stopAt', 'flagKeys']) expect(body).not.toHaveProperty(field)
  for (const typed of [{ id: '' }, { share: 'half' }, { share: '51' }])
    expect(holdoutBody({ ...emptyHoldout, id: 'year', ...typed })).toBeUndefined()
})
