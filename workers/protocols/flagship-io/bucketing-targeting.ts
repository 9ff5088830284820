// Translates the clauses of a rule to targetings that AB Tasty's JavaScript SDK decides as we do. It compares
// strictly and case-sensitively, and throws on text operators if the attribute is missing.
import { idAttribute, targetingKeyAttribute } from '../../../core/model/vocabulary.ts'
import type { Clause } from '../../../core/model/clause.ts'
import { groupsPerRuleMax } from '../../../core/model/limits.ts'
import type { Operator } from '../../../core/model/vocabulary.ts'
import { compareTexts, parseDecimal } from '../../../core/text/go-strconv.ts'
import { parseVersion } from '../../../core/text/semver.ts'
import { trustedNamespace } from '../../sdk/enrich.ts'
import type * as wire from './wire.ts'

type Alternatives = readonly (readonly wire.Targeting[])[]

export const everybody: readonly wire.Targeting[] = [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }]

/**
 * The SDK knows OR only between groups, so a clause that needs it becomes several groups. A text is the
 * reason to omit the flag.
 */
export function targetingGroups(anyOf: readonly (readonly Clause[])[]): Alternatives | string {
  const groups: (readonly wire.Targeting[])[] = []
  for (const clauses of anyOf) {
    let alternatives: Alternatives = [[]]
    for (const clause of clauses) {
      const translated = toAlternatives(clause)
      if (typeof translated === 'string') return translated
      alternatives = alternatives
        .flatMap((before) => translated.map((after) => merged(before, after)))
        .filter((targetings) => !isContradiction(targetings))
      if (alternatives.length > groupsPerRuleMax) break
    }
    groups.push(...alternatives)
    if (groups.length > groupsPerRuleMax)
      return `becomes more than ${groupsPerRuleMax} groups for bucketing SDKs`
  }
  return groups
}

function merged(before: readonly wire.Targeting[], after: readonly wire.Targeting[]) {
  const known = new Set(before.map((targeting) => JSON.stringify(targeting)))
  return [...before, ...after.filter((targeting) => !known.has(JSON.stringify(targeting)))]
}

/** Whether the targetings can never hold together. A visitor always has an id. */
const isContradiction = (targetings: readonly wire.Targeting[]) =>
  targetings.some(
    ({ operator, key }) =>
      operator === 'NOT_EXISTS' &&
      (key === visitor || targetings.some((other) => other.operator === 'EXISTS' && other.key === key)),
  )

/** Groups of targetings, one of which has to hold for a clause, or the reason to omit the flag. */
function toAlternatives(clause: Clause): Alternatives | string {
  const { attribute, ignoreCase } = clause
  if (ignoreCase) return 'bucketing SDKs always regard case'
  if (attribute.startsWith(trustedNamespace)) return `the attribute ${attribute} is known at the edge only`
  // The SDK's context is an object of JavaScript, which seems to have a `constructor`.
  if (attribute in {} || (attribute.startsWith('fs_') && !sdkAttributes.has(attribute)))
    return `the attribute ${attribute} means something else to bucketing SDKs`
  if (attribute === targetingKeyAttribute) return toTargetings(clause, visitor)
  const own = toTargetings(clause, attribute)
  const ofVisitor = attribute === idAttribute ? toTargetings(clause, visitor) : []
  if (typeof own === 'string' || ofVisitor.length === 0) return own
  if (typeof ofVisitor === 'string') return ofVisitor
  // Without an attribute `id` it is the visitor's.
  return [
    ...own.map((each) => [...present(attribute), ...each]),
    ...ofVisitor.map((each) => [...absent(attribute), ...each]),
  ]
}

/** What the SDK adds to every context, here and there. */
const sdkAttributes: ReadonlySet<string> = new Set(['fs_client', 'fs_version'])
const visitor = 'fs_users'
const present = (key: string): wire.Targeting[] => [{ operator: 'EXISTS', key, value: true }]
const absent = (key: string): wire.Targeting[] => [{ operator: 'NOT_EXISTS', key, value: true }]

