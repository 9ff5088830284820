import Ajv from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import type { JsonValue } from '../../model/value.ts'
import { newBudget, valueProblems } from './check-value.ts'
import { readSchema, type Schema } from './read-schema.ts'

const problems = (schema: Schema, value: JsonValue) =>
  valueProblems(readSchema(schema).schemas, value, newBudget())

/** Without `__proto__`, for which the other validator never applies a schema. */
const names = ['a', 'b', 'x1', 'constructor', 'with/slash~and%20'] as const
const patterns = ['^x', '[0-9]$', '^(a+)+$', '\\w{2}', 'slash|b'] as const
const name = fc.constantFrom(...names)

const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, false, 0, 1, 2, -3, 1.5, '', 'a', 'aa', 'x1', 'b9'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

/** Some of the keywords. */
const some = (keywords: Record<string, fc.Arbitrary<unknown>>) => fc.record(keywords, { requiredKeys: [] })

const small = fc.integer({ min: 0, max: 3 })
const type = fc.constantFrom('array', 'boolean', 'integer', 'null', 'number', 'object', 'string')
const { schema } = fc.letrec<{ schema: Schema; parts: Schema[]; named: Record<string, Schema> }>((tie) => ({
  parts: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }),
  named: fc.dictionary(name, tie('schema'), { maxKeys: 3 }),
  schema: fc.oneof(
    { maxDepth: 2 },
    fc.boolean(),
    some({
      type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1, maxLength: 3 })),
      enum: fc.array(value, { minLength: 1, maxLength: 3 }),
      const: value,
      minimum: small,
      exclusiveMaximum: small,
      multipleOf: fc.constantFrom(1, 2),
      minLength: small,
      maxLength: small,
      pattern: fc.constantFrom(...patterns),
      minItems: small,
      maxItems: small,
      uniqueItems: fc.boolean(),
      minProperties: small,
      maxProperties: small,
      required: fc.uniqueArray(name, { maxLength: 2 }),
      dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
    }),
    some({
      properties: tie('named'),
      patternProperties: fc.dictionary(fc.constantFrom(...patterns), tie('schema'), { maxKeys: 2 }),
      additionalProperties: tie('schema'),
      unevaluatedProperties: tie('schema'),
    }),
    some({
      propertyNames: tie('schema'),
      dependentSchemas: tie('named'),
      pattern: fc.constantFrom(...patterns),
    }),
    some({ prefixItems: tie('parts'), items: tie('schema'), unevaluatedItems: tie('schema') }),
    some({ contains: tie('schema'), maxContains: small, allOf: tie('parts') }),
    some({ anyOf: tie('parts'), oneOf: tie('parts'), not: tie('schema') }),
    some({
      if: tie('schema'),
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: tie('schema'),
      else: tie('schema'),
      unevaluatedProperties: tie('schema'),
    }),
  ),
}))

describe('a value and a schema', () => {
  it('fit exactly when another validator says so', () => {
    fc.assert(
      fc.property(schema, value, (schema, value) => {
        fc.pre(JSON.stringify(schema).length < 5_000)
        const other = new Ajv({ strict: false, validateSchema: true, ownProperties: true }).compile(schema)
        expect(readSchema(schema).problems).toEqual([])
        expect(problems(schema, value).length === 0).toBe(other(value))
      }),
      { numRuns: scaled(400) },
    )
  })

  it('differ at places that are in the value', () => {
    fc.assert(
      fc.property(schema, value, (schema, value) => {
        for (const { pointer } of problems(schema, value)) expect(() => partAt(value, pointer)).not.toThrow()
      }),
      { numRuns: scaled(400) },
    )
  })
})

/** RFC 6901. */
function partAt(value: JsonValue, pointer: string): unknown {
  let part: unknown = value
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name))
      throw new Error(`there is no ${pointer} in ${JSON.stringify(value)}`)
    part = (part as Record<string, unknown>)[name]
  }
  return part
}

