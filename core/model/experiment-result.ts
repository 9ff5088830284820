// One computed result of one experiment and one goal, as batch concludes it and the admin API stores it. It
// names everything needed to judge it and to compute it again: engine, version, model, seed, window and
// input.
import * as z from 'zod'

const Probability = z.number().min(0).max(1)
const Count = z.int().min(0)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in lower-case hex')
const Id = z.string().min(1)
const Sentence = z.string().min(1)

/**
 * What Stan ran with and how it went. `draws` and `warmup` count per chain; the worst parameter speaks for
 * R-hat and the ESS.
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
  /** Native draws repeat to the digit on one family of CPUs only, so the family is written down. */
  host: z.string().optional(),
})
export type SamplerReport = z.infer<typeof SamplerReport>

export const EngineReport = z.discriminatedUnion('kind', [
  SamplerReport.extend({ kind: z.literal('cmdstan') }),
  SamplerReport.extend({ kind: z.literal('stan-native') }),
  z.object({ kind: z.literal('exact'), method: z.literal('beta-binomial quadrature') }),
])
export type EngineReport = z.infer<typeof EngineReport>

export const Prior = z.object({ alpha: z.number().positive(), beta: z.number().positive() })
export type Prior = z.infer<typeof Prior>

/** Half-open: events at `from` count, events at `to` do not. Milliseconds since 1970. */
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
 * Relative to the baseline: 0.1 is ten percent more. The mean is null where it is infinite (no baseline
 * conversions, flat prior).
 */
export const UpliftSummary = z.object({ mean: z.number().nullable(), q025: z.number(), q975: z.number() })
export type UpliftSummary = z.infer<typeof UpliftSummary>

export const VariationPosterior = z.object({
  variationId: Id,
  rate: RateSummary,
  probabilityBest: Probability,
  /** 0 for the baseline, which does not beat itself. */
  probabilityBeatsBaseline: Probability,
  /** Conversion rate given up on average by shipping this variation: E[best rate - this rate]. */
  expectedLoss: Probability,
  uplift: UpliftSummary.nullable(),
})
export type VariationPosterior = z.infer<typeof VariationPosterior>

export const VariationResult = VariationPosterior.extend({ users: Count, conversions: Count })
export type VariationResult = z.infer<typeof VariationResult>

export const HealthCheck = z.object({
  name: z.enum(['sample-ratio', 'users-in-two-variations', 'sampler']),
  status: z.enum(['passed', 'failed', 'skipped']),
  detail: Sentence,
})
export type HealthCheck = z.infer<typeof HealthCheck>

export const Health = z.object({ status: z.enum(['green', 'red']), checks: z.array(HealthCheck) })
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

export const ExperimentResult = z.object({
  goalKey: z.string().min(1),
  baselineVariationId: Id,
  computedAt: Count,
  window: ResultWindow,
  inputHash: Sha256,
  prior: Prior,
  engine: EngineReport,
  /** In the order of their ids, which is also the order the sampler saw. */
  variations: z.array(VariationResult).min(1),
  health: Health,
  verdict: Verdict,
})
export type ExperimentResult = z.infer<typeof ExperimentResult>