function toTargetings(clause: Clause, key: string): Alternatives | string {
  const { values, negated = false } = clause
  const operator = negated ? (opposites[clause.operator] ?? clause.operator) : clause.operator
  const isNegated = negated && operator === clause.operator
  if (operator === 'matches') {
    const literals = values.map(literalOf)
    return literals.some((literal) => literal === undefined)
      ? 'patterns are not known to bucketing SDKs'
      : toEquality(literals as string[], isNegated, key)
  }
  if (isNegated) return `a negated ${operator} is not known to bucketing SDKs`
  switch (operator) {
    case 'exists':
      return [present(key)]
    case 'not-exists':
      return [absent(key)]
    case 'equals':
    case 'in':
    case 'not-equals':
      return values.some((value) => parseVersion(value))
        ? 'versions are compared as text by bucketing SDKs'
        : toEquality(values, operator === 'not-equals', key)
    case 'starts-with':
    case 'ends-with':
    case 'contains':
    case 'not-contains': {
      const isNot = operator === 'not-contains'
      if (values.includes('')) return isNot ? [] : [everybody] // every text, and a missing one, contains it
      // Without EXISTS the SDK would throw if the attribute is missing, and serve no flag at all.
      const there = [...present(key), { operator: textOperators[operator], key, value: values }]
      return isNot ? [absent(key), there] : [there]
    }
    case 'greater':
    case 'greater-or-equal':
    case 'less':
    case 'less-or-equal':
      return toComparison(clause, operator, key)
    default:
      return `${operator} is decided otherwise by bucketing SDKs`
  }
}

/** Of texts. A missing attribute equals the empty text here, and nothing there. */
function toEquality(texts: readonly string[], isNegated: boolean, key: string): Alternatives {
  const value = [...new Set(texts)].flatMap(typedForms)
  const targeting: wire.Targeting = { operator: isNegated ? 'NOT_EQUALS' : 'EQUALS', key, value }
  if (!texts.includes('') || key === visitor) return [[targeting]]
  return isNegated ? [[...present(key), targeting]] : [absent(key), [targeting]]
}

/** The only text that a pattern matches, if it is anchored and has no special characters but escaped ones. */
function literalOf(pattern: string): string | undefined {
  const [, literal] = /^\^((?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])*)\$$/.exec(pattern) ?? []
  return literal?.replace(/\\(.)/g, '$1')
}

/** Numbers against numbers, or texts against texts. Nothing holds for a missing attribute, here and there. */
function toComparison(
  { values, compareAs: as }: Clause,
  operator: keyof typeof comparisons,
  key: string,
): Alternatives | string {
  const isText = key === visitor || sdkAttributes.has(key)
  const compareAs = as ?? (isText ? 'text or number' : 'number')
  const isGreater = operator.startsWith('greater')
  const targeting = (value: string | number) => [[{ operator: comparisons[operator], key, value }]]
  if (compareAs === 'text') {
    if (values.some((value) => /[^\0-\ud7ff]/.test(value))) return 'bucketing SDKs order emojis otherwise'
    return targeting(values.toSorted(compareTexts).at(isGreater ? 0 : -1)!) // any of them
  }
  if (compareAs !== 'number')
    return `${operator} as ${compareAs} is not known to bucketing SDKs, only as number or text is`
  const numbers = values.map((value) => parseDecimal(value) ?? Number.NaN)
  if (numbers.some(Number.isNaN))
    return `${operator} is decided otherwise by bucketing SDKs unless its values are numbers`
  if (numbers.some((number, i) => Math.abs(number) >= 2 ** 53 && String(number) !== values[i]))
    return 'integers beyond 2^53 are rounded by bucketing SDKs'
  return targeting(isGreater ? Math.min(...numbers) : Math.max(...numbers)) // any of them
}

const comparisons = {
  greater: 'GREATER_THAN',
  'greater-or-equal': 'GREATER_THAN_OR_EQUALS',
  less: 'LOWER_THAN',
  'less-or-equal': 'LOWER_THAN_OR_EQUALS',
} as const

/** Operators that hold exactly where the other does not. */
const opposites: Partial<Record<Operator, Operator>> = {
  equals: 'not-equals',
  in: 'not-equals',
  'not-equals': 'equals',
  contains: 'not-contains',
  'not-contains': 'contains',
  exists: 'not-exists',
  'not-exists': 'exists',
}

const textOperators = {
  'starts-with': 'STARTS_WITH',
  'ends-with': 'ENDS_WITH',
  contains: 'CONTAINS',
  'not-contains': 'NOT_CONTAINS',
} as const

/** We compare texts, the SDK compares value and type, so `5` is listed as text and as number. */
function typedForms(text: string): (string | number | boolean)[] {
  if (text === 'true' || text === 'false') return [text, text === 'true']
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text))
    ? [text, Number(text)]
    : [text]
}
