// Converts AB Tasty's targeting to clauses, by the semantics of their JavaScript SDK in bucketing mode:
// strict and case-sensitive. Differences are reported.
import type { Finding } from '../../../../core/change/import-plan.ts'
import { idAttribute, targetingKeyAttribute } from '../../../../core/model/vocabulary.ts'
import type { Clause } from '../../../../core/model/clause.ts'
import { valueLengthMax } from '../../../../core/model/limits.ts'
import { parseVersion } from '../../../../core/text/semver.ts'
import type { Targeting, VariationGroup } from './file.ts'

export type Report = (field: string, effect: Finding['effect'], reason: string) => void

/**
 * The visitors that a variation group targets: everybody, nobody, or those who match one of the clause
 * groups.
 */
export function toAnyOf(
  targeting: VariationGroup['targeting'],
  path: string,
  report: Report,
): Clause[][] | 'everybody' | 'nobody' {
  const groups: Clause[][] = []
  for (const [i, { targetings }] of (targeting?.targetingGroups ?? []).entries()) {
    const clauses =
      targetings.length === 0 ? 'never' : toClauses(targetings, `${path}.${i}.targetings`, report)
    if (clauses === 'never') continue
    if (clauses.length === 0) return 'everybody'
    groups.push(clauses)
  }
  return groups.length === 0 ? 'nobody' : groups
}

function toClauses(targetings: readonly Targeting[], path: string, report: Report): Clause[] | 'never' {
  const clauses: Clause[] = []
  for (const [i, targeting] of targetings.entries()) {
    const converted = targetingToClauses(targeting, `${path}.${i}`, report)
    if (converted === 'never') return 'never'
    for (const clause of converted) {
      const isDuplicate = clause.operator === 'exists' && clauses.some((other) => isSame(other, clause))
      if (!isDuplicate) clauses.push(clause)
    }
  }
  return clauses
}

const isSame = (a: Clause, b: Clause) => a.operator === b.operator && a.attribute === b.attribute

const operators = {
  EQUALS: 'equals',
  NOT_EQUALS: 'not-equals',
  CONTAINS: 'contains',
  NOT_CONTAINS: 'not-contains',
  STARTS_WITH: 'starts-with',
  ENDS_WITH: 'ends-with',
  GREATER_THAN: 'greater',
  GREATER_THAN_OR_EQUALS: 'greater-or-equal',
  LOWER_THAN: 'less',
  LOWER_THAN_OR_EQUALS: 'less-or-equal',
  EXISTS: 'exists',
  NOT_EXISTS: 'not-exists',
} as const satisfies Record<string, Clause['operator']>

/** The clauses for one targeting. An empty list always matches. */
function targetingToClauses(
  { operator, key, value }: Targeting,
  path: string,
  report: Report,
): Clause[] | 'never' {
  if (key === 'fs_all_users') return []
  const isVisitor = key === 'fs_users'
  const attribute = isVisitor ? targetingKeyAttribute : key
  if (key === targetingKeyAttribute || key === idAttribute)
    report(
      path,
      'differs',
      `the attribute ${key} is the visitor’s id here${key === idAttribute ? ' where a context has none' : ''}: call it by another name in your contexts`,
    )
  const ours = Object.hasOwn(operators, operator) ? operators[operator as keyof typeof operators] : undefined
  if (!ours) return 'never' // reported by the linter
  const present: Clause = { attribute, operator: 'exists', values: [] }
  const isEmptyList = Array.isArray(value) && value.length === 0
  if (ours === 'exists' || ours === 'not-exists')
    return isEmptyList ? 'never' : [{ attribute, operator: ours, values: [] }]
  const isNegative = ours === 'not-equals' || ours === 'not-contains'
  if (value === null || value === undefined || isEmptyList) return isNegative ? [] : 'never'
  const values = [value].flat().map(String)
  switch (ours) {
    case 'equals':
      return values.includes('') && !isVisitor
        ? [present, equalTo(attribute, values, path, report)]
        : [equalTo(attribute, values, path, report)]
    case 'not-equals':
      if (values.some((each) => parseVersion(each)))
        report(path, 'differs', 'versions are compared as versions here: v1.2.3 is 1.2.3')
      if (values.includes('') && !isVisitor)
        report(path, 'differs', `a visitor without ${key} counts as one whose ${key} is empty`)
      return [{ attribute, operator: ours, values }]
    case 'greater':
    case 'greater-or-equal':
    case 'less':
    case 'less-or-equal':
      return [{ attribute, operator: ours, values, ...comparisonOf([value].flat()) }]
    default:
      // Without the attribute the SDK fails or does not match, whereas our operators read an empty text.
      return isVisitor
        ? [{ attribute, operator: ours, values }]
        : [present, { attribute, operator: ours, values }]
  }
}

/** The SDK compares a number with numbers, and a text with texts letter by letter. */
function comparisonOf(values: readonly unknown[]): Pick<Clause, 'compareAs'> {
  if (values.every((value) => typeof value === 'number')) return { compareAs: 'number' }
  return values.every((value) => typeof value === 'string') ? { compareAs: 'text' } : {}
}

/** `equals` would compare versions by their meaning, so for versions the text is compared by a pattern. */
function equalTo(attribute: string, values: readonly string[], path: string, report: Report): Clause {
  const clause: Clause = { attribute, operator: 'equals', values: [...values] }
  if (!values.some((value) => parseVersion(value))) return clause
  const patterns = values.map((value) => `^${value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`)
  if (patterns.every(({ length }) => length <= valueLengthMax))
    return { attribute, operator: 'matches', values: patterns }
  report(path, 'differs', 'versions are compared as versions here: v1.2.3 is 1.2.3')
  return clause
}
