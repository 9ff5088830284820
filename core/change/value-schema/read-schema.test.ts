import Ajv from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { valueSchemaDepthMax, valueSchemaLengthMax } from '../../model/limits.ts'
import { applicators, assertions } from './keywords.ts'
import { readSchema, type Schema } from './read-schema.ts'

const problems = (schema: unknown) =>
  readSchema(schema as Schema).problems.map(({ pointer, message }) => `${pointer} ${message}`)

describe('a schema', () => {
  it('that the keywords describe is one for another validator too', () => {
    const keyword = fc.constantFrom(...Object.keys({ ...applicators, ...assertions }))
    const known = keyword.filter((each) => !['$id', '$ref', '$schema', 'definitions'].includes(each))
    const part = fc.oneof(
      fc.constantFrom<unknown>(
        1,
        -1,
        1.5,
        true,
        'a',
        'string',
        [],
        ['a'],
        ['a', 'a'],
        {},
        { a: {} },
        { a: ['b'] },
      ),
      fc.constantFrom<unknown>([{}], [true], { a: 1 }, [1], null, 'integer', ['string', 'integer'], '('),
    )
    const ajv = new Ajv({ strict: false, logger: false })
    fc.assert(
      fc.property(fc.dictionary(known, part, { minKeys: 1, maxKeys: 2 }), (schema) => {
        if (readSchema(schema).problems.length > 0) return
        expect(ajv.validateSchema(schema), JSON.stringify(schema)).toBe(true)
      }),
      { numRuns: scaled(1_000) },
    )
  })

  it.each<[unknown, string]>([
    [{ typo: 1 }, '/typo is no keyword of JSON Schema 2020-12'],
    [{ properties: { a: { requried: [] } } }, '/properties/a/requried is no keyword of JSON Schema 2020-12'],
    [{ type: 'strin' }, '/type must be one of array, boolean'],
    [{ required: 'a' }, '/required must be a list of different texts'],
    [{ items: [{}] }, '/items must be a schema'],
    [{ anyOf: [] }, '/anyOf must be a list with at least one schema'],
    [{ $ref: 'https://example.com/schema.json' }, '/$ref must be a text that begins with #'],
    [{ $ref: '#anchor' }, '/$ref must be a text that begins with #'],
    [{ $ref: '#/$defs/none' }, '/$ref there is no schema at #/$defs/none'],
    [{ $ref: '#/%' }, '/$ref there is no schema at #/%'],
    [{ const: { type: 'string' }, $ref: '#/const' }, '/$ref there is no schema at #/const'],
    [{ $dynamicRef: '#node' }, '/$dynamicRef is not supported'],
    [
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      '/$schema must be https://json-schema.org/draft/2020-12',
    ],
    [{ pattern: '(a)\\1' }, '/pattern is no pattern that can be matched in linear time'],
    [
      { patternProperties: { '(?=a)': {} } },
      '/patternProperties/(?=a) is no pattern that can be matched in linear',
    ],
    [{ format: 'colour' }, '/format must be one of date'],
    [{ multipleOf: 0 }, '/multipleOf must be a number greater than 0'],
    [{ $ref: '#' }, ' refers to itself for the same value, without end'],
    [
      { $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { not: { $ref: '#/$defs/a' } } } },
      'refers to itself for the same value, without end',
    ],
    [{ description: 'x'.repeat(valueSchemaLengthMax) }, `more than ${valueSchemaLengthMax}`],
    [nested(valueSchemaDepthMax + 1), 'is nested too deep'],
  ])('%j is refused', (schema, message) => {
    expect(problems(schema).join('\n')).toContain(message)
  })

  it.each<[unknown]>([
    [{}],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://example.com/a', title: 'A' }],
    [{ 'x-owner': 'team', examples: [1], default: { a: 1 } }],
    [{ definitions: { 'a b': true }, $ref: '#/definitions/a%20b' }],
    [{ properties: { next: { $ref: '#' } } }],
    [nested(valueSchemaDepthMax)],
  ])('%j is taken', (schema) => {
    expect(problems(schema)).toEqual([])
  })
})

function nested(levels: number): Schema {
  return levels === 0 ? {} : { not: nested(levels - 1) }
}
