import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { compilePattern } from './regex.ts'

const unlimited = { left: Infinity }

function test(pattern: string, text: string, ignoreCase = false): boolean {
  const compiled = compilePattern(pattern, ignoreCase)
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.test(text, unlimited)
}

/** Patterns of all supported kinds, as far as they mean the same in JavaScript. */
const character = fc.constantFrom(
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
const pattern = fc.letrec<{ any: string; part: string }>((tie) => ({
  any: fc.array(tie('part'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('')),
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    character,
    fc.constantFrom('^', '$', '\\b', '\\B'),
    fc
      .tuple(character, fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '{0}', '*?', '+?'))
      .map((parts) => parts.join('')),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('any'), fc.constantFrom('*', '+', '?', '{2}')).map(([a, counts]) => `(?:${a})${counts}`),
  ),
})).any
const text = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', 'B', 'c', '0', '1', '_', '-', '.', '\n', 'é', 'É', '😀'),
  maxLength: 12,
})

describe('a pattern', () => {
  it('matches the same texts as a regular expression of JavaScript', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.array(text, { minLength: 5, maxLength: 5 }),
        fc.boolean(),
        (source, texts, folds) => {
          const theirs = new RegExp(source.replaceAll('\\-', '-'), 'su')
          // As in RE2, `.` excludes only \n. JavaScript's `.` excludes more, or nothing with the s flag.
          const equivalent = new RegExp(
            theirs.source.replace(/(?<!\\)\.(?![^[]*\])/g, '[^\\n]'),
            folds ? 'iu' : 'u',
          )
          // V8 finds \B inside a surrogate pair too.
          const isPlain = source.includes('\\B')
          for (const each of isPlain ? texts.map((given) => given.replaceAll('😀', 'é')) : texts)
            expect([source, each, test(source, each, folds)]).toEqual([source, each, equivalent.test(each)])
        },
      ),
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
    ['(?i)@example\\.com$', 'Ada@Example.COM', true],
    ['(?i)[^a]', 'A', false],
    ['(?i)[^a-z]', 'M', false],
    ['(?i)^[À-Þ]$', 'é', true],
    ['(?i)^straße$', 'STRAẞE', true],
    ['\\bpro\\b', 'the pro plan', true],
    ['\\bpro\\b', 'professional', false],
    ['\\Bfess\\B', 'professional', true],
    ['\\b', '', false],
    ['\\B', '', true],
    ['^\\B', 'é', true],
    ['a\\b', 'aé', true],
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
    '\\b*',
    '\\B?',
    '[\\b]',
    '\\1',
    '\\p{L}',
    '(?=a)',
    '(?<n>a)',
    'a(?i)b',
    '(?i:a)',
    '(?s)a',
    '(a{200}){200}',
    '('.repeat(200),
  ])('that is invalid or unsupported is rejected with a message: %s', (source) => {
    expect(compilePattern(source)).toEqual({ ok: false, message: expect.stringMatching(/\w+ \w+/) as string })
  })

  it('that ignores case knows the cases of every letter, as JavaScript does', () => {
    const letters = Array.from({ length: 0x1f000 }, (_, point) => point)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .filter((letter) => letter.toLowerCase() !== letter || letter.toUpperCase() !== letter)
    expect(letters.length).toBeGreaterThan(2_500)
    for (const letter of letters) {
      const theirs = new RegExp(`^${letter}$`, 'iu')
      const compiled = compilePattern(`^${letter}$`, true)
      for (const other of [letter, letter.toLowerCase(), letter.toUpperCase(), 's', 'k', 'i', 'ı', 'ω', 'å'])
        expect([letter, other, compiled.ok && compiled.test(other, unlimited)]).toEqual([
          letter,
          other,
          theirs.test(other),
        ])
    }
  })

  it('ignores case in wide classes at no great cost', () => {
    const compiled = compilePattern(`(?i)${'[\u0001-\u{10fffe}]{9}[^b-\u{1e900}]'.repeat(20)}`)
    expect(compiled.ok && compiled.test('a'.repeat(10_000), unlimited)).toBe(true)
  })

  it('takes time proportional to the text, also where backtracking would explode', () => {
    const text = `${'a'.repeat(scaled(50_000))}!`
    for (const evil of ['(a+)+$', '(a|aa)+$', '^(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$'])
      expect(test(evil, text)).toBe(false)
  })
})
