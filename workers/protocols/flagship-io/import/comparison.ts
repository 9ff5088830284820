// AB Tasty's operators that compare numbers, texts or versions in order, as clauses. A clause compares
// values of one type, so a list of several types is split into several targetings first.
import type { Clause } from '../../../../core/model/clause.ts'
import type { Targeting } from './file.ts'

export const orderedOperators = {
  GREATER_THAN: 'greater',
  GREATER_THAN_OR_EQUALS: 'greater-or-equal',
  LOWER_THAN: 'less',
  LOWER_THAN_OR_EQUALS: 'less-or-equal',
  SEMVER_GREATER_THAN: 'greater',
  SEMVER_GREATER_THAN_OR_EQUALS: 'greater-or-equal',
  SEMVER_LOWER_THAN: 'less',
  SEMVER_LOWER_THAN_OR_EQUALS: 'less-or-equal',
} as const satisfies Record<string, Clause['operator']>

export const isOrdered = (operator: string): boolean => Object.hasOwn(orderedOperators, operator)

/** Operators of AB Tasty's servers, which their JavaScript SDK does not know. */
export const versionOperators: ReadonlySet<string> = new Set([
  'SEMVER_EQUALS',
  'SEMVER_NOT_EQUALS',
  ...Object.keys(orderedOperators).filter((operator) => operator.startsWith('SEMVER_')),
])

/**
 * What their servers take for a version (Go's x/mod/semver, the leading `v` optional): `2` is 2.0.0. Anything
 * else, also as the visitor's attribute, satisfies no condition.
 */
const version =
  /^v?(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)?)?$/

/** Whether their servers can satisfy the condition with these values: a version, and no list. */
export const isVersionValue = (value: unknown): boolean =>
  (typeof value === 'string' || typeof value === 'number') && version.test(String(value))

/**
 * How one targeting compares: the SDK a number with numbers and a text with texts, letter by letter; their
 * servers also versions. Undefined if nothing satisfies it. The values of a list are of one type.
 */
export function comparisonOf(
  operator: string,
  value: NonNullable<Targeting['value']>,
): Pick<Clause, 'values' | 'compareAs'> | undefined {
  if (versionOperators.has(operator)) {
    return isVersionValue(value) ? { values: [String(value)], compareAs: 'version' } : undefined
  }
  const values = [value].flat()
  if (typeof values[0] === 'string') return { values: [...new Set(values.map(String))], compareAs: 'text' }
  return { values: [...new Set(values.map((value) => String(Number(value))))], compareAs: 'number' }
}

/**
 * Groups of targetings that together hold where these do. Splits lists of several types, and equality of
 * versions; and whatever is not equal to an empty text may also be missing.
 */
export function withSingleComparisons<T extends Targeting>(targetings: readonly T[]): T[][] {
  let groups: T[][] = [[]]
  for (const targeting of targetings) {
    const alternatives = split(targeting)
    groups = groups.flatMap((before) => alternatives.map((after) => [...before, ...after]))
  }
  return groups
}

/** An OR of ANDs. */
function split<T extends Targeting>(targeting: T): T[][] {
  const { operator, value, key } = targeting
  const as = (...names: readonly string[]) => names.map((name) => ({ ...targeting, operator: name }))
  if (operator === 'SEMVER_EQUALS')
    return [as('SEMVER_GREATER_THAN_OR_EQUALS', 'SEMVER_LOWER_THAN_OR_EQUALS')]
  if (operator === 'SEMVER_NOT_EQUALS') return [as('SEMVER_LOWER_THAN'), as('SEMVER_GREATER_THAN')]
  if (operator === 'NOT_EQUALS' && [value].flat().includes('') && key !== 'fs_users')
    return [as('NOT_EXISTS'), as('EXISTS', 'NOT_EQUALS')].map((group) =>
      group.map((each) => (each.operator === 'NOT_EQUALS' ? each : { ...each, value: true })),
    )
  if (!isOrdered(operator) || versionOperators.has(operator) || !Array.isArray(value)) return [[targeting]]
  const texts = value.filter((each) => typeof each === 'string')
  const numbers = value.filter((each) => typeof each !== 'string')
  return texts.length === 0 || numbers.length === 0
    ? [[targeting]]
    : [[{ ...targeting, value: numbers }], [{ ...targeting, value: texts }]]
}
