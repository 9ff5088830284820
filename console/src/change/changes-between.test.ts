import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import { changesBetween } from './changes-between.ts'

const body = fc.dictionary(fc.constantFrom('name', 'steps', 'at', 'repeat'), fc.jsonValue())

it('sends what makes the one into the other, and nothing else', () => {
  fc.assert(
    fc.property(body, body, (before, after) => {
      const changes = changesBetween(before, after)
      const made = Object.fromEntries(
        Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null),
      )
      const withoutNull = Object.entries(after).filter(([, value]) => value !== null)
      expect(JSON.parse(JSON.stringify(made))).toEqual(
        JSON.parse(JSON.stringify(Object.fromEntries(withoutNull))),
      )
      for (const name of Object.keys(changes))
        expect(JSON.stringify(before[name])).not.toBe(JSON.stringify(after[name]))
      expect(changesBetween(before, before)).toEqual({})
    }),
  )
})
