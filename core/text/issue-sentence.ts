// What zod found wrong with a value, in words for a person. They follow the name of a field: `name: must have
// at most 200 characters`. The one place of these words, for the admin API, the protocols and the console;
// a schema that has words of its own keeps them.
import type { $ZodIssue, $ZodRawIssue } from 'zod/v4/core'

/** As zod's `config` takes it. */
export function issueSentence(issue: $ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${typeName(issue.expected)}`
    case 'invalid_value':
      return oneOf(issue.values)
    case 'too_big':
      return sized(
        issue.origin,
        issue.maximum,
        issue.exact ? '' : issue.inclusive ? 'at most ' : 'less than ',
      )
    case 'too_small':
      return sized(
        issue.origin,
        issue.minimum,
        issue.exact ? '' : issue.inclusive ? 'at least ' : 'more than ',
      )
    case 'invalid_format':
      return formats[issue.format] ?? 'is not written as it must be'
    case 'not_multiple_of':
      return `must be a multiple of ${grouped(issue.divisor)}`
    case 'unrecognized_keys':
      return `must not have ${issue.keys.join(', ')}`
    case 'invalid_key':
      return `has a name that ${issue.issues[0]?.message ?? 'is not allowed'}`
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options) ? oneOf(issue.options) : anyOf(issue.errors)
    default:
      return 'is not valid'
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  never: 'left out',
}
const typeName = (type: string): string => typeNames[type] ?? `a ${type}`

const oneOf = (values: readonly unknown[]): string =>
  `must be ${values.length > 1 ? 'one of ' : ''}${values.map((value) => JSON.stringify(value)).join(', ')}`

/** Of a union: the types it may have, if it has none of them. */
function anyOf(branches: readonly (readonly $ZodIssue[])[]): string {
  const types = branches.map(([first]) =>
    first?.code === 'invalid_type' && first.path.length === 0 ? typeName(first.expected) : undefined,
  )
  return types.length > 0 && types.every((type) => type !== undefined)
    ? `must be ${[...new Set(types)].join(' or ')}`
    : 'is not valid'
}

/** What is counted in a value; a number has none. */
const units: Readonly<Record<string, readonly [one: string, other: string]>> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
  set: ['item', 'items'],
  map: ['entry', 'entries'],
}

function sized(origin: string, bound: number | bigint, atMost: string): string {
  const unit = units[origin]
  if (!unit) return `must be ${atMost}${grouped(bound)}`
  if (atMost === 'at least ' && bound === 1) return 'must not be empty'
  return `must have ${atMost || 'exactly '}${grouped(bound)} ${unit[bound === 1 ? 0 : 1]}`
}

const grouped = (value: number | bigint): string => value.toLocaleString('en', { maximumFractionDigits: 20 })

const formats: Readonly<Record<string, string>> = {
  email: 'must be an email address',
  url: 'must be a web address',
  datetime: 'must be a time such as 2026-03-29T07:00:00Z',
  date: 'must be a date such as 2026-03-29',
}
