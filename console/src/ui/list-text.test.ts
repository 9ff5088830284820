import fc from '../../../test/support/build/fast-check.ts'
import { describe, expect, it } from 'vitest'
import { hasOpenQuote, linesText, listOf, listOfLines, listText } from './list-text.ts'

const awkward = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', ' ', '\t', '\\', '\n') })
const values = fc.array(fc.oneof(awkward, fc.string({ unit: 'binary' })))

describe('a list in one line', () => {
  it('is read back exactly, whatever it holds', () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(listOf(listText(list))).toEqual(list)
      }),
    )
  })

  it('is plain where it can be', () => {
    expect(listText(['Bern', 'Washington, DC', 'a{1,3}', '5" pipe'])).toBe(
      'Bern, "Washington, DC", "a{1,3}", 5" pipe',
    )
  })

  it.each([
    ['a,b , c', ['a', 'b', 'c']],
    [' , ', []],
    ['a,,b,', ['a', 'b']],
    ['"a, b",c', ['a, b', 'c']],
    ['say "a, b"', ['say "a', 'b"']],
    ['"a, b', ['"a', 'b']],
    ['"a" b, c', ['"a" b', 'c']],
    ['', []],
  ])('%j is %j', (text, list) => expect(listOf(text)).toEqual(list))
})

it.each([
  ['"Korea', true],
  [' "Korea, South', true],
  ['"Korea, South"', false],
  ['"a""', true],
  ['5" pipe', false],
  ['', false],
])('%j still waits for its quote: %j', (text, isOpen) => expect(hasOpenQuote(text)).toBe(isOpen))

describe('a list of lines', () => {
  it('keeps what is stored, whatever it holds, beside what is added', () => {
    const stored = fc.uniqueArray(fc.oneof(awkward, fc.string()).filter((value) => value !== ''))
    fc.assert(
      fc.property(stored, (list) => {
        expect(listOfLines(linesText(list), list).toSorted()).toEqual(list.toSorted())
        expect(listOfLines(`${linesText(list)}\n  new  \n`, list).toSorted()).toEqual(
          [...new Set([...list, 'new'])].toSorted(),
        )
      }),
    )
  })
})
