import { describe, expect, it } from 'vitest'
import type { FlagType } from './flag.ts'
import { isBundle, isTooDeep, numberProblem, parseValue } from './value.ts'

const parse = (type: FlagType, value: string, json?: string) =>
  parseValue(type, { value, ...(json !== undefined && { json }) })

describe('a value', () => {
  it.each([
    ['string', '', ''],
    ['string', 'true', 'true'],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['number', '0', 0],
    ['number', '-1.5e3', -1_500],
    ['number', ' 7 ', 7],
    ['json', '{"a":[1]}', { a: [1] }],
    ['json', '"text"', 'text'],
    ['json', 'false', false],
  ] as const)('of type %s is parsed from %j', (type, text, value) => {
    expect(parse(type, text)).toEqual(value)
  })

  it.each([
    ['boolean', ''],
    ['boolean', 'TRUE'],
    ['boolean', '1'],
    ['number', ''],
    ['number', '  '],
    ['number', 'ten'],
    ['number', 'Infinity'],
    ['json', ''],
    ['json', '{a:1}'],
    ['json', 'null'],
    ['yaml', 'a: 1'],
  ] as const)('of type %s is not parsed from %j', (type, text) => {
    expect(parse(type, text)).toBeUndefined()
  })

  it('of type yaml is parsed from the JSON stored with it', () => {
    expect(parse('yaml', 'a: 1', '{"a":1}')).toEqual({ a: 1 })
    expect(parse('yaml', 'a: 1', '{')).toBeUndefined()
  })
})

it.each([
  ['number', '0'],
  ['number', '-1.5e3'],
  ['number', '9007199254740991'],
  ['number', '1e21'],
  ['string', '0x10'],
  ['json', '{"a":[1,-2.5e-3,9007199254740991],"b":"9007199254740993","c\\"12345678901234567890":1}'],
  ['json', '"-0"'],
] as const)('of type %s has the same number for every reader: %s', (type, value) => {
  expect(numberProblem(type, { value })).toBeUndefined()
})

it.each([
  ['number', '0x10', 'is no number as JSON writes it'],
  ['number', '1_000', 'is no number as JSON writes it'],
  ['number', 'Infinity', 'is no number as JSON writes it'],
  ['number', ' 7 ', 'is no number as JSON writes it'],
  ['number', '+5', 'is no number as JSON writes it'],
  ['number', '.5', 'is no number as JSON writes it'],
  ['number', '007', 'is no number as JSON writes it'],
  ['number', '-0', 'is a negative zero: write 0'],
  ['number', '1e999', 'is beyond every double'],
  ['number', '9007199254740993', 'is an integer beyond 2^53, which loses digits: write it as a text'],
  ['json', '[1e999]', 'has 1e999, which is beyond every double'],
  ['json', '{"a":-0.0}', 'has -0.0, which is a negative zero: write 0'],
  [
    'json',
    '{"a":{"b":[-9007199254740993]}}',
    'has -9007199254740993, which is an integer beyond 2^53, which loses digits: write it as a text',
  ],
] as const)('of type %s is refused where readers would differ: %s', (type, value, message) => {
  expect(numberProblem(type, { value })).toBe(message)
})

it('of type yaml is judged by its JSON', () => {
  expect(numberProblem('yaml', { value: 'a: 9007199254740993', json: '{"a":9007199254740993}' })).toContain(
    '2^53',
  )
  expect(
    numberProblem('yaml', { value: 'a: "9007199254740993"', json: '{"a":"9007199254740993"}' }),
  ).toBeUndefined()
})

it('accepts only objects of json and yaml flags as bundles', () => {
  expect(isBundle('json', { value: '{"a":1}' })).toBe(true)
  expect(isBundle('yaml', { value: 'a: 1', json: '{"a":1}' })).toBe(true)
  for (const value of ['[1]', '"a"', '1', 'true', 'null', '{'])
    expect(isBundle('json', { value })).toBe(false)
  expect(isBundle('yaml', { value: '- 1', json: '[1]' })).toBe(false)
  expect(isBundle('string', { value: '{"a":1}' })).toBe(false)
  expect(isBundle('number', { value: '1' })).toBe(false)
  expect(isBundle('boolean', { value: 'true' })).toBe(false)
})

it('counts the depth of lists and objects, but no brackets in texts', () => {
  const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const objects = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
  expect([lists(100), objects(100)].map(isTooDeep)).toEqual([false, false])
  expect([lists(101), objects(101)].map(isTooDeep)).toEqual([true, true])
  expect(isTooDeep(`[${'[],'.repeat(200)}1]`)).toBe(false)
  expect(isTooDeep(`[${'{},'.repeat(200)}1]`)).toBe(false)
  expect(isTooDeep(`["${'['.repeat(200)}"]`)).toBe(false)
  expect(isTooDeep(`["${String.raw`\"`}${'['.repeat(200)}"]`)).toBe(false)
  expect(isTooDeep(`["${String.raw`\\`}",${lists(101)}]`)).toBe(true)
  expect(isTooDeep(`["a",${lists(100)}]`)).toBe(true)
})
