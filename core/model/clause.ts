// The conditions of a rule: operators and clauses. core/evaluation/match.ts implements them.
import * as z from 'zod'
import * as limits from './limits.ts'
import type { FieldRule } from './problem.ts'
import { compilePattern } from '../text/regex.ts'
import { type Operator, operators } from './vocabulary.ts'

/** Operators that ignore `values`. */
const valuelessOperators: ReadonlySet<Operator> = new Set(['exists', 'not-exists'])
/** Operators that ignore `attribute`. */
const contextlessOperators: ReadonlySet<Operator> = new Set(['in-segment'])
/** Operators that compare texts, and so may ignore case. */
export const textOperators: ReadonlySet<Operator> = new Set([
  'equals',
  'not-equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'not-contains',
])

/**
 * One condition. `attribute` is the name of a context attribute; `id` means the targeting key. For `flag-is`
 * it is the key of another flag, and `values` are ids of its variations. For `in-segment`, `values` are
 * segment keys; for `matches`, patterns (core/text/regex.ts).
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
  })
  .superRefine(({ attribute, operator, values, ignoreCase }, context) => {
    const complain = (path: string, rule: FieldRule, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), params: { rule }, message })
    if (!contextlessOperators.has(operator) && attribute === '')
      complain('attribute', 'clause-attribute', `${operator} needs an attribute`)
    if (!valuelessOperators.has(operator) && values.length === 0)
      complain('values', 'clause-values', `${operator} needs at least one value`)
    if (ignoreCase && !textOperators.has(operator))
      complain('ignoreCase', 'clause-case', `${operator} does not compare texts`)
    if (operator !== 'matches') return
    values.forEach((value, i) => {
      const pattern = compilePattern(value)
      if (!pattern.ok) complain(`values.${i}`, 'clause-pattern', pattern.message)
    })
  })
export type Clause = z.infer<typeof Clause>

/** OR of AND. */
export const AnyOf = z
  .array(z.array(Clause).min(1).max(limits.clausesPerGroupMax))
  .min(1)
  .max(limits.groupsPerRuleMax)
export type AnyOf = z.infer<typeof AnyOf>
