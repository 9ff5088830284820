// What the runner reads of the admin API's answers. Control may be one release ahead
// (docs/guides/operate.md, "Which versions work together"): unknown fields are ignored, and an entry with
// an unknown kind or status is set aside instead of refused.
import * as z from 'zod'
import { experimentStatuses, type Experiment as CoreExperiment } from '../core/model/experiment.ts'
import { ExperimentResult } from '../core/model/experiment-result.ts'
import type { Strategy as CoreStrategy } from '../core/model/flag.ts'
import type { Goal as CoreGoal } from '../core/model/goal.ts'
import type { Operation as CoreOperation, OperationAction } from '../core/model/operation.ts'
import type { KeepDays } from '../core/model/retention.ts'
import {
  allocationStatus,
  DynamicAllocation,
  holdoutStatus,
  ProgressiveRollout,
  rolloutReaction,
  rolloutStatus,
  ReadLayer,
  WatchedHoldout,
} from './automation-api-schemas.ts'
import type * as api from '../workers/control/api/shapes.ts'

// Each schema is annotated with core's or control's type: a field that is renamed there does not compile
// here.
const versioned = { version: z.int(), createdAt: z.int(), updatedAt: z.int() }

const Environment: z.ZodType<Pick<api.EnvironmentRow, 'id' | 'name' | 'revision' | 'archived'>> = z.object({
  id: z.string(),
  name: z.string(),
  revision: z.int(),
  archived: z.boolean().default(false),
})
export type Environment = z.infer<typeof Environment>

const Strategy: z.ZodType<CoreStrategy> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fixed'), variationId: z.string() }),
  z.object({
    kind: z.literal('rollout'),
    shares: z.array(z.object({ variationId: z.string(), weight: z.number() })),
    audience: z.object({ percentage: z.number(), defaultVariationId: z.string() }).optional(),
  }),
])
/** Only the rule of an experiment matters, so the other rules of a flag may be whatever they are. */
const AnyStrategy = Strategy.or(z.unknown().transform(() => ({ kind: 'unknown' as const })))
const RuleStrategy = z.object({ id: z.string(), strategy: AnyStrategy })
/** The values alone, of every clause that this release can read. */
const Values = z.object({ values: z.array(z.string()) }).catch({ values: [] })
const Rule = RuleStrategy.extend({ anyOf: z.array(z.array(Values)).catch([]) })

const Flag = z.object({
  key: z.string(),
  rules: z.array(Rule),
  defaultStrategy: RuleStrategy,
  targets: z.array(z.object({ targetingKeys: z.array(z.string()) })).catch([]),
})
/** The strategies of a flag: `unknown` is one that this release cannot read. */
export type FlagStrategies = z.infer<typeof Flag>

const Goal: z.ZodType<CoreGoal> = z.looseObject({
  key: z.string(),
  name: z.string(),
  event: z.string(),
  ...versioned,
})

/** Only what says who is in it. */
const Segment = z.object({
  key: z.string(),
  version: z.int(),
  included: z.array(z.string()).default([]),
  /** Uploaded ones. */
  members: z.unknown().optional(),
})
export type SegmentMembers = z.infer<typeof Segment>

const counts = z.enum(['all', 'verified', 'server'])
const experimentStatus = z.enum(experimentStatuses)
const Experiment: z.ZodType<CoreExperiment> = z.looseObject({
  id: z.string(),
  name: z.string(),
  flagKey: z.string(),
  ruleId: z.string(),
  goalKeys: z.array(z.string()),
  baselineVariationId: z.string(),
  startAt: z.int(),
  stopAt: z.int(),
  status: experimentStatus,
  exposuresUntil: z.int().optional(),
  counts: counts.optional(),
  ...versioned,
})

const operationKind = z.literal('event-rate')
const operationStatus = z.enum(['active', 'fired'])
const comparison = z.enum(['at-least', 'at-most'])
const difference = z.enum(['absolute', 'relative'])
/** Control does what it says, so any will do. */
const action = z.looseObject({ kind: z.string() }) as unknown as z.ZodType<OperationAction>
const Operation: z.ZodType<CoreOperation> = z.looseObject({
  id: z.string(),
  kind: operationKind,
  flagKey: z.string(),
  variationId: z.string(),
  goalKey: z.string(),
  comparison,
  threshold: z.number(),
  baselineVariationId: z.string().optional(),
  difference: difference.optional(),
  ruleId: z.string().optional(),
  share: z.number().optional(),
  minimumUsers: z.int(),
  alpha: z.number().optional(),
  delayMs: z.int().optional(),
  action: action.optional(),
  rearmAfterMs: z.int().optional(),
  status: operationStatus,
  firedAt: z.int().optional(),
  countingFrom: z.int(),
  counts: counts.optional(),
  ...versioned,
})

