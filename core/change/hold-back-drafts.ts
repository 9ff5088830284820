// What callers send to make layers and holdouts.
import * as z from 'zod'
import { FlagKey, Id } from '../model/flag.ts'
import { Holdout } from '../model/holdout.ts'
import { LayerFields } from '../model/layer.ts'
import * as limits from '../model/limits.ts'
import { versionedFields } from '../model/versioned.ts'

const newId = { id: Id.optional() }

/** Without a salt, the layer gets one of its own. */
export const LayerDraft = LayerFields.omit({ ...versionedFields, allotments: true }).extend({
  ...newId,
  salt: LayerFields.shape.salt.optional(),
})
/** Without `startAt`, it begins at once; without `stopAt`, it lasts 90 days. */
export const HoldoutDraft = Holdout.omit({
  ...versionedFields,
  held: true,
  status: true,
  at: true,
  refusal: true,
}).extend({
  ...newId,
  salt: Holdout.shape.salt.optional(),
  startAt: Holdout.shape.startAt.optional(),
  stopAt: Holdout.shape.stopAt.optional(),
})
/** A rollout of a flag; without `ruleId`, that of the default strategy. */
const rollout = { flagKey: FlagKey, ruleId: Id.optional() }
export const SlicesToAllot = z.strictObject({
  ...rollout,
  /** Of 10,000. */
  slices: z.int().min(1).max(limits.slicesTotal),
  /** What users outside the slices get; `null`: no variation. Default: the baseline of the rollout. */
  outsideVariationId: Id.nullable().optional(),
})
export const RolloutOfFlag = z.strictObject(rollout)
