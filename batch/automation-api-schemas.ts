// What the runner reads of the admin API's answers about automation: see admin-api-schemas.ts.
import * as z from 'zod'
import type { Lease } from '../core/model/lease.ts'
import {
  type ProgressiveRollout as CoreRollout,
  rolloutReactions,
  rolloutStatuses,
} from '../core/model/progressive-rollout.ts'

export const GrantedLease: z.ZodType<Lease> = z.object({
  granted: z.boolean(),
  holder: z.string(),
  until: z.number(),
})

export const rolloutStatus = z.enum(rolloutStatuses)
export const rolloutReaction = z.enum(rolloutReactions)
const count = z.int()

/** Only what the runner looks at; the rest is passed over. */
export const ProgressiveRollout: z.ZodType<CoreRollout> = z.looseObject({
  id: z.string(),
  name: z.string(),
  flagKey: z.string(),
  ruleId: z.string(),
  variationId: z.string(),
  steps: z.array(
    z.looseObject({
      weight: z.int(),
      holdMs: z.int(),
      approval: z.boolean(),
      minimumUsers: z.int().optional(),
      guardrails: z.array(z.string()).optional(),
    }),
  ),
  onOperation: rolloutReaction,
  startAt: z.int(),
  status: rolloutStatus,
  stepsMade: z.int(),
  stepAt: z.int().optional(),
  facts: z
    .looseObject({
      stepAt: z.int(),
      until: z.int(),
      users: count,
      verifiedUsers: count,
      unverifiedUsers: count,
      usersOverLimit: count,
      guardrails: z.array(z.looseObject({ operationId: z.string(), judgedUsers: count, goalUsers: count })),
    })
    .optional(),
  version: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
})
