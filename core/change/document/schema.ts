// An environment as a document that people write, keep under version control and compare: the wanted state.
// Entities are listed by key or id. Versions and times are not part of it, nor are secrets (SDK keys,
// triggers, webhooks), scheduled changes or progressive rollouts.
import * as z from 'zod'
import { Experiment } from '../../model/experiment.ts'
import { FlagFields, FlagKey, Id, Key } from '../../model/flag.ts'
import { FlagDraft } from '../../model/flag-draft.ts'
import { Goal } from '../../model/goal.ts'
import { Holdout } from '../../model/holdout.ts'
import { LayerFields } from '../../model/layer.ts'
import { versionedFields } from '../../model/versioned.ts'
import { Operation, operationSystemFields } from '../../model/operation.ts'
import { Segment } from '../../model/segment.ts'
import { Settings } from '../../model/settings.ts'
import { Tag, TagKey } from '../../model/tag.ts'

export const documentFormat = 1
/** The largest number of flags, segments, goals ... in one document. */
export const documentEntriesMax = 10_000

const entries = <K extends typeof Id, V extends z.ZodType>(key: K, value: V) =>
  z
    .record(key, value)
    .refine((all) => Object.keys(all).length <= documentEntriesMax, `more than ${documentEntriesMax}`)
    .default({} as never)

/** Without ids of rules, allocation or seed, the flag keeps those it has, and its users what they get. */
export const FlagEntry = FlagDraft.omit({ key: true }).extend({
  seed: FlagFields.shape.seed.unwrap().optional(),
  archived: FlagFields.shape.archived,
})
export const SegmentEntry = Segment.omit({ ...versionedFields, key: true, members: true })
/** Without an event, the goal's key is the event. */
export const GoalEntry = Goal.omit({ ...versionedFields, key: true }).extend({
  event: Goal.shape.event.optional(),
})
export const TagEntry = Tag.omit({ ...versionedFields, key: true })
/**
 * Without times, status or design, the experiment keeps its own. Without a rule, it tests the default
 * strategy.
 */
export const ExperimentEntry = Experiment.omit({
  ...versionedFields,
  id: true,
  primaryGoalKey: true,
  phases: true,
  history: true,
}).extend({
  ruleId: Id.optional(),
  startAt: z.int().optional(),
  stopAt: z.int().optional(),
  status: Experiment.shape.status.optional(),
})
export const OperationEntry = Operation.omit({
  ...versionedFields,
  ...operationSystemFields,
  id: true,
}).extend({
  countingFrom: z.int().optional(),
  status: Operation.shape.status.optional(),
})
/** Without a salt, it keeps its own; another one moves users. */
export const LayerEntry = LayerFields.omit({ ...versionedFields, id: true }).extend({
  salt: LayerFields.shape.salt.optional(),
})
/** Without times or rules that it holds, it keeps its own. */
export const HoldoutEntry = Holdout.omit({ ...versionedFields, id: true, at: true, refusal: true }).extend({
  salt: Holdout.shape.salt.optional(),
  startAt: Holdout.shape.startAt.optional(),
  stopAt: Holdout.shape.stopAt.optional(),
  held: Holdout.shape.held.optional(),
  status: Holdout.shape.status.optional(),
})

export const Document = z.strictObject({
  format: z.literal(documentFormat).default(documentFormat),
  /** Whether to archive, stop or delete what the document does not list. */
  prune: z.boolean().default(false),
  settings: Settings.optional(),
  tags: entries(TagKey, TagEntry),
  segments: entries(Key, SegmentEntry),
  goals: entries(Key, GoalEntry),
  flags: entries(FlagKey, FlagEntry),
  experiments: entries(Id, ExperimentEntry),
  operations: entries(Id, OperationEntry),
  layers: entries(Id, LayerEntry),
  holdouts: entries(Id, HoldoutEntry),
})
export type Document = z.infer<typeof Document>
