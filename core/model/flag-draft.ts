// The bodies with which callers of the admin API create a flag or change parts of it.
import * as z from 'zod'
import { DefaultStrategy, FlagFields, Id, Key, Rule } from './flag.ts'
import { versionedFields } from './versioned.ts'
import * as limits from './limits.ts'

/** Rules and the default strategy may omit their id and then get a new one. */
const withNewId = { id: Id.optional() }
const RuleDraft = Rule.extend(withNewId)
const DefaultStrategyDraft = DefaultStrategy.extend(withNewId)

const flagShape = FlagFields.omit({ ...versionedFields, archived: true, segmentsUpdatedAt: true }).shape

/** Without `allocation`, a new flag gets the environment's default. */
export const FlagDraft = z.strictObject({
  ...flagShape,
  allocation: flagShape.allocation.unwrap().optional(),
  rules: z.array(RuleDraft).max(limits.rulesMax).default([]),
  defaultStrategy: DefaultStrategyDraft,
})
export type FlagDraft = z.infer<typeof FlagDraft>

/** Absent fields stay as they are; `null` removes an optional field. Key and type cannot change. */
export const FlagChanges = z
  .strictObject({
    name: flagShape.name.unwrap(),
    description: flagShape.description.unwrap(),
    slug: Key.nullable(),
    campaignId: Id.nullable(),
    bundle: flagShape.bundle.unwrap(),
    content: flagShape.content.unwrap().nullable(),
    variations: flagShape.variations,
    valueSchema: flagShape.valueSchema.unwrap().nullable(),
    enabled: flagShape.enabled.unwrap(),
    offVariationId: Id.nullable(),
    slices: flagShape.slices.unwrap().nullable(),
    prerequisites: flagShape.prerequisites.unwrap(),
    targets: flagShape.targets.unwrap(),
    rules: z.array(RuleDraft).max(limits.rulesMax),
    defaultStrategy: DefaultStrategyDraft,
    allocation: flagShape.allocation.unwrap(),
    assignment: flagShape.assignment.unwrap().nullable(),
    bucketBy: flagShape.bucketBy.unwrap().nullable(),
    tags: flagShape.tags.unwrap(),
    maintainer: flagShape.maintainer.unwrap(),
    metadata: flagShape.metadata.unwrap().nullable(),
    archived: z.boolean(),
    resetSeed: z.literal(true),
    /** Deprecated, without effect: new weights always move the fewest targeting keys. */
    keepVisitors: z.literal(true),
  })
  .partial()
export type FlagChanges = z.infer<typeof FlagChanges>
