// Contexts of the debugger survive the way from the form to JSON and back.
import fc from '../../../test/support/build/fast-check.ts'
import { expect, it } from 'vitest'
import { fromJson, toJson, toSent, withoutBlanks } from './context.ts'

it('a context is the same as a form and as JSON', () => {
  const values = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.array(fc.string()),
    fc.dictionary(fc.string(), fc.string()),
  )
  const names = fc.string({ minLength: 1 }).filter((name) => name !== 'targetingKey' && name !== '__proto__')
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.dictionary(names, values), (targetingKey, attributes) => {
      const text = JSON.stringify({ targetingKey, ...attributes })
      const context = fromJson(text)!
      expect(toSent(context)).toEqual(JSON.parse(JSON.stringify({ targetingKey, attributes })))
      expect(JSON.parse(toJson(context))).toEqual(JSON.parse(text))
    }),
  )
})

it('a version that looks like a number stays a text, and what is no object is none', () => {
  const sent = toSent({
    targetingKey: '',
    attributes: [
      ['v', '8.20'],
      ['n', '8'],
      ['', 'x'],
      ['t', 'true'],
    ],
  })
  expect(sent).toEqual({ attributes: { v: '8.20', n: 8, t: true } })
  expect([fromJson('[]'), fromJson('1'), fromJson('{'), fromJson('null')]).toEqual(Array(4).fill(undefined))
})

it('what was typed into fields is asked for without the blanks of a paste', () => {
  expect(withoutBlanks({ targetingKey: ' ada\n', attributes: [[' plan', 'team ']] })).toEqual({
    targetingKey: 'ada',
    attributes: [['plan', 'team']],
  })
})
