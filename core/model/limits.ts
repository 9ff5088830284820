// The limits of the model. Limits of one route are at the top of its file.

/**
 * How many entities of each kind an environment may have. One that has more already keeps them, and makes no
 * further ones.
 */
export const entitiesMax = {
  flag: 10_000,
  segment: 5_000,
  goal: 5_000,
  /** With those that have stopped. */
  experiment: 10_000,
  operation: 5_000,
  trigger: 5_000,
  /** With those that were applied. */
  schedule: 10_000,
  /** With those that have ended. */
  progressiveRollout: 5_000,
  dynamicAllocation: 1_000,
  layer: 500,
  /** With those that have ended. */
  holdout: 500,
  tag: 5_000,
  webhook: 100,
  /** All of them travel in the snapshot. */
  sdkKey: 500,
  settings: 1,
} as const satisfies Record<string, number>

/** Of a backup: all flags, segments, goals and tags, and the settings. */
export const restoredEntitiesMax = 25_001

/** How many rows of each kind an organisation may have; `organisation`: the whole deployment. */
export const organisationRowsMax = {
  organisation: 1_000,
  project: 1_000,
  member: 10_000,
  token: 1_000,
  'key-approval': 10_000,
} as const
export const environmentsPerProjectMax = 200
/** Environments that one member or token has a role in by name. */
export const grantsMax = 1_000
/** RFC 5321, 4.5.3.1.3. */
export const emailLengthMax = 254

export const keyLengthMax = 100
export const nameLengthMax = 200
export const descriptionLengthMax = 2_000
export const variationsMax = 100
/** Slices of a layer or a holdout: one is a hundredth of a percent of the users. */
export const slicesTotal = 10_000
/** Allotments of a layer; rules whose users a holdout holds back. */
export const allotmentsMax = 1_000
/** Separate ranges of slices in one allotment. */
export const rangesMax = 100
export const variationValueLengthMax = 100_000
/** The value of a yaml flag as JSON, which may be longer than what was written. */
export const variationJsonLengthMax = 200_000
/** Of the JSON Schema of a flag's values, as JSON text. */
export const valueSchemaLengthMax = 20_000
/** Schemas within schemas. */
export const valueSchemaDepthMax = 50
export const rulesMax = 100
export const groupsPerRuleMax = 50
export const clausesPerGroupMax = 50
export const valuesPerClauseMax = 10_000
export const valueLengthMax = 1_000
/**
 * UTF-16 units of an attribute that `matches` looks at, in a list together. What is longer does not match.
 */
export const matchedLengthMax = 10_000
/**
 * Steps of one request's evaluations (core/evaluation/steps.ts). 1,000 flags that each match another pattern
 * against an address of 200 characters take less than a million.
 */
export const evaluationStepsMax = 5_000_000
/** Names in a path such as `account.plan.name`. */
export const attributeDepthMax = 10
export const targetingKeysPerTargetMax = 10_000
export const prerequisitesMax = 50
/** Links in a chain of flags that depend on each other, by prerequisites or `flag-is`. */
export const flagDepthMax = 100
/** Links in a chain of segments whose rules ask for each other. */
export const segmentDepthMax = 10
export const metadataMax = 20
export const metadataNameLengthMax = 100
export const metadataValueLengthMax = 1_000
export const tagsMax = 50
export const segmentMembersMax = 100_000
export const rolloutStepsMax = 100
/** Of one step. */
export const rolloutGuardrailsMax = 10
/** What a step can lack at once: users, and each of its guardrails. */
export const rolloutShortfallsMax = 20
/** Of a dynamic allocation: more than a year of daily moves. */
export const allocationPhasesMax = 400
export const allocationArmsMax = 20
export const weekdaysMax = 7
export const timeZoneLengthMax = 100
/** Scheduled changes of one flag that wait for their time. All are tried again at every edit of the flag. */
export const waitingPerFlagMax = 100
/** More than there are people. */
export const usersPlannedMax = 10_000_000_000
export const minimumDaysMax = 90
/** Relative: eleven times as much. */
export const minimumEffectMax = 10
/** Of a goal's windows. */
export const metricDaysMax = 90
/** A user's sum beyond it cannot be added up exactly (analytics/sql/counting/metric.sql). */
export const metricValueMax = 1e15
export const goalsPerExperimentMax = 10
/** Other experiments that an experiment is checked for interactions with. */
export const experimentPairsMax = 10
/** Variations of the one times variations of the other. Ten such pairs are a third of a result's bytes. */
export const overlapCellsMax = 100
/** Of a pair of experiments: the clearest ones are stored. */
export const contrastsMax = 10
/** Attributes that results are broken down by. */
export const breakdownsMax = 10
/** Before the goal's own event. */
export const funnelStepsMax = 9
/** An entity as JSON text. A row of D1 holds 2 MB, and history stores the old value beside the new one. */
export const entityBytesMax = 900_000
/**
 * The published form of an environment, as JSON text. KV takes 25 MiB; the rest is room for what may never be
 * refused (snapshot-size.ts). An isolate of edge holds as much (workers/edge/limits.ts).
 */
export const snapshotBytesMax = 16_000_000
/** An experiment result as JSON text, as the runner sends it. */
export const resultBytesMax = 900_000
/** In hexadecimal. */
export const sha256LengthMax = 64
/** Of one change of many flags. */
export const flagsAtOnceMax = 1_000
/** How long a rotated SDK key may stay valid beside the new one: 90 days. */
export const overlapMsMax = 90 * 24 * 60 * 60 * 1000
export const webhookEventsMax = 100
/** Standard Webhooks: at most 64 bytes, in Base64 behind `whsec_`. */
export const webhookSecretLengthMax = 100
/** Of a secret that somebody else chose. */
export const signingSecretLengthMin = 16
export const urlLengthMax = 2_000
/** ECMAScript: the largest time value of a Date. */
export const epochMsMax = 8_640_000_000_000_000
export const commentLengthMax = 1_000

export const slicesMax = 20
/** New phases of one experiment. */
export const experimentPhasesMax = 100
/** The ranges of a rebalanced rollout. With more, the shares are laid out in order again (rebalance.ts). */
export const piecesMax = 300
/** Bucketeer: the weights of a rollout are in thousandths of a percent. */
export const weightTotal = 100_000
/** One percent of `weightTotal`: the unit of `percent` allocation. */
export const weightPerPercent = 1_000

/** Minutes of an operation's evidence; eight days have fewer. */
export const evidenceMinutesMax = 12_000
