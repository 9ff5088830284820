// The commands of an environment, as data: routes make them from parsed bodies, the audit trail stores them.
import * as z from 'zod'
import { Document } from './document/schema.ts'
import { Experiment } from '../model/experiment.ts'
import { Flag, FlagKey, Id } from '../model/flag.ts'
import { FlagChanges, FlagDraft } from '../model/flag-draft.ts'
import { Goal } from '../model/goal.ts'
import { HoldoutDraft, LayerDraft, RolloutOfFlag, SlicesToAllot } from './hold-back-drafts.ts'
import { Holdout } from '../model/holdout.ts'
import { LayerFields } from '../model/layer.ts'
import { versionedFields } from '../model/versioned.ts'
import * as limits from '../model/limits.ts'
import { Operation, OperationFacts, operationSystemFields } from '../model/operation.ts'
import { AllocationFacts, DynamicAllocation } from '../model/dynamic-allocation.ts'
import { ProgressiveRollout, RolloutFacts, RolloutTemplate } from '../model/progressive-rollout.ts'
import { Schedule } from '../model/schedule.ts'
import { SdkKey } from '../model/sdk-key.ts'
import { SecretHash } from '../model/secret.ts'
import { Segment } from '../model/segment.ts'
import { Settings } from '../model/settings.ts'
import { Tag, TagKey } from '../model/tag.ts'
import { Trigger, TriggerSignature } from '../model/trigger.ts'
import { Webhook, WebhookEvents } from '../model/webhook.ts'

const newId = { id: Id.optional() }

export const SegmentDraft = Segment.omit({ ...versionedFields, members: true })
export const GoalDraft = Goal.omit(versionedFields).extend({ event: Goal.shape.event.optional() })
export const ExperimentDraft = Experiment.omit({
  ...versionedFields,
  primaryGoalKey: true,
  phases: true,
  history: true,
}).extend({
  ...newId,
  /** A draft waits to be started. Without it, the experiment begins at once, or at `startAt`. */
  status: z.literal('draft').optional(),
  ruleId: Id.optional(),
  /** Default: the only variation of the rollout that is marked as baseline. */
  baselineVariationId: Id.optional(),
  startAt: z.int().optional(),
  stopAt: z.int().optional(),
})
export const OperationDraft = Operation.omit({
  ...versionedFields,
  ...operationSystemFields,
  status: true,
}).extend({
  ...newId,
  countingFrom: z.int().optional(),
})
export const TriggerDraft = Trigger.omit({
  ...versionedFields,
  disabled: true,
  firings: true,
  lastFiring: true,
}).extend(newId)
export const ScheduleDraft = Schedule.omit({
  ...versionedFields,
  status: true,
  refusal: true,
  conflict: true,
  runs: true,
  lastRun: true,
}).extend({
  ...newId,
  /** Of a recurring change: the first time is at or after it. Default: from now on. */
  at: Schedule.shape.at.optional(),
})
/** `steps` or `template`. Without `startAt`, the first step is made at once. */
export const ProgressiveRolloutDraft = ProgressiveRollout.pick({
  name: true,
  flagKey: true,
  variationId: true,
  onOperation: true,
}).extend({
  ...newId,
  /** Default: the default strategy. */
  ruleId: Id.optional(),
  /** `null`: users who get no variation. Default: the only other ones whom the rule serves. */
  fromVariationId: Id.nullable().optional(),
  steps: ProgressiveRollout.shape.steps.optional(),
  template: RolloutTemplate.optional(),
  startAt: ProgressiveRollout.shape.startAt.optional(),
})
export const DynamicAllocationDraft = DynamicAllocation.omit({
  ...versionedFields,
  arms: true,
  status: true,
  phases: true,
}).extend({
  ...newId,
  /** Default: the default strategy. */
  ruleId: Id.optional(),
})
export const TagDraft = Tag.omit(versionedFields)
export const WebhookDraft = Webhook.omit({ ...versionedFields, previousSecret: true }).extend({
  ...newId,
  format: Webhook.shape.format.unwrap().default('standard'),
  events: WebhookEvents.default([]),
  tags: Webhook.shape.tags.unwrap().default([]),
})
export const SdkKeyDraft = SdkKey.omit({ ...versionedFields, disabled: true, previous: true })

