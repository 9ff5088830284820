// Converts AB Tasty's targeting to clauses, by the semantics of their JavaScript SDK in bucketing mode:
// strict and case-sensitive, unless the import asks for their servers' rule on case. Versions are compared
// as by their servers, because the SDK cannot. Differences are reported.
import { idAttribute, targetingKeyAttribute } from '../../../../core/model/vocabulary.ts'
import type { Clause } from '../../../../core/model/clause.ts'
import { valueLengthMax } from '../../../../core/model/limits.ts'
import { parseVersion } from '../../../../core/text/semver.ts'
import { comparisonOf, isOrdered, orderedOperators, withSingleComparisons } from './comparison.ts'
import type { Targeting, VariationGroup } from './file.ts'
import type { Report } from './report.ts'
import { simplified } from './simplify.ts'

export interface ImportOptions {
  /** Whether texts are compared as AB Tasty's servers do. */
  readonly ignoreCase: boolean
}

/**
 * The visitors that a variation group targets: everybody, nobody, or those who match one of the clause
 * groups.
 */
export function toAnyOf(
  targeting: VariationGroup['targeting'],
  path: string,
  report: Report,
  options: ImportOptions,
): Clause[][] | 'everybody' | 'nobody' {
  const groups: Clause[][] = []
  for (const [i, { targetings }] of (targeting?.targetingGroups ?? []).entries()) {
    if (targetings.length === 0) continue
    const located = targetings.map((each, j) => ({ ...each, path: `${path}.${i}.targetings.${j}` }))
    for (const alternative of withSingleComparisons(located)) {
      const clauses = toClauses(alternative, report, options)
      if (clauses === 'never') continue
      if (clauses.length === 0) return 'everybody'
      groups.push(clauses)
    }
  }
  return groups.length === 0 ? 'nobody' : simplified(groups)
}

type Located = Targeting & { readonly path: string }

function toClauses(
  targetings: readonly Located[],
  report: Report,
  options: ImportOptions,
): Clause[] | 'never' {
  const clauses: Clause[] = []
  for (const targeting of targetings) {
    const converted = targetingToClauses(targeting, report, options)
    if (converted === 'never') return 'never'
    clauses.push(...converted)
  }
  return clauses
}

const operators = {
  EQUALS: 'equals',
  NOT_EQUALS: 'not-equals',
  CONTAINS: 'contains',
  NOT_CONTAINS: 'not-contains',
  STARTS_WITH: 'starts-with',
  ENDS_WITH: 'ends-with',
  ...orderedOperators,
  EXISTS: 'exists',
  NOT_EXISTS: 'not-exists',
} as const satisfies Record<string, Clause['operator']>

/** The clauses for one targeting. An empty list always matches. */
function targetingToClauses(
  { operator, key, value, path }: Located,
  report: Report,
  options: ImportOptions,
): Clause[] | 'never' {
  if (key === 'fs_all_users') return []
  const isVisitor = key === 'fs_users'
  const attribute = isVisitor ? targetingKeyAttribute : key
  if (key === targetingKeyAttribute || key === idAttribute) {
    const where = key === idAttribute ? ' where a context has none' : ''
    const reason = `the attribute ${key} is the visitor’s id here${where}: call it by another name in your contexts`
    report(path, 'differs', 'attribute', reason)
  }
  const ours = Object.hasOwn(operators, operator) ? operators[operator as keyof typeof operators] : undefined
  if (!ours) return 'never' // reported by the linter
  const present: Clause = { attribute, operator: 'exists', values: [] }
  const isEmptyList = Array.isArray(value) && value.length === 0
  if (ours === 'exists' || ours === 'not-exists')
    return isEmptyList ? 'never' : [{ attribute, operator: ours, values: [] }]
  const isNegative = ours === 'not-equals' || ours === 'not-contains'
  if (value === null || value === undefined || isEmptyList) return isNegative ? [] : 'never'
  const values = [...new Set([value].flat().map(String))]
  const needsPresence = !isVisitor && (ours === 'not-contains' || values.includes(''))
  if (isOrdered(operator)) {
    const comparison = comparisonOf(operator, value)
    if (!comparison) return 'never' // reported by the linter
    if (options.ignoreCase && comparison.compareAs === 'text' && values.some(hasCase))
      report(path, 'differs', 'case', `AB Tasty’s servers ignore case when they compare texts in order`)
    return [{ attribute, operator: ours, ...comparison }]
  }
  const folded = options.ignoreCase && values.some(hasCase) ? { ignoreCase: true } : {}
  const isEquality = ours === 'equals' || ours === 'not-equals'
  const clause: Clause = isEquality
    ? toEquality(attribute, ours, values, folded, path, report)
    : { attribute, operator: ours, values, ...folded }
  // Without the attribute the SDK fails or does not match, whereas our operators read an empty text.
  return needsPresence && ours !== 'not-equals' ? [present, clause] : [clause]
}

const hasCase = (text: string) => text.toLowerCase() !== text.toUpperCase()

/** Equality would compare versions by their meaning, so for versions the text is compared by a pattern. */
function toEquality(
  attribute: string,
  operator: 'equals' | 'not-equals',
  values: readonly string[],
  folded: Pick<Clause, 'ignoreCase'>,
  path: string,
  report: Report,
): Clause {
  const clause: Clause = { attribute, operator, values: [...values], ...folded }
  if (!values.some((value) => parseVersion(value))) return clause
  const patterns = values.map((value) => `^${value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`)
  if (patterns.every(({ length }) => length <= valueLengthMax)) {
    const isNegated = operator === 'not-equals' ? { negated: true } : {}
    return { attribute, operator: 'matches', values: patterns, ...folded, ...isNegated }
  }
  report(path, 'differs', 'types', 'versions are compared as versions here: v1.2.3 is 1.2.3')
  return clause
}
