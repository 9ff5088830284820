// Conditions as groups of clauses: OR of ANDs. A comparison with an attribute that is not there never holds
// in the original, whatever the operator, so what would hold here gets an `exists`.
import type { Clause } from '../../../../core/model/clause.ts'
import { clausesPerGroupMax } from '../../../../core/model/limits.ts'
import type { Operator } from '../../../../core/model/vocabulary.ts'
import { parseVersion } from '../../../../core/text/semver.ts'
import type { Comparison, Condition } from './definitions.ts'

export type Groups = readonly (readonly Clause[])[]

const never: Groups = []
const always: Groups = [[]]

/** Before what is there twice is removed. */
const groupsMax = 1_000
export class TooManyGroups extends Error {}

export const allOf = (conditions: readonly Condition[]): Groups =>
  conditions.map(toGroups).reduce<Groups>(both, always)

function toGroups(condition: Condition): Groups {
  if (!('logical_operator' in condition)) return ofComparison(condition)
  const { logical_operator: operator, clauses } = condition
  return operator === 'AND' ? allOf(clauses) : clauses.flatMap(toGroups)
}

export function both(a: Groups, b: Groups): Groups {
  if (a.length * b.length > groupsMax) throw new TooManyGroups()
  const groups = a.flatMap((left) => b.map((right) => distinct([...left, ...right])))
  // Here and not at the end: an AND of thousands would be copied thousands of times.
  if (groups.some((group) => group.length > clausesPerGroupMax)) throw new TooManyGroups()
  return groups
}

const distinct = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
]

type Scalar = string | number | boolean
const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)
const isPrimitive = (value: unknown): value is Scalar | null => value === null || isScalar(value)

function ofComparison({ attribute, operator, value }: Comparison): Groups {
  const clause = (name: Operator, values: string[] = [], more: Partial<Clause> = {}): Clause => ({
    attribute,
    operator: name,
    values,
    ...more,
  })
  const there = clause('exists')
  const holds = (name: Operator, text: string): Groups =>
    text === '' ? [[there, clause(name, [text])]] : [[clause(name, [text])]]
  switch (operator) {
    case 'equals':
    case 'has':
      return isPrimitive(value) ? oneOf(clause, [String(value)]) : never
    case 'not_equals':
    case 'not_has':
      return isPrimitive(value) ? noneOf(clause, [String(value)]) : never
    case 'in':
      return Array.isArray(value) ? oneOf(clause, textsOf(value)) : never
    case 'not_in':
      return Array.isArray(value) ? noneOf(clause, textsOf(value)) : never
    case 'contains':
      return isPrimitive(value) ? holds('contains', String(value)) : never
    case 'starts_with':
      return isPrimitive(value) ? holds('starts-with', String(value)) : never
    case 'ends_with':
      return isPrimitive(value) ? holds('ends-with', String(value)) : never
    default:
      return isScalar(value) ? inOrder(clause, operator, value) : never
  }
}

type MakeClause = (operator: Operator, values?: string[], more?: Partial<Clause>) => Clause

const textsOf = (values: readonly unknown[]) => [
  ...new Set(values.flatMap((value) => (isScalar(value) ? [String(value)] : []))),
]

/** Our `equals` takes texts that are versions as such: 1.0.0 is v1.0.0. A pattern compares the text. */
const isVersion = (text: string) => parseVersion(text) !== undefined
const exactly = (text: string) => `^${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}$`

function oneOf(clause: MakeClause, texts: readonly string[]): Groups {
  const plain = texts.filter((text) => text !== '' && !isVersion(text))
  const versions = texts.filter(isVersion)
  return [
    ...(plain.length > 0 ? [[clause('equals', plain)]] : []),
    ...(versions.length > 0 ? [[clause('matches', versions.map(exactly))]] : []),
    ...(texts.includes('') ? [[clause('exists'), clause('equals', [''])]] : []),
  ]
}

function noneOf(clause: MakeClause, texts: readonly string[]): Groups {
  const plain = texts.filter((text) => !isVersion(text))
  const versions = texts.filter(isVersion)
  return [
    [
      clause('exists'),
      ...(plain.length > 0 ? [clause('not-equals', plain)] : []),
      ...(versions.length > 0 ? [clause('matches', versions.map(exactly), { negated: true })] : []),
    ],
  ]
}

type Order = 'greater_than' | 'less_than' | 'greater_than_or_equals' | 'less_than_or_equals'
const orders = {
  greater_than: 'greater',
  less_than: 'less',
  greater_than_or_equals: 'greater-or-equal',
  less_than_or_equals: 'less-or-equal',
} as const satisfies Record<Order, Operator>

/** The texts that the original compares as times. */
const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

/** Here, but not there, a number is a time: epoch seconds. */
const aNumber = String.raw`^[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?$`

function inOrder(clause: MakeClause, operator: Order, value: string | number | boolean): Groups {
  if (typeof value === 'string' && time.test(value)) {
    const at = Date.parse(value)
    if (Number.isNaN(at)) return never
    // Times are whole milliseconds, so "at or after" is "after the one before".
    const iso = (ms: number) => new Date(ms).toISOString()
    const compared =
      operator === 'greater_than'
        ? clause('after', [iso(at)])
        : operator === 'greater_than_or_equals'
          ? clause('after', [iso(at - 1)])
          : clause('before', [iso(operator === 'less_than' ? at : at + 1)])
    return [[compared, clause('matches', [aNumber], { negated: true })]]
  }
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  if (!Number.isFinite(number)) return never
  const groups = [[clause(orders[operator], [String(number)], { compareAs: 'number' })]]
  const booleans = [true, false].filter((each) => compare(Number(each), operator, number)).map(String)
  return booleans.length > 0 ? [...groups, [clause('equals', booleans)]] : groups
}

function compare(a: number, operator: Order, b: number): boolean {
  if (a === b) return operator === 'greater_than_or_equals' || operator === 'less_than_or_equals'
  return a > b === operator.startsWith('greater')
}
