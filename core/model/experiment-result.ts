// The result of one experiment for one goal. The batch runner computes it; the admin API stores it. It
// contains what is needed to judge and reproduce it: engine, version, model, seed, time window and a hash of
// the input.
import * as z from 'zod'
import { CountedEvents } from './counted-events.ts'

const Probability = z.number().min(0).max(1)
const Count = z.int().min(0)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
const Id = z.string().min(1)
const Sentence = z.string().min(1)

/**
 * Stan's settings and diagnostics. `draws` and `warmup` are per chain; R-hat and ESS are those of the worst
 * parameter.
 */
export const SamplerReport = z.object({
  stanVersion: z.string().min(1),
  model: z.string().min(1),
  modelSha256: Sha256,
  seed: z.int().min(0).max(4_294_967_295),
  chains: z.int().min(1),
  warmup: Count,
  draws: z.int().min(1),
  rhatMax: z.number(),
  essBulkMin: z.number(),
  essTailMin: z.number(),
  divergences: Count,
  maxTreedepthHits: Count,
  /** The CPU family: draws of the native engine are reproducible to the last digit only within one family. */
  host: z.string().optional(),
})
export type SamplerReport = z.infer<typeof SamplerReport>

export const EngineReport = z.discriminatedUnion('kind', [
  SamplerReport.extend({ kind: z.literal('cmdstan') }),
  SamplerReport.extend({ kind: z.literal('stan-native') }),
  z.object({ kind: z.literal('exact'), method: z.string().min(1) }),
])
export type EngineReport = z.infer<typeof EngineReport>

export const Prior = z.object({ alpha: z.number().positive(), beta: z.number().positive() })
export type Prior = z.infer<typeof Prior>

/** Epoch milliseconds, half-open: events at `from` count, events at `to` do not. */
export const ResultWindow = z
  .object({ from: Count, to: Count })
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
  /** The conversion rate lost on average by choosing this variation: E[best rate - this rate]. */
  expectedLoss: Probability,
  uplift: UpliftSummary.nullable(),
})
export type VariationPosterior = z.infer<typeof VariationPosterior>

export const VariationResult = VariationPosterior.extend({ users: Count, conversions: Count })
export type VariationResult = z.infer<typeof VariationResult>

export const HealthCheck = z.object({
  name: z.enum([
    'lake-complete',
    'sample-ratio',
    'users-in-two-variations',
    'sampler',
    'verified-users',
    'users-of-one-address',
  ]),
  /** `too-early`: cannot judge yet, but will with more users. `skipped`: does not apply to this result. */
  status: z.enum(['passed', 'failed', 'too-early', 'skipped']),
  detail: Sentence,
})
export type HealthCheck = z.infer<typeof HealthCheck>

/** `red`: a check failed. `amber`: none failed, but at least one cannot judge yet. */
export const Health = z.object({ status: z.enum(['green', 'amber', 'red']), checks: z.array(HealthCheck) })
export type Health = z.infer<typeof Health>

export const Verdict = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('winner'),
    variationId: Id,
    probabilityBest: Probability,
    expectedLoss: Probability,
  }),
  z.object({ kind: z.literal('undecided'), reason: Sentence }),
  z.object({ kind: z.literal('withheld'), reason: Sentence }),
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

export const ExperimentResult = z.object({
  goalKey: z.string().min(1),
  baselineVariationId: Id,
  computedAt: Count,
  window: ResultWindow,
  inputHash: Sha256,
  prior: Prior,
  engine: EngineReport,
  /** Sorted by id, which is also the order of the sampler's input. */
  variations: z.array(VariationResult).min(1),
  health: Health,
  verdict: Verdict,
  /** Absent from results of earlier releases. */
  trust: Trust.optional(),
})
export type ExperimentResult = z.infer<typeof ExperimentResult>
