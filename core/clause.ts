// Shape of targeting: what a rule asks of an evaluation context. How it is decided: match.ts.
import * as z from 'zod'
import * as limits from './limits.ts'

/**
 * Bucketeer's operators (bucketeer reference 3.3), under OpenFeature-like names, plus ours: `not-contains`, `exists`, `not-exists`.
 * `in` decides as `equals`; both are kept so that a flag can be exported as it was written.
 */
export const operators = [
  'equals',
  'not-equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'not-contains',
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

/**
 * One condition. `attribute` names an attribute of the context; `id` means the targeting key; for `flag-is` it is the key of the
 * other flag, and `values` are ids of its variations; for `in-segment`, `values` are segment keys.
 */
export const Clause = z
  .strictObject({
    attribute: z.string().max(limits.keyLengthMax).default(''),
    operator: z.enum(operators),
    values: z.array(z.string().max(limits.valueLengthMax)).max(limits.valuesPerClauseMax).default([]),
  })
  .superRefine((clause, context) => {
    if (!contextless.has(clause.operator) && clause.attribute === '') {
      context.addIssue({
        code: 'custom',
        path: ['attribute'],
        message: `${clause.operator} needs an attribute`,
      })
    }
    if (!valueless.has(clause.operator) && clause.values.length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['values'],
        message: `${clause.operator} needs at least one value`,
      })
    }
  })
export type Clause = z.infer<typeof Clause>

/** OR of AND. */
export const AnyOf = z
  .array(z.array(Clause).min(1).max(limits.clausesPerGroupMax))
  .min(1)
  .max(limits.groupsPerRuleMax)
export type AnyOf = z.infer<typeof AnyOf>