type Bare<T> = T extends z.ZodDefault<infer Inner> ? Inner : T
type Editable<S extends z.ZodRawShape, F extends keyof S> = z.ZodObject<
  { [K in F]: z.ZodOptional<Bare<S[K]>> },
  z.core.$strict
>

/**
 * The schema of an edit: the given fields, all optional and without their defaults, so that an absent field
 * stays as it is.
 */
function editable<S extends z.ZodRawShape, const F extends keyof S & string>(
  schema: z.ZodObject<S>,
  ...fields: readonly F[]
) {
  const bare = (type: unknown) => (type instanceof z.ZodDefault ? type.unwrap() : type) as z.ZodType
  const shape = Object.fromEntries(fields.map((field) => [field, bare(schema.shape[field]).optional()]))
  return z.strictObject(shape) as unknown as Editable<S, F>
}

/** The same change of many flags. */
export const ManyFlags = z.strictObject({
  keys: z.array(FlagKey).min(1).max(limits.flagsAtOnceMax),
  changes: z.strictObject({
    enabled: FlagChanges.shape.enabled,
    archived: FlagChanges.shape.archived,
    maintainer: FlagChanges.shape.maintainer,
    addTags: FlagChanges.shape.tags,
    removeTags: FlagChanges.shape.tags,
  }),
})
export const SegmentChanges = editable(Segment, 'name', 'description', 'included', 'anyOf')
export const GoalChanges = editable(Goal, 'name', 'event', 'metric')
export const ExperimentChanges = editable(
  Experiment,
  'name',
  'hypothesis',
  'owner',
  'flagKey',
  'ruleId',
  'goalKeys',
  'baselineVariationId',
  'startAt',
  'stopAt',
  'exposuresUntil',
  'counts',
  'sharedAddress',
  'design',
)
export const OperationChanges = editable(
  Operation,
  'comparison',
  'threshold',
  'minimumUsers',
  'alpha',
  'delayMs',
  'action',
  'countingFrom',
  'counts',
  'sharedAddress',
).extend({
  /** `null`: armed by hand. */
  rearmAfterMs: Operation.shape.rearmAfterMs.nullable(),
})
/** `signature: null`: requests need not be signed any more. */
/** `null`: a running experiment refuses the change. */
const ifExperiment = { experiment: Schedule.shape.experiment.nullable() }
export const TriggerChanges = editable(Trigger, 'name', 'action', 'disabled').extend({
  ...ifExperiment,
  signature: z.null().optional(),
})
/** `repeat: null` makes it a change that happens once. */
export const ScheduleChanges = editable(Schedule, 'name', 'changes', 'at').extend({
  ...ifExperiment,
  repeat: Schedule.shape.repeat.unwrap().nullable().optional(),
})
export const ProgressiveRolloutChanges = editable(
  ProgressiveRollout,
  'name',
  'steps',
  'onOperation',
  'startAt',
)
export const DynamicAllocationChanges = editable(
  DynamicAllocation,
  'name',
  'floor',
  'maximumStep',
  'everyMs',
  'minimumUsers',
)
export const LayerChanges = editable(LayerFields, 'name', 'description')
export const HoldoutChanges = editable(
  Holdout,
  'name',
  'description',
  'slices',
  'startAt',
  'stopAt',
  'flagKeys',
  'goalKeys',
)
export const TagChanges = editable(Tag, 'name')
export const WebhookChanges = editable(
  Webhook.extend({ events: WebhookEvents }),
  'name',
  'url',
  'secretUrl',
  'events',
  'tags',
  'disabled',
).extend({
  /** `null`: sent at once. */
  digestMs: Webhook.shape.digestMs.nullable(),
})
export const SdkKeyChanges = editable(SdkKey, 'name', 'answers', 'disabled')
/** `null` removes an optional setting. */
export const SettingsChanges = editable(
  Settings,
  'defaultAllocation',
  'bucketingFile',
  'requireComment',
  'enrichContext',
  'disabledFlags',
  'panic',
  'streams',
  'intakePerMinute',
  'unlistedAttributes',
).extend({
  pathPrefix: Settings.shape.pathPrefix.nullable(),
  failedRunsUntilTold: Settings.shape.failedRunsUntilTold.nullable(),
  staleAfterDays: Settings.shape.staleAfterDays.nullable(),
  keepEventsDays: Settings.shape.keepEventsDays.nullable(),
  keepExposureDays: Settings.shape.keepExposureDays.nullable(),
  keepTrackingDays: Settings.shape.keepTrackingDays.nullable(),
  keepAliasDays: Settings.shape.keepAliasDays.nullable(),
  keepSdkReportDays: Settings.shape.keepSdkReportDays.nullable(),
  troubleshooting: Settings.shape.troubleshooting.nullable(),
})

