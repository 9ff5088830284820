// What is counted of a variation, for one experiment and goal.
import * as z from 'zod'

export const ObservedVariation = z.object({
  variationId: z.string(),
  users: z.int(),
  conversions: z.int(),
  usersInTwoVariations: z.int(),
  verifiedUsers: z.int(),
  verifiedConversions: z.int(),
  unverifiedUsers: z.int(),
  unverifiedConversions: z.int(),
  sourceUsers: z.int(),
  usersWithoutUnit: z.int(),
})
export type ObservedVariation = z.infer<typeof ObservedVariation>
