// The result of one experiment for one goal. The batch runner computes it; the admin API stores it. It
// contains what is needed to judge and reproduce it: engine, version, model, seed, time window and a hash of
// the input.
import * as z from 'zod'
import { Breakdown } from './breakdown.ts'
import { CountedEvents } from './counted-events.ts'
import { EngineReport } from './engine-report.ts'
import { goalRoles } from './experiment.ts'
import { HistorySource } from './goal-history.ts'
import { GuardrailReport } from './guardrail.ts'
import { Interaction } from './interaction.ts'
import { MetricReport, VariationValue } from './metric-report.ts'
import { Provenance } from './provenance.ts'

const Probability = z.number().min(0).max(1)
const Count = z.int().min(0)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
const Id = z.string().min(1)
const Sentence = z.string().min(1)

export const Prior = z.object({
  alpha: z.number().positive(),
  beta: z.number().positive(),
  /** The earlier experiment on the goal that told it when this one started; absent: nothing was known. */
  from: HistorySource.optional(),
})
export type Prior = z.infer<typeof Prior>

/**
 * Epoch milliseconds, half-open: events at `from` count, events at `to` do not. Users whose first exposure is
 * at `exposuresUntil` or later do not count; absent: all do.
 */
export const ResultWindow = z
  .object({ from: Count, to: Count, exposuresUntil: Count.optional() })
  .refine(({ from, to }) => from <= to, 'a window ends no earlier than it starts')
export type ResultWindow = z.infer<typeof ResultWindow>

export const RateSummary = z.object({
  mean: Probability,
  sd: z.number().min(0),
  q025: Probability,
  median: Probability,
  q975: Probability,
})
export type RateSummary = z.infer<typeof RateSummary>

/**
 * Relative to the baseline: 0.1 means ten percent more. The mean is null if it is infinite (no baseline
 * conversions, flat prior).
 */
export const UpliftSummary = z.object({ mean: z.number().nullable(), q025: z.number(), q975: z.number() })
export type UpliftSummary = z.infer<typeof UpliftSummary>

export const VariationPosterior = z.object({
  variationId: Id,
  rate: RateSummary,
  probabilityBest: Probability,
  /** 0 for the baseline itself. */
  probabilityBeatsBaseline: Probability,
  /** How much worse than the best rate this one is on average: E[|best rate - this rate|]. */
  expectedLoss: Probability,
  uplift: UpliftSummary.nullable(),
})
export type VariationPosterior = z.infer<typeof VariationPosterior>

/** What depends on the prior, with more or less of it; in closed form, whatever the engine. */
export const PriorSensitivity = z.object({
  /** The prior weighs so many times as much. */
  weight: z.number().positive(),
  prior: z.object({ alpha: z.number().positive(), beta: z.number().positive() }),
  /** Of the variations that have users. */
  variations: z.array(
    z.object({
      variationId: Id,
      rate: RateSummary.pick({ mean: true, q025: true, q975: true }),
      probabilityBest: Probability,
      expectedLoss: Probability,
    }),
  ),
})
export type PriorSensitivity = z.infer<typeof PriorSensitivity>

/** Without users there is no posterior, and no number that looks like one. */
export const VariationResult = z.object({
  variationId: Id,
  users: Count,
  conversions: Count,
  /** Of a goal whose metric is no conversion; then there is no rate. Null if nothing can be said. */
  value: VariationValue.nullable().optional(),
  /** Of a funnel: users who reached each step, those of its metric first, the goal's own last. */
  steps: z.array(Count).optional(),
  rate: RateSummary.nullable(),
  probabilityBest: Probability.nullable(),
  probabilityBeatsBaseline: Probability.nullable(),
  /** In the unit of what is compared. */
  expectedLoss: z.number().min(0).nullable(),
  uplift: UpliftSummary.nullable(),
})
export type VariationResult = z.infer<typeof VariationResult>

/** What is decided of an arm against the baseline. */
export const outcomes = ['better', 'worse', 'equal', 'open', 'not-measured'] as const

const Estimate = z.object({ estimate: z.number(), low: z.number(), high: z.number().nullable() })
export type Estimate = z.infer<typeof Estimate>