/**
 * The kinds that decide. Keys and triggers are not restored, since their secrets may have leaked.
 * Experiments, operations, schedules and progressive rollouts are not, since time has passed.
 */
export const restoredKinds = ['flag', 'segment', 'goal', 'settings', 'tag'] as const
export const RestoredEntity = z.strictObject({
  kind: z.enum(restoredKinds),
  id: z.string().max(limits.keyLengthMax),
  /** Of its kind's schema. */
  value: z.record(z.string(), z.unknown()),
})
export type RestoredEntity = z.infer<typeof RestoredEntity>

/** The version that the caller saw; if it is stale, the command is refused. Absent: any version. */
const expectedVersion = { version: z.int().optional() }
const idAndVersion = { id: z.string().max(limits.keyLengthMax), ...expectedVersion }

const command = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.strictObject({ kind: z.literal(kind), ...shape })

export const Command = z.discriminatedUnion('kind', [
  command('create-flag', { flag: FlagDraft }),
  command('update-flag', { key: FlagKey, ...expectedVersion, changes: FlagChanges }),
  /** The same change of many flags, all in one revision or none. */
  command('update-flags', ManyFlags.shape),
  command('delete-flag', idAndVersion),
  command('reorder-rules', { key: FlagKey, ...expectedVersion, ruleIds: z.array(Id).max(limits.rulesMax) }),
  command('clone-flag', { key: FlagKey, ...expectedVersion, as: FlagKey, name: FlagChanges.shape.name }),
  /** `flag` as the environment `from` has it. `replace` overwrites a flag of the same key. */
  command('copy-flag', {
    from: z.string().max(limits.keyLengthMax),
    flag: Flag,
    ...expectedVersion,
    replace: z.boolean().default(false),
  }),
  command('roll-back-flag', { key: FlagKey, ...expectedVersion, revision: z.int().min(1) }),
  command('roll-back', { revision: z.int().min(1) }),
  /** As a rollback, to what a backup has. */
  command('restore', { entities: z.array(RestoredEntity).max(limits.restoredEntitiesMax) }),
  /** Only a revision: what was published is newer than a database that was put back. Changes nothing. */
  command('continue', { after: z.int().min(1) }),

  command('create-segment', { segment: SegmentDraft }),
  command('update-segment', { ...idAndVersion, changes: SegmentChanges }),
  command('set-members', { ...idAndVersion, members: Segment.shape.members.unwrap().nullable() }),
  command('delete-segment', idAndVersion),
  command('create-goal', { goal: GoalDraft }),
  command('update-goal', { ...idAndVersion, changes: GoalChanges }),
  command('delete-goal', idAndVersion),
  command('create-experiment', { experiment: ExperimentDraft }),
  command('update-experiment', { ...idAndVersion, changes: ExperimentChanges }),
  command('start-experiment', idAndVersion),
  command('stop-experiment', { id: Id }),
  command('freeze-experiment', { id: Id }),
  command('advance-experiment', { id: Id }),
  command('archive-experiment', idAndVersion),
  command('delete-experiment', idAndVersion),
  command('create-operation', { operation: OperationDraft }),
  command('update-operation', { ...idAndVersion, changes: OperationChanges }),
  command('apply-operation', { id: Id, facts: OperationFacts }),
  /** `whenQuiet`: only if its `rearmAfterMs` is over. */
  command('arm-operation', { ...idAndVersion, whenQuiet: z.boolean().default(false) }),
  command('delete-operation', idAndVersion),
  command('create-trigger', { trigger: TriggerDraft }),
  command('update-trigger', { ...idAndVersion, changes: TriggerChanges }),
  command('rotate-trigger', {
    ...idAndVersion,
    sha256: SecretHash,
    /** Of a trigger whose requests are signed. */
    signingSecret: TriggerSignature.shape.secret.optional(),
  }),
  command('fire-trigger', { id: Id }),
  command('delete-trigger', idAndVersion),
  command('create-schedule', { schedule: ScheduleDraft }),
  command('update-schedule', { ...idAndVersion, changes: ScheduleChanges }),
  command('apply-schedule', { id: Id }),
  command('execute-schedule', idAndVersion),
  command('cancel-schedule', idAndVersion),
  command('delete-schedule', idAndVersion),
  command('create-progressive-rollout', { progressiveRollout: ProgressiveRolloutDraft }),
  command('update-progressive-rollout', { ...idAndVersion, changes: ProgressiveRolloutChanges }),
  command('advance-progressive-rollout', { id: Id }),
  command('approve-progressive-rollout', idAndVersion),
  command('confirm-progressive-rollout', { id: Id, facts: RolloutFacts }),
  command('pause-progressive-rollout', idAndVersion),
  command('resume-progressive-rollout', idAndVersion),
  command('stop-progressive-rollout', idAndVersion),
  command('step-back-progressive-rollout', idAndVersion),
  command('roll-back-progressive-rollout', idAndVersion),
  command('delete-progressive-rollout', idAndVersion),
  command('create-dynamic-allocation', { dynamicAllocation: DynamicAllocationDraft }),
  command('update-dynamic-allocation', { ...idAndVersion, changes: DynamicAllocationChanges }),
  command('move-dynamic-allocation', { id: Id, facts: AllocationFacts }),
  command('pause-dynamic-allocation', idAndVersion),
  command('resume-dynamic-allocation', idAndVersion),
  command('stop-dynamic-allocation', idAndVersion),
  command('delete-dynamic-allocation', idAndVersion),
  command('create-layer', { layer: LayerDraft }),
  command('update-layer', { ...idAndVersion, changes: LayerChanges }),
  command('allot-slices', { ...idAndVersion, ...SlicesToAllot.shape }),
  command('release-slices', { ...idAndVersion, ...RolloutOfFlag.shape }),
  command('delete-layer', idAndVersion),
  command('create-holdout', { holdout: HoldoutDraft }),
  command('update-holdout', { ...idAndVersion, changes: HoldoutChanges }),
  command('advance-holdout', { id: Id }),
  command('end-holdout', idAndVersion),
  command('release-held', { ...idAndVersion, ...RolloutOfFlag.shape }),
  command('delete-holdout', idAndVersion),
  command('create-tag', { tag: TagDraft }),
  command('update-tag', { id: TagKey, ...expectedVersion, changes: TagChanges }),
  command('delete-tag', idAndVersion),
  command('create-webhook', { webhook: WebhookDraft }),
  command('update-webhook', { ...idAndVersion, changes: WebhookChanges }),
  /** Until the overlap is over, messages are signed with both secrets. */
  command('rotate-webhook', {
    ...idAndVersion,
    secret: Webhook.shape.secret.unwrap(),
    overlapMs: z.int().min(0).max(limits.overlapMsMax),
  }),
  command('delete-webhook', idAndVersion),
  command('create-sdk-key', { key: SdkKeyDraft }),
  command('update-sdk-key', { ...idAndVersion, changes: SdkKeyChanges }),
  /** The old key stays valid for `overlapMs`. */
  command('rotate-sdk-key', {
    ...idAndVersion,
    sha256: SecretHash,
    overlapMs: z.int().min(0).max(limits.overlapMsMax),
  }),
  command('delete-sdk-key', idAndVersion),
  command('update-settings', { ...expectedVersion, changes: SettingsChanges }),

  /** `version` is the revision of the environment that the document's author saw. */
  command('apply', { ...expectedVersion, document: Document }),
  /** Entities translated from another system's configuration. `replace` overwrites those of equal key. */
  command('import', {
    source: z.enum(['bucketeer', 'flagship-io', 'flagd', 'cloudflare', 'metric']),
    flags: z.array(Flag).max(limits.entitiesMax.flag),
    segments: z.array(Segment).max(limits.entitiesMax.segment),
    sdkKeys: z.array(SdkKeyDraft.omit({ id: true })).max(limits.entitiesMax.sdkKey),
    replace: z.boolean().default(false),
  }),
])
export type Command = z.infer<typeof Command>
export type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>

const versioned: ReadonlySet<string> = new Set(
  Command.options.flatMap(({ shape }) => ('version' in shape ? [shape.kind.value] : [])),
)

/** The command for a version that the caller saw; undefined if its kind takes no version. */
export const onVersion = (command: Command, version: number): Command | undefined =>
  versioned.has(command.kind) ? ({ ...command, version } as Command) : undefined
