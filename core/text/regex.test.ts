import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scaled } from '../../test/support/build/scale.ts'
import { compilePattern } from './regex.ts'

function test(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.test(text)
}

/** Patterns of all that is understood, on the part where JavaScript's expressions mean the same. */
const sign = fc.constantFrom(
  'a',
  'b',
  '0',
  '_',
  '.',
  '\\d',
  '\\w',
  '\\D',
  '\\W',
  '\\.',
  '[ab]',
  '[^a]',
  '[a-c0]',
  '[^\\d_]',
  '[\\w-]',
  '\\n',
  '\\-',
)
const pattern = fc.letrec<{ any: string; one: string }>((tie) => ({
  any: fc.array(tie('one'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
  one: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    sign,
    fc.constantFrom('^', '$'),
    fc
      .tuple(sign, fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '{0}', '*?', '+?'))
      .map((parts) => parts.join('')),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('any'), fc.constantFrom('*', '+', '?', '{2}')).map(([a, counts]) => `(?:${a})${counts}`),
  ),
})).any
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '0', '1', '_', '-', '.', '\n', 'é', '😀'),
  maxLength: 12,
})

describe('a pattern', () => {
  it('matches what JavaScript’s expressions match', () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
        const theirs = new RegExp(source.replaceAll('\\-', '-'), 'su')
        // `.` leaves out the newline here, as RE2 does; with the s flag JavaScript's takes all, so the newline is put otherwise there.
        const same = new RegExp(theirs.source.replace(/(?<!\\)\.(?![^[]*\])/g, '[^\\n]'), 'u')
        for (const each of texts)
          expect([source, each, test(source, each)]).toEqual([source, each, same.test(each)])
      }),
      { numRuns: scaled(3_000) },
    )
  })

  it.each([
    ['^\\d{3}-\\d{4}$', '555-1234', true],
    ['^\\d{3}-\\d{4}$', '5555-1234', false],
    ['@(example|test)\\.com$', 'ada@test.com', true],
    ['\\s', 'a\u00a0b', false],
    ['\\S', ' \t', false],
    ['^.$', '😀', true],
    ['^[😀-😂]+$', '😁😂', true],
    ['a||b', 'zzz', true],
    ['', '', true],
    ['()', 'x', true],
    ['a{2,3}$', 'baaa', true],
    ['x*', '', true],
    ['[a-]', '-', true],
    ['\\t\\r\\f\\v', '\t\r\f\v', true],
  ])('%s on %j: %s', (source, given, expected) => {
    expect(test(source, given)).toBe(expected)
  })

  it.each([
    '(',
    ')',
    'a)',
    '[a',
    '[]a]',
    '[b-a]',
    '[\\w-z]',
    '*',
    'a**',
    '^*',
    'a{300}',
    'a{3,2}',
    '{',
    '}',
    ']',
    '[[]',
    '\\',
    '\\b',
    '\\1',
    '\\p{L}',
    '(?=a)',
    '(?<n>a)',
    '(?i)a',
    '(a{200}){200}',
    '('.repeat(200),
  ])('of a kind it does not understand is refused with a sentence: %s', (source) => {
    expect(compilePattern(source)).toEqual({ ok: false, message: expect.stringMatching(/\w+ \w+/) as string })
  })

  it('takes time in proportion to the text, also where backtracking explodes', () => {
    const text = `${'a'.repeat(scaled(50_000))}!`
    for (const evil of ['(a+)+$', '(a|aa)+$', '^(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$'])
      expect(test(evil, text)).toBe(false)
  })
})
