// The keywords of JSON Schema 2020-12 that a value schema may use, and what each of them takes. A closed
// list: a misspelt keyword would otherwise allow everything.
// https://json-schema.org/draft/2020-12/json-schema-core, json-schema-validation
import { compilePattern } from '../../text/regex.ts'

export const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
export const applicators = {
  additionalProperties: 'schema',
  contains: 'schema',
  else: 'schema',
  if: 'schema',
  items: 'schema',
  not: 'schema',
  propertyNames: 'schema',
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: 'schema',
  unevaluatedItems: 'schema',
  unevaluatedProperties: 'schema',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  prefixItems: 'list',
  $defs: 'names',
  definitions: 'names',
  dependentSchemas: 'names',
  patternProperties: 'names',
  properties: 'names',
} as const satisfies Readonly<Record<string, 'schema' | 'list' | 'names'>>
export type Applicator = keyof typeof applicators

/** They apply their schemas to the value itself, not to a part of it: a circle of them has no end. */
export const inPlace: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'dependentSchemas',
  'else',
  'if',
  'not',
  'oneOf',
  'then',
])

export const formats: ReadonlySet<string> = new Set([
  'date',
  'date-time',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'time',
  'uri',
  'uuid',
])

const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']

/** What is wrong with the keyword's value; undefined if nothing is. */
type Check = (value: unknown) => string | undefined

const must =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : `must be ${what}`

const isText = (value: unknown) => typeof value === 'string'
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value)
const isDistinctTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length

const anything: Check = () => undefined
const text = must('a text', isText)
const flag = must('true or false', (value) => typeof value === 'boolean')
const number = must('a number', isNumber)
const count = must(
  'a whole number, not negative',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
)
const names = must('a list of different texts', isDistinctTexts)

const pattern: Check = (value) => {
  if (typeof value !== 'string') return 'must be a text'
  const compiled = compilePattern(value)
  return compiled.ok ? undefined : `is no pattern that can be matched in linear time: ${compiled.message}`
}

export const assertions: Readonly<Record<string, Check>> = {
  $comment: text,
  $id: text,
  $ref: must('a text that begins with #: schemas elsewhere are not fetched', (value) =>
    /^#(?:\/|$)/.test(String(value)),
  ),
  $schema: must(`${dialect}: schemas of other drafts mean other things`, (value) =>
    [dialect, `${dialect}#`].includes(String(value)),
  ),
  const: anything,
  contentEncoding: text,
  contentMediaType: text,
  default: anything,
  dependentRequired: must(
    'an object of lists of different texts',
    (value) => isObject(value) && Object.values(value).every(isDistinctTexts),
  ),
  deprecated: flag,
  description: text,
  enum: must('a list with at least one value', (value) => Array.isArray(value) && value.length > 0),
  examples: must('a list', Array.isArray),
  exclusiveMaximum: number,
  exclusiveMinimum: number,
  format: must(`one of ${[...formats].join(', ')}`, (value) => formats.has(String(value))),
  maxContains: count,
  maxItems: count,
  maxLength: count,
  maxProperties: count,
  maximum: number,
  minContains: count,
  minItems: count,
  minLength: count,
  minProperties: count,
  minimum: number,
  multipleOf: must('a number greater than 0', (value) => isNumber(value) && Number(value) > 0),
  pattern,
  readOnly: flag,
  required: names,
  title: text,
  type: must(`one of ${types.join(', ')}, or a list of some of them`, (value) => {
    const list: unknown = typeof value === 'string' ? [value] : value
    return isDistinctTexts(list) && list.length > 0 && list.every((each) => types.includes(each))
  }),
  uniqueItems: flag,
  writeOnly: flag,
}

export const patternProblem = pattern

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