/** Where a test with a fixed horizon stands, so that the next look can go on from it. */
const HorizonOrigin = z.object({
  score: z.number(),
  information: z.number().min(0),
  up: Probability,
  down: Probability,
  /** The upper normal quantiles of these levels, which may be rounded. Absent: those of the levels. */
  zUp: z.number().optional(),
  zDown: z.number().optional(),
  tilt: z.number(),
})
export const HorizonState = z.object({
  score: z.number(),
  information: z.number().min(0),
  planned: z.number().min(0),
  /** One for each number of arms that are not named yet, from one on. */
  origins: z.array(HorizonOrigin),
  /** Epoch milliseconds: the end that this look was planned with. Absent in results of earlier releases. */
  endAt: z.int().optional(),
  /** How the arm differs, if it is named at this look or was at an earlier one that could be trusted. */
  named: z.enum(['higher', 'lower']).optional(),
  /** The planned end was looked at, and could be trusted. Absent: not yet, or by an earlier release. */
  spent: z.literal(true).optional(),
})
export type HorizonState = z.infer<typeof HorizonState>

/** One arm against the baseline. The intervals hold at all looks together. */
export const Comparison = z.object({
  variationId: Id,
  outcome: z.enum(outcomes),
  /** Why it is not measured. */
  reason: Sentence.optional(),
  /** Of the conversion rates, means or ratios. */
  difference: Estimate.nullable(),
  /** The same, relative to the baseline: 0.1 means ten percent more. `high` is null if there is no bound. */
  relative: Estimate.nullable(),
  /** Relative, at a tenth of the level: holds for winners of however little power. */
  cautious: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** Natural logarithm of an e-value; an arm is named at ln(1 / alpha). */
  evidence: z.number().nullable(),
  /** Until it is likely decided at this traffic; null if not within a year, or if it is decided. */
  moreDays: z.number().min(0).nullable(),
  horizon: HorizonState.optional(),
})
export type Comparison = z.infer<typeof Comparison>

/** How the result decides. */
export const Decision = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('always-valid'),
    alpha: Probability,
    /** The users of all variations that the intervals are tuned to; null if nobody planned. */
    usersPlanned: z.number().nullable(),
  }),
  z.object({
    kind: z.literal('fixed-horizon'),
    alpha: Probability,
    gamma: Probability,
    /** Epoch milliseconds. */
    endAt: Count,
    /** The test has spent all it had: nothing that comes later names an arm. */
    ended: z.boolean(),
  }),
])
export type Decision = z.infer<typeof Decision>

/** Natural logarithms of the sample ratio's factor: at this look, and the highest of all looks. */
const SampleRatioReport = z.object({ logFactor: z.number(), highestLogFactor: z.number() })

export const HealthCheck = z.object({
  name: z.enum([
    'lake-complete',
    'sample-ratio',
    'users-in-two-variations',
    'sampler',
    'verified-users',
    'users-of-one-address',
    'interactions',
  ]),
  /**
   * `too-early`: cannot judge yet, but will with more users. `skipped`: does not apply to this result.
   * `warning`: somebody should look at it before acting on the verdict, which it does not withhold.
   */
  status: z.enum(['passed', 'failed', 'warning', 'too-early', 'skipped']),
  detail: Sentence,
})
export type HealthCheck = z.infer<typeof HealthCheck>

/** `red`: a check failed. `amber`: none failed, but at least one warns or cannot judge yet. */
export const Health = z.object({ status: z.enum(['green', 'amber', 'red']), checks: z.array(HealthCheck) })
export type Health = z.infer<typeof Health>

