// The conditions of a rule: operators and clauses. core/evaluation/match.ts implements them.
import * as z from 'zod'
import * as limits from './limits.ts'
import type { FieldRule } from './problem.ts'
import { compilePattern } from '../text/regex.ts'
import { parseDecimal } from '../text/go-strconv.ts'
import { parseLenientVersion, parseVersion } from '../text/semver.ts'
import { parseTime } from '../text/time.ts'
import {
  orderedOperators,
  type Comparison,
  comparisons,
  type Operator,
  operators,
  segmentOperators,
} from './vocabulary.ts'

/** Operators that ignore `values`. */
const valuelessOperators: ReadonlySet<Operator> = new Set(['exists', 'not-exists'])
/** Operators that compare texts, and so may ignore case. */
export const textOperators: ReadonlySet<Operator> = new Set([
  'equals',
  'not-equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'not-contains',
  'matches',
])

const timeOperators: ReadonlySet<Operator> = new Set(['before', 'after'])

/**
 * One condition. `attribute` is the name of a context attribute, or a path into a structure
 * (`account.plan`); `targetingKey` means the targeting key, as does `id` where the context has no attribute
 * of that name. For `flag-is` it is the key of another flag, and `values` are ids of its variations. For
 * `in-segment` and `not-in-segment`, `values` are segment keys; for `matches`, patterns
 * (core/text/regex.ts); for `before` and `after`, times (core/text/time.ts).
 */
export const Clause = z
  .strictObject({
    attribute: z.string().max(limits.keyLengthMax).default(''),
    operator: z.enum(operators),
    values: z.array(z.string().max(limits.valueLengthMax)).max(limits.valuesPerClauseMax).default([]),
    /**
     * Whether case is ignored when comparing texts, as AB Tasty's server does. Does not apply to versions.
     */
    ignoreCase: z.boolean().optional(),
    /**
     * How an ordered operator compares; absent: by Tackline's own rule. `bucketeer` is the rule of
     * Bucketeer's server, and the only one that `before` and `after` take.
     */
    compareAs: z.enum(comparisons).optional(),
    /** Whether the clause holds exactly where it otherwise would not, a missing attribute included. */
    negated: z.boolean().optional(),
  })
  .superRefine(({ attribute, operator, values, ignoreCase, compareAs }, context) => {
    const complain = (path: string, rule: FieldRule, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), params: { rule }, message })
    if (!segmentOperators.has(operator) && attribute === '')
      complain('attribute', 'clause-attribute', `${operator} needs an attribute`)
    if (!valuelessOperators.has(operator) && values.length === 0)
      complain('values', 'clause-values', `${operator} needs at least one value`)
    if (ignoreCase && !textOperators.has(operator))
      complain('ignoreCase', 'clause-case', `${operator} does not compare texts`)
    if (compareAs !== undefined && !orderedOperators.has(operator))
      complain('compareAs', 'clause-comparison', `${operator} does not compare in order`)
    else if (compareAs !== undefined && compareAs !== 'bucketeer' && timeOperators.has(operator))
      complain('compareAs', 'clause-comparison', `${operator} compares times, or as bucketeer`)
    values.forEach((value, i) => {
      if (operator === 'matches') {
        const pattern = compilePattern(value, ignoreCase)
        if (!pattern.ok) complain(`values.${i}`, 'clause-pattern', pattern.message)
        return
      }
      const needed = neededForm(operator, compareAs)
      if (needed && needed.parse(value) === undefined)
        complain(`values.${i}`, 'clause-values', `${JSON.stringify(value)} is no ${needed.what}`)
    })
  })
export type Clause = z.infer<typeof Clause>

/** What a value must be in order to match anything; undefined where any text can. */
function neededForm(operator: Operator, compareAs: Comparison | undefined) {
  if (compareAs === undefined) return timeOperators.has(operator) ? forms.time : undefined
  return compareAs === 'number' || compareAs === 'version' || compareAs === 'semver'
    ? forms[compareAs]
    : undefined
}

const forms = {
  time: {
    parse: parseTime,
    what: 'time: give epoch seconds or milliseconds, a date, or a date-time with offset',
  },
  number: { parse: parseDecimal, what: 'number' },
  version: { parse: parseLenientVersion, what: 'version' },
  semver: { parse: parseVersion, what: 'semantic version' },
}

/** OR of AND. */
export const AnyOf = z
  .array(z.array(Clause).min(1).max(limits.clausesPerGroupMax))
  .min(1)
  .max(limits.groupsPerRuleMax)
export type AnyOf = z.infer<typeof AnyOf>
