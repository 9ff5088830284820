// What experiment.sql counts of a variation.
import * as z from 'zod'

/** Null beyond what a double holds. No result is about it: values are added up by experiment-metric.sql. */
const Sum = z
  .number()
  .nullable()
  .transform((sum) => sum ?? 0)

export const ObservedVariation = z.object({
  variationId: z.string(),
  users: z.int(),
  conversions: z.int(),
  valueSum: Sum,
  valueSumOfSquares: Sum,
  usersInTwoVariations: z.int(),
  verifiedUsers: z.int(),
  verifiedConversions: z.int(),
  unverifiedUsers: z.int(),
  unverifiedConversions: z.int(),
  sourceUsers: z.int(),
  usersWithoutUnit: z.int(),
})
export type ObservedVariation = z.infer<typeof ObservedVariation>
