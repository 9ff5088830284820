import { describe, expect, it } from 'vitest'
import type { FlagType } from './flag.ts'
import { isBundle, isTooDeep, parseValue } from './value.ts'

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
