// What the runner reads of the admin API's answers about automation: see admin-api-schemas.ts.
import * as z from 'zod'
import { CountedEvents } from '../core/model/counted-events.ts'
import {
  allocationStatuses,
  type DynamicAllocation as CoreAllocation,
} from '../core/model/dynamic-allocation.ts'
import type { Lease } from '../core/model/lease.ts'
import { holdoutStatuses } from '../core/model/holdout.ts'
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

export const allocationStatus = z.enum(allocationStatuses)

/** Only what the runner looks at; the rest is passed over. */
export const DynamicAllocation: z.ZodType<CoreAllocation> = z.looseObject({
  id: z.string(),
  name: z.string(),
  flagKey: z.string(),
  ruleId: z.string(),
  goalKey: z.string(),
  lowerIsBetter: z.boolean(),
  delayMs: z.int(),
  counts: CountedEvents.optional(),
  floor: z.int(),
  maximumStep: z.int(),
  everyMs: z.int(),
  minimumUsers: z.int(),
  arms: z.array(z.string()),
  status: allocationStatus,
  phases: z.array(z.looseObject({ startAt: z.int(), weights: z.record(z.string(), z.number()) })).min(1),
  version: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
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

/** What the runner reads of a layer. */
export const ReadLayer = z.looseObject({
  id: z.string(),
  allotments: z.array(z.looseObject({ flagKey: z.string(), ruleId: z.string() })),
})
export type ReadLayer = z.infer<typeof ReadLayer>

export const holdoutStatus = z.enum(holdoutStatuses)
/** What the runner reads of a holdout. */
export const WatchedHoldout = z.looseObject({
  id: z.string(),
  slices: z.int(),
  startAt: z.int(),
  stopAt: z.int(),
  status: holdoutStatus,
  goalKeys: z.array(z.string()),
  held: z.array(
    z.looseObject({
      flagKey: z.string(),
      ruleId: z.string(),
      variationId: z.string().optional(),
      since: z.int(),
    }),
  ),
})
export type WatchedHoldout = z.infer<typeof WatchedHoldout>