describe('what is wrong', () => {
  it.each<[Schema, JsonValue, [pointer: string, message: string][]]>([
    [{ type: ['string', 'null'] }, 1, [['', 'is of type number, not string or null']]],
    [
      { properties: { 'a/b': { type: 'integer' } } },
      { 'a/b': 'x' },
      [['/a~1b', 'is of type string, not integer']],
    ],
    [
      { properties: JSON.parse('{ "__proto__": false }') as Record<string, Schema> },
      JSON.parse('{ "__proto__": 1 }') as JsonValue,
      [['/__proto__', 'is not allowed']],
    ],
    [{ required: ['a', 'b'] }, { a: 1 }, [['', 'lacks "b"']]],
    [{ additionalProperties: false, properties: { a: {} } }, { a: 1, z: 1 }, [['/z', 'is not allowed']]],
    [{ items: { pattern: '^#' } }, ['#1', '2'], [['/1', 'does not match the pattern ^#']]],
    [{ enum: ['a', 'b'] }, 'c', [['', 'is none of ["a","b"]']]],
    [{ anyOf: [{ type: 'string' }, { minimum: 3 }] }, 1, [['', 'fits none of the alternatives']]],
    [{ format: 'email' }, 'ada', [['', 'is not of format email']]],
    [
      { minimum: 3, multipleOf: 2 },
      1,
      [
        ['', '1 is less than 3'],
        ['', '1 is not a multiple of 2'],
      ],
    ],
    [
      {
        $defs: { node: { required: ['v'], properties: { next: { $ref: '#/$defs/node' } } } },
        $ref: '#/$defs/node',
      },
      { v: 1, next: { v: 1, next: {} } },
      [['/next/next', 'lacks "v"']],
    ],
  ])('of %j and %j', (schema, value, expected) => {
    expect(problems(schema, value).map(({ pointer, message }) => [pointer, message])).toEqual(expected)
  })
})

describe('what costs too much', () => {
  const doubled = (levels: number): Schema => {
    const defs = Object.fromEntries(
      Array.from({ length: levels }, (_, i) => {
        const next = { $ref: `#/$defs/d${i + 1}` }
        return [`d${i}`, { allOf: [next, next] }]
      }),
    )
    return { $defs: { ...defs, [`d${levels}`]: { type: 'string' } }, $ref: '#/$defs/d0' }
  }
  const tooMuch = [{ pointer: '', message: expect.stringContaining('takes too long') as string }]

  it('is refused, whether the value fits or not', () => {
    expect(problems(doubled(5), 'text')).toEqual([])
    expect(problems(doubled(60), 'text')).toEqual(tooMuch)
    expect(problems(doubled(60), 1)).toEqual(tooMuch)
  })

  it('includes lists whose items are compared with each other', () => {
    const numbers = (length: number) => Array.from({ length }, (_, i) => i)
    expect(problems({ uniqueItems: true }, numbers(1_000))).toEqual([])
    expect(problems({ uniqueItems: true }, numbers(20_000))).toEqual(tooMuch)
  })

  it('is shared by all values of a flag', () => {
    const { schemas } = readSchema({ items: { type: 'integer' } })
    const list = Array.from({ length: 40_000 }, () => 1)
    const budget = newBudget()
    const checks = Array.from({ length: 10 }, () => valueProblems(schemas, list, budget).length)
    expect(checks[0]).toBe(0)
    expect(checks.at(-1)).toBe(1)
  })

  it('does not include a pattern that makes others backtrack for ever', () => {
    expect(problems({ pattern: '^(a+)+$' }, `${'a'.repeat(30_000)}!`)).toHaveLength(1)
    expect(problems({ pattern: '^(a+)+$' }, 'a'.repeat(30_000))).toEqual([])
  })

  it('names the first problem of a value that has more than can be listed', () => {
    const found = problems(
      { items: { type: 'string' } },
      Array.from({ length: 40_000 }, () => 1),
    )
    expect(found[0]).toEqual({ pointer: '/0', message: 'is of type number, not string' })
  })
})

it.each([true, false])('a name that is no Unicode text is a problem of the value (%s)', (allowed) => {
  const value = JSON.parse('{"a":[{"\\ud800":1}]}') as JsonValue
  const items = { additionalProperties: allowed ? {} : false }
  const found = problems({ additionalProperties: { items } }, value)
  expect(found).toMatchObject([{ pointer: '', message: expect.stringContaining('no Unicode text') }])
  expect(problems({ type: 'object' }, { '\u{1F600}': 1 })).toEqual([])
})
