import fc from '../../../test/support/build/fast-check.ts'
import { describe, expect, it } from 'vitest'
import { Segment } from '../../../core/model/segment.ts'
import { changesBetween } from '../change/changes-between.ts'
import { segmentBody, segmentFields } from './segment-fields.ts'

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.constantFrom('Washington, DC', ' a ', '"', 'a,"b', 'two\nlines', ','),
)
const clause = fc.record({
  attribute: fc.constantFrom('city', 'plan'),
  operator: fc.constantFrom('equals', 'not-equals', 'contains'),
  values: fc.array(text, { minLength: 1, maxLength: 4 }),
})
const segment = fc
  .record({
    included: fc.uniqueArray(text, { maxLength: 5 }),
    anyOf: fc.array(fc.array(clause, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
  })
  .map((made) => Segment.parse({ ...made, key: 'staff', version: 1, createdAt: 1, updatedAt: 1 }))

describe('the form of a segment', () => {
  it('sends the field that was edited, and nothing of who is in it', () => {
    fc.assert(
      fc.property(segment, (stored) => {
        const fields = segmentFields(stored)
        const body = segmentBody(fields)!
        expect(changesBetween(body, segmentBody({ ...fields, name: 'Staff' })!)).toEqual({ name: 'Staff' })
        expect(body['anyOf']).toEqual(stored.anyOf)
        expect((body['included'] as string[]).toSorted()).toEqual(stored.included.toSorted())
      }),
    )
  })

  it('keeps the other conditions and users where one is added', () => {
    fc.assert(
      fc.property(segment, (stored) => {
        const fields = segmentFields(stored)
        const kept = { attribute: 'city', operator: 'matches', values: [] } as const
        const groups = [...fields.groups, [{ kept: { ...kept, values: [] }, values: '"^a{1,3}$"' }]]
        const included = `${fields.included}\nthe new one`
        const { anyOf, included: users } = segmentBody({ ...fields, groups, included })!
        expect(anyOf).toEqual([...stored.anyOf, [{ ...kept, values: ['^a{1,3}$'] }]])
        expect((users as string[]).toSorted()).toEqual([...stored.included, 'the new one'].toSorted())
      }),
    )
  })

  it('waits for a key', () => {
    const fields = segmentFields(Segment.parse({ key: 'staff', version: 1, createdAt: 1, updatedAt: 1 }))
    expect(segmentBody({ ...fields, key: '' })).toBeUndefined()
  })
})