export const AppliedOperation: z.ZodType<Pick<api.ChangeAnswer<CoreOperation>, 'revision' | 'changed'>> =
  z.object({
    revision: z.int(),
    changed: z.boolean(),
  })
export type AppliedOperation = z.infer<typeof AppliedOperation>

export const StoredLooks = z.object({ stored: z.int() })

export const AdvancedExperiment = z.object({ changed: z.boolean(), entity: Experiment })
export type AdvancedExperiment = z.infer<typeof AdvancedExperiment>

/** What edge can read. A control one release back does not say what is unpublished. */
export const PublicationState = z.object({
  unpublished: z.object({ revision: z.int(), since: z.int(), attempts: z.int() }).optional(),
})
export type PublicationState = z.infer<typeof PublicationState>

/**
 * What a result says for the next look to go on from. One that this release cannot read is passed over.
 */
const EarlierResult = ExperimentResult.pick({
  goalKey: true,
  window: true,
  metric: true,
  sampleRatio: true,
  decision: true,
  comparisons: true,
  guardrails: true,
  interactions: true,
}).extend({
  /** Whether it could be trusted: checks of a newer release do not matter. */
  health: z.object({ status: z.string() }),
})
export type EarlierResult = z.infer<typeof EarlierResult>
export const ResultPage = z.object({
  results: z.array(ExperimentResult.or(z.unknown().transform(() => undefined))),
  nextCursor: z.string().optional(),
})
export type ResultPage = z.infer<typeof ResultPage>
export const EarlierResults = z.object({
  results: z.array(EarlierResult.or(z.unknown().transform(() => undefined))),
})

/**
 * The answer to a stored result. Without the goal that was sent it is no answer of an admin API, whatever its
 * status: a proxy's page is not storage.
 */
export const StoredAnswer = z.object({ goalKey: z.string() }).transform(() => undefined)

/** RFC 9457, section 3.1; `code` and `errors` are ours. */
export const ProblemDetails = z.object({
  title: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

export const ForgottenAssignments = z.object({ assignments: z.int() })

const keepDays = z.int().optional()
/** A control one release back has none of them. */
export const RetentionSettings: z.ZodType<KeepDays> = z.object({
  keepEventsDays: keepDays,
  keepExposureDays: keepDays,
  keepTrackingDays: keepDays,
  keepAliasDays: keepDays,
  keepSdkReportDays: keepDays,
})

/** A job of a later release has another name. */
const KnownJob = z.object({
  job: z.string(),
  runner: z.string(),
  startedAt: z.int(),
  durationMs: z.int(),
  failures: z.array(z.string()),
  everyMs: z.int().optional(),
  doneAt: z.int().nullable(),
  isLate: z.boolean(),
  nextAt: z.int().nullable().default(null),
})
export type KnownJob = z.infer<typeof KnownJob>
export const KnownJobs = z.object({ jobs: z.array(KnownJob) })

/** The lists of the API under their names. `words` are the fields whose vocabulary control may extend. */
export const lists = {
  environments: { entry: Environment, words: {} },
  flags: { entry: Flag, words: {} },
  goals: { entry: Goal, words: {} },
  segments: { entry: Segment, words: {} },
  // Experiments have no kind yet: one that names a kind comes from a later release.
  experiments: { entry: Experiment, words: { kind: z.undefined(), status: experimentStatus, counts } },
  operations: {
    entry: Operation,
    words: { kind: operationKind, status: operationStatus, comparison, difference, counts },
  },
  dynamicAllocations: { entry: DynamicAllocation, words: { status: allocationStatus, counts } },
  holdouts: { entry: WatchedHoldout, words: { status: holdoutStatus } },
  layers: { entry: ReadLayer, words: {} },
  progressiveRollouts: {
    entry: ProgressiveRollout,
    words: { status: rolloutStatus, onOperation: rolloutReaction },
  },
} satisfies Record<string, { entry: z.ZodType; words: Record<string, z.ZodType> }>

export type ListName = keyof typeof lists
export type EntryOf<L extends ListName> = z.output<(typeof lists)[L]['entry']>

/** An entry that this release does not understand. */
export interface UnknownEntry {
  readonly id: string
  /** What it says of its status; empty if it says nothing. */
  readonly status: string
  /** For a person: `its kind "holdout" is unknown to this release`. */
  readonly reason: string
}

const Named = z.looseObject({ id: z.string(), status: z.string().catch('') })

/**
 * Undefined if every word of the entry is known. What is no entry at all is left to the list's own schema.
 */
export function toUnknownEntry(raw: unknown, words: Record<string, z.ZodType>): UnknownEntry | undefined {
  const named = Named.safeParse(raw)
  if (!named.success) return undefined
  const { id, status } = named.data
  for (const [field, known] of Object.entries(words)) {
    const word = named.data[field]
    if (typeof word === 'string' && !known.safeParse(word).success)
      return { id, status, reason: `its ${field} "${word}" is unknown to this release` }
  }
  return undefined
}
