// A flag as callers send it: new, or the parts that are to change.
import * as z from 'zod'
import { DefaultStrategy, FlagFields, Id, Key, Rule } from './flag.ts'
import { isVersioned } from './versioned.ts'
import * as limits from './limits.ts'

/** Rules and the default strategy may come without id: they get a new one. */
const withNewId = { id: Id.optional() }
const RuleDraft = Rule.extend(withNewId)
const DefaultStrategyDraft = DefaultStrategy.extend(withNewId)

const flagShape = FlagFields.omit({ ...isVersioned, archived: true }).shape

/** Without an allocation, it gets the environment's default. */
export const FlagDraft = z.strictObject({
  ...flagShape,
  allocation: flagShape.allocation.unwrap().optional(),
  rules: z.array(RuleDraft).max(limits.rulesMax).default([]),
  defaultStrategy: DefaultStrategyDraft,
})
export type FlagDraft = z.infer<typeof FlagDraft>

/** Several parts of a flag in one change; what is absent stays. `null` takes away what may be absent. Key and type never change. */
export const FlagChanges = z
  .strictObject({
    name: flagShape.name.unwrap(),
    description: flagShape.description.unwrap(),
    slug: Key.nullable(),
    bundle: flagShape.bundle.unwrap(),
    content: flagShape.content.unwrap().nullable(),
    variations: flagShape.variations,
    enabled: flagShape.enabled.unwrap(),
    offVariationId: Id.nullable(),
    slices: flagShape.slices.unwrap().nullable(),
    prerequisites: flagShape.prerequisites.unwrap(),
    targets: flagShape.targets.unwrap(),
    rules: z.array(RuleDraft).max(limits.rulesMax),
    defaultStrategy: DefaultStrategyDraft,
    allocation: flagShape.allocation.unwrap(),
    assignment: flagShape.assignment.unwrap().nullable(),
    tags: flagShape.tags.unwrap(),
    maintainer: flagShape.maintainer.unwrap(),
    archived: z.boolean(),
    resetSeed: z.literal(true),
    /** Weights that change are laid out so that as few targeting keys as possible get another variation. */
    keepVisitors: z.literal(true),
  })
  .partial()
export type FlagChanges = z.infer<typeof FlagChanges>
