// Reading YAML takes time in proportion to its length, also of texts that are made to take long.
import { expect, it } from 'vitest'
import { parseYaml } from './yaml.ts'
import { yamlReader } from './environment/yaml-values.ts'

const counted = (length: number, line: (i: number) => string) => {
  let text = ''
  for (let i = 0; text.length < length; i++) text += line(i)
  return text
}

/** Each takes the parser quadratic time as it is set up by default: seconds for 80,000 characters. */
const hostile: Record<string, (length: number) => string> = {
  'open lists': (length) => '['.repeat(length),
  'open maps': (length) => '{'.repeat(length),
  'closed lists': (length) => ']'.repeat(length),
  commas: (length) => `[${','.repeat(length)}]`,
  'a key after a key': (length) => 'a: '.repeat(length / 3),
  'many keys': (length) => counted(length, (i) => `k${i}: 1\n`),
  'many keys in a row': (length) => `{${counted(length, (i) => `k${i},`)}}`,
  'equal keys': (length) => 'a: 1\n'.repeat(length / 5),
  tags: (length) => '!a '.repeat(length / 3),
  directives: (length) => '%a\n'.repeat(length / 3),
  'keys that are maps': (length) => counted(length, (i) => `? {k${i}: 1}\n: 1\n`),
}

const timeOf = (text: string) => {
  const from = performance.now()
  parseYaml(text)
  return performance.now() - from
}

it.each(Object.entries(hostile))('%s', (_, make) => {
  timeOf(make(2_000)) // warm
  const fastest = (length: number) => Math.min(...[1, 2].map(() => timeOf(make(length))))
  const [short, long] = [fastest(10_000), fastest(80_000)]
  // 8 times the length: linear is 8, quadratic 64
  expect(long / Math.max(short, 2)).toBeLessThan(40)
})

it('reads as before, and says where the first error is', () => {
  expect(parseYaml('a: [1, yes]\nb: {c: ~}')).toEqual({ ok: true, value: { a: [1, 'yes'], b: { c: null } } })
  expect(parseYaml('a: yes', { dialect: 'yaml.v2' })).toEqual({ ok: true, value: { a: true } })
  expect(parseYaml('a: 1\nb: [\n')).toMatchObject({
    problem: expect.stringMatching(/not valid YAML: .* at line/),
  })
  expect(parseYaml('a: 1\na: 2')).toMatchObject({ problem: 'has duplicate keys: a' })
  expect(parseYaml('--- 1\n--- 2')).toMatchObject({ ok: false })
  const bomb = counted(600, (i) => `a${i}: &a${i} [${i ? `*a${i - 1},`.repeat(9) : '1,'}]\n`)
  expect(parseYaml(bomb)).toMatchObject({ problem: expect.stringContaining('aliases') })
})

it('bounds the sum of the values of a change', () => {
  const reader = yamlReader()
  const text = `"${'x'.repeat(15_000)}"`
  for (let i = 0; i < 69; i++) expect(reader.toJson(text, '1.2')).toBe(text)
  expect(reader.isExhausted()).toBe(false)
  expect(reader.toJson(text, '1.2')).toBeUndefined()
  expect(reader.isExhausted()).toBe(true)
})
