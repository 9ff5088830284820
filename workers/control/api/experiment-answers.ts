// Answers about experiments that are not entities of core. The console imports their types, so nothing in this
// file depends on workerd.
import * as z from 'zod'
import { checkNames } from '../../../core/change/experiment-checks.ts'
import { StoredResult } from '../../../core/model/stored-result.ts'
import { planKinds } from '../../../core/statistics/planning.ts'

const Effect = z.strictObject({ relative: z.number(), absolute: z.number() })
export const PlanAnswer = z.strictObject({
  baseline: z.union([
    z.strictObject({
      rate: z.number(),
      from: z.enum(['request', 'history']),
      experimentId: z.string().optional(),
      users: z.int().optional(),
      computedAt: z.int().optional(),
    }),
    z.strictObject({
      mean: z.number(),
      sd: z.number(),
      from: z.enum(['request', 'history']),
      experimentId: z.string().optional(),
      users: z.int().optional(),
      computedAt: z.int().optional(),
    }),
  ]),
  usersPerDay: z.number().nullable().describe('Null: unknown. From live counts, an estimate.'),
  plans: z.array(
    z.strictObject({
      decision: z
        .enum(planKinds)
        .describe('`fixed-test` is one look at the end: the yardstick, and no way to decide here.'),
      effect: Effect.nullable(),
      users: z.int(),
      usersPerVariation: z.array(z.int()),
      days: z.number().nullable(),
      conversions: z
        .int()
        .nullable()
        .describe(
          'Users who convert, or who do not, whichever are fewer, in the pair of variations that has the fewest.',
        ),
    }),
  ),
  warnings: z.array(z.string()),
})
export type PlanAnswer = z.infer<typeof PlanAnswer>

export const CheckAnswer = z.strictObject({
  status: z.enum(['pass', 'warn', 'block']).describe('The worst of the checks.'),
  checks: z.array(
    z.strictObject({
      name: z.enum(checkNames),
      status: z.enum(['pass', 'warn', 'block']),
      detail: z.string(),
    }),
  ),
})
export type CheckAnswer = z.infer<typeof CheckAnswer>

/** The newest result of each experiment's primary goal: what a list shows of it. */
export const Verdicts = z.strictObject({
  verdicts: z.array(z.strictObject({ experimentId: z.string(), result: StoredResult })),
})
export type Verdicts = z.infer<typeof Verdicts>
