// An environment as a document that people write, keep under version control, and compare: what shall be, not
// what is to be done. Entities stand under their keys or ids. What the system keeps (versions, times) is not
// in it, nor is what is secret (SDK keys, triggers, webhooks) or passes by (scheduled changes).
import * as z from 'zod'
import { Experiment } from '../../model/experiment.ts'
import { FlagFields, Id, Key } from '../../model/flag.ts'
import { FlagDraft } from '../../model/flag-draft.ts'
import { Goal } from '../../model/goal.ts'
import { versionedFields } from '../../model/versioned.ts'
import { Operation } from '../../model/operation.ts'
import { Segment } from '../../model/segment.ts'
import { Settings } from '../../model/settings.ts'
import { Tag, TagKey } from '../../model/tag.ts'

export const documentFormat = 1
/** Flags, segments, goals ... of one document: as many as one environment is built for. */
export const documentEntriesMax = 10_000

const entries = <K extends typeof Id, V extends z.ZodType>(key: K, value: V) =>
  z
    .record(key, value)
    .refine((all) => Object.keys(all).length <= documentEntriesMax, `more than ${documentEntriesMax}`)
    .default({} as never)

/** Without ids of rules, allocation or seed the flag keeps those it has: they decide who gets what. */
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
 * Without times or status, the experiment keeps those it has; without a rule, it is about the default
 * strategy.
 */
export const ExperimentEntry = Experiment.omit({ ...versionedFields, id: true }).extend({
  ruleId: Id.optional(),
  startAt: z.int().optional(),
  stopAt: z.int().optional(),
  status: Experiment.shape.status.optional(),
})
export const OperationEntry = Operation.omit({ ...versionedFields, id: true }).extend({
  countingFrom: z.int().optional(),
  status: Operation.shape.status.optional(),
})

export const Document = z.strictObject({
  format: z.literal(documentFormat).default(documentFormat),
  /** Whether the document is all there is: then what is not in it goes. */
  prune: z.boolean().default(false),
  settings: Settings.optional(),
  tags: entries(TagKey, TagEntry),
  segments: entries(Key, SegmentEntry),
  goals: entries(Key, GoalEntry),
  flags: entries(Key, FlagEntry),
  experiments: entries(Id, ExperimentEntry),
  operations: entries(Id, OperationEntry),
})
export type Document = z.infer<typeof Document>