/** `reason` is a sentence for a person. Only a primary goal has a winner. */
export const Verdict = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('winner'),
    variationId: Id,
    probabilityBest: Probability,
    expectedLoss: z.number().min(0),
    /** Absent in results of earlier releases. */
    reason: Sentence.optional(),
  }),
  /** Several beat the baseline, and none of them the others. */
  z.object({ kind: z.literal('winners'), variationIds: z.array(Id).min(2), reason: Sentence }),
  z.object({ kind: z.literal('keep-baseline'), variationId: Id, reason: Sentence }),
  /** These beat the baseline and break a guardrail: none of them is to be shipped. */
  z.object({ kind: z.literal('guardrail-broken'), variationIds: z.array(Id).min(1), reason: Sentence }),
  /** Whatever differs is too little to matter. */
  z.object({ kind: z.literal('practically-equal'), reason: Sentence }),
  /** Keep running; about so many days more, if that can be said. */
  z.object({ kind: z.literal('undecided'), reason: Sentence, moreDays: z.number().min(0).optional() }),
  /** Nothing can be read yet. */
  z.object({ kind: z.literal('too-early'), reason: Sentence }),
  /** Not to be trusted. */
  z.object({ kind: z.literal('withheld'), reason: Sentence }),
  /** Of an A/A test: whether the way from assignment to result finds a difference where there is none. */
  z.object({ kind: z.literal('sound'), reason: Sentence }),
  z.object({ kind: z.literal('unsound'), reason: Sentence }),
  /** What a secondary goal shows; it decides nothing. */
  z.object({ kind: z.literal('secondary'), better: z.array(Id), worse: z.array(Id), reason: Sentence }),
  /** Of a guardrail: which arms are shown to keep it, and which to break it. */
  z.object({ kind: z.literal('guardrail'), kept: z.array(Id), broken: z.array(Id), reason: Sentence }),
])
export type Verdict = z.infer<typeof Verdict>

/** Whom the figures are of, and how far the events can be trusted. */
export const Trust = z.object({
  counts: CountedEvents,
  /** The attribute whose values are counted instead of users; empty: users. */
  unitAttribute: z.string(),
  /** Users who cannot be counted, because their exposures do not tell the unit. */
  usersWithoutUnit: Count,
  variations: z.array(
    z.object({
      variationId: Id,
      /** Counted, and by a verified exposure or one that came with a server key. */
      verifiedUsers: Count,
      verifiedConversions: Count,
      /** Also those that do not count. */
      unverifiedUsers: Count,
      unverifiedConversions: Count,
      /** The most counted users, without a server key, from one address and day. */
      sourceUsers: Count,
    }),
  ),
})
export type Trust = z.infer<typeof Trust>

export const directions = ['increase', 'decrease'] as const

/** What earlier releases did not write is optional, so that whatever is stored stays readable. */
export const ExperimentResult = z.object({
  goalKey: z.string().min(1),
  baselineVariationId: Id,
  computedAt: Count,
  window: ResultWindow,
  inputHash: Sha256,
  /** Of the rates; absent for a goal whose metric is no conversion. */
  prior: Prior.optional(),
  /** With half and with twice the weight of the prior; absent from results of earlier releases. */
  sensitivity: z.array(PriorSensitivity).optional(),
  engine: EngineReport,
  /** The release of the statistics that computed it: equal inputs give an equal result in one release. */
  statistics: z.string().min(1).optional(),
  role: z.enum(goalRoles).optional(),
  /** Of the goal: whether more or fewer conversions are better. */
  direction: z.enum(directions).optional(),
  /** Absent for a goal without a metric, which is about conversions. */
  metric: MetricReport.optional(),
  decision: Decision.optional(),
  /** Sorted by id, which is also the order of the sampler's input. */
  variations: z.array(VariationResult).min(1),
  /** One for each variation but the baseline, in the same order. */
  comparisons: z.array(Comparison).optional(),
  /** By the attributes of the design, of a goal about all users' conversions. */
  breakdowns: z.array(Breakdown).optional(),
  /** Of a primary goal: with the other experiments that its users are in, by their start. */
  interactions: z.array(Interaction).optional(),
  /** Of a primary goal: all guardrails of all arms. Of a guardrail: its own. */
  guardrails: z.array(GuardrailReport).optional(),
  sampleRatio: SampleRatioReport.optional(),
  health: Health,
  verdict: Verdict,
  /** Absent from results of earlier releases. */
  trust: Trust.optional(),
  /** What it takes to compute it again; absent from results of earlier releases. */
  provenance: Provenance.optional(),
})
export type ExperimentResult = z.infer<typeof ExperimentResult>
