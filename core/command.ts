// Everything that can be asked of an environment, as data: parsed at the border, kept in the audit trail.
import * as z from 'zod'
import { Experiment } from './experiment.ts'
import { DefaultStrategy, FlagFields, Id, Key, Rule } from './flag.ts'
import { Goal } from './goal.ts'
import { Operation, OperationFacts } from './operation.ts'
import * as limits from './limits.ts'
import { Segment } from './segment.ts'

/** What the system fills in, no caller may. */
const kept = { version: true, createdAt: true, updatedAt: true } as const

/** Rules and the default strategy may come without id: they get a new one. */
const withNewId = { id: Id.optional() }
const RuleDraft = Rule.extend(withNewId)
const DefaultStrategyDraft = DefaultStrategy.extend(withNewId)

const flagShape = FlagFields.omit({ ...kept, archived: true }).shape
export const FlagDraft = z.strictObject({
  ...flagShape,
  rules: z.array(RuleDraft).max(limits.rulesMax).default([]),
  defaultStrategy: DefaultStrategyDraft,
})

/** Several parts of a flag in one change; what is absent stays. `offVariationId: null` takes it away. Key and type never change. */
export const FlagChanges = z
  .strictObject({
    name: flagShape.name.unwrap(),
    description: flagShape.description.unwrap(),
    bundle: flagShape.bundle.unwrap(),
    variations: flagShape.variations,
    enabled: flagShape.enabled.unwrap(),
    offVariationId: Id.nullable(),
    prerequisites: flagShape.prerequisites.unwrap(),
    targets: flagShape.targets.unwrap(),
    rules: z.array(RuleDraft).max(limits.rulesMax),
    defaultStrategy: DefaultStrategyDraft,
    allocation: flagShape.allocation.unwrap(),
    tags: flagShape.tags.unwrap(),
    maintainer: flagShape.maintainer.unwrap(),
    archived: z.boolean(),
    resetSeed: z.literal(true),
  })
  .partial()
export type FlagChanges = z.infer<typeof FlagChanges>

export const SegmentDraft = Segment.omit(kept)
export const GoalDraft = Goal.omit({ createdAt: true }).extend({ event: Goal.shape.event.optional() })
export const ExperimentDraft = Experiment.omit({ status: true, createdAt: true }).extend({
  id: Id.optional(),
  ruleId: Id.optional(),
  startAt: z.int().optional(),
  stopAt: z.int().optional(),
})
export const OperationDraft = Operation.omit({ status: true, createdAt: true }).extend({
  id: Id.optional(),
  countingFrom: z.int().optional(),
})

export const Command = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create-flag'), flag: FlagDraft }),
  /** `version` is the one the editor saw; a stale one is refused. Absent: apply to whatever is there. */
  z.strictObject({
    kind: z.literal('update-flag'),
    key: Key,
    version: z.int().optional(),
    changes: FlagChanges,
  }),
  z.strictObject({ kind: z.literal('create-segment'), segment: SegmentDraft }),
  z.strictObject({ kind: z.literal('create-goal'), goal: GoalDraft }),
  z.strictObject({ kind: z.literal('create-experiment'), experiment: ExperimentDraft }),
  z.strictObject({ kind: z.literal('stop-experiment'), id: Id }),
  z.strictObject({ kind: z.literal('create-operation'), operation: OperationDraft }),
  z.strictObject({ kind: z.literal('apply-operation'), id: Id, facts: OperationFacts }),
  z.strictObject({
    kind: z.literal('create-sdk-key'),
    key: z.strictObject({
      id: Id,
      role: z.enum(['client', 'server']),
      name: z.string().max(limits.nameLengthMax),
      sha256: z.string(),
    }),
  }),
])
export type Command = z.infer<typeof Command>
