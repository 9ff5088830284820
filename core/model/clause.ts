// Shape of targeting: what a rule asks of an evaluation context. How it is decided: match.ts.
import * as z from 'zod'
import * as limits from './limits.ts'
import type { FieldRule } from './problem.ts'
import { compilePattern } from '../text/regex.ts'

/**
 * Bucketeer's operators, under OpenFeature-like names, plus ours: `not-contains`, `matches`, `exists`,
 * `not-exists`. `in` decides as `equals`; both are kept so that a flag can be exported as it was written.
 */
export const operators = [
  'equals',
  'not-equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'not-contains',
  'matches',
  'greater',
  'greater-or-equal',
  'less',
  'less-or-equal',
  'before',
  'after',
  'exists',
  'not-exists',
  'in-segment',
  'flag-is',
] as const

export type Operator = (typeof operators)[number]

/** Operators that ask nothing of `values`. */
const valueless: ReadonlySet<Operator> = new Set(['exists', 'not-exists'])
/** Operators that read no attribute of the context. */
const contextless: ReadonlySet<Operator> = new Set(['in-segment'])
/** Operators that compare texts, for which case may be ignored. */
const textual: ReadonlySet<Operator> = new Set([
  'equals',
  'not-equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'not-contains',
])

/**
 * One condition. `attribute` names an attribute of the context; `id` means the targeting key; for `flag-is` it is the key of the
 * other flag, and `values` are ids of its variations; for `in-segment`, `values` are segment keys; for `matches`, patterns (regex.ts).
 */
export const Clause = z
  .strictObject({
    attribute: z.string().max(limits.keyLengthMax).default(''),
    operator: z.enum(operators),
    values: z.array(z.string().max(limits.valueLengthMax)).max(limits.valuesPerClauseMax).default([]),
    /** Whether texts are compared without regard to case (as AB Tasty's server does). Versions have none. */
    ignoreCase: z.boolean().optional(),
  })
  .superRefine(({ attribute, operator, values, ignoreCase }, context) => {
    const complain = (path: string, rule: FieldRule, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), params: { rule }, message })
    if (!contextless.has(operator) && attribute === '')
      complain('attribute', 'clause-attribute', `${operator} needs an attribute`)
    if (!valueless.has(operator) && values.length === 0)
      complain('values', 'clause-values', `${operator} needs at least one value`)
    if (ignoreCase && !textual.has(operator))
      complain('ignoreCase', 'clause-case', `${operator} compares no texts`)
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
