// Operations, holdouts, dynamic allocations, progressive rollouts and triggers as answers show them.
// The console imports their types, so nothing in this file depends on workerd.
import type * as z from 'zod'
import { Operation, OperationLook } from '../../../core/model/operation.ts'
import { AllocationLook } from '../../../core/model/allocation-look.ts'
import { DynamicAllocation } from '../../../core/model/dynamic-allocation.ts'
import { Holdout } from '../../../core/model/holdout.ts'
import { HoldoutLook } from '../../../core/model/holdout-look.ts'
import { ProgressiveRollout, RolloutLook } from '../../../core/model/progressive-rollout.ts'
import { Trigger, TriggerSignature } from '../../../core/model/trigger.ts'

export const WatchedOperation = Operation.extend({
  lastLook: OperationLook.optional().describe(
    'What the batch runner found last. Of an earlier watch if its `countingFrom` is another. Absent: never looked at.',
  ),
})
export type WatchedOperation = z.infer<typeof WatchedOperation>

export const WatchedHoldout = Holdout.extend({
  lastLook: HoldoutLook.optional().describe(
    'What the batch runner found last: by goal, the users held back beside the others. Absent: it has not looked, or ' +
      'the holdout has no goals.',
  ),
})
export type WatchedHoldout = z.infer<typeof WatchedHoldout>

export const WatchedAllocation = DynamicAllocation.extend({
  lastLook: AllocationLook.optional().describe(
    'What the batch runner counted last, when shares could move: the users of each variation and its chance to be the ' +
      'best, and why the shares stayed, if they did. Absent: never counted.',
  ),
})
export type WatchedAllocation = z.infer<typeof WatchedAllocation>

export const WatchedRollout = ProgressiveRollout.extend({
  lastLook: RolloutLook.optional().describe(
    'What the batch runner found last of a step that waits for users or guardrails. Of an earlier step if its ' +
      '`stepAt` is another. Absent: no step waited for them.',
  ),
})
export type WatchedRollout = z.infer<typeof WatchedRollout>

export const PublicTrigger = Trigger.omit({ sha256: true }).extend({
  signature: TriggerSignature.omit({ secret: true }).optional(),
})
export type PublicTrigger = z.infer<typeof PublicTrigger>
