// An experiment result as the admin API accepts, stores and lists it. The batch runner may be newer than the
// admin API, which only shows results and never acts on them. So fields, engines, health checks, statuses and
// verdicts that this version does not know are accepted and kept. What ExperimentResult requires is required.
import * as z from 'zod'
import { Breakdown } from './breakdown.ts'
import { EngineReport } from './engine-report.ts'
import {
  Comparison,
  Decision,
  ExperimentResult,
  Health,
  HealthCheck,
  Prior,
  PriorSensitivity,
  RateSummary,
  ResultWindow,
  Trust,
  UpliftSummary,
  VariationResult,
  Verdict,
} from './experiment-result.ts'
import { HistorySource } from './goal-history.ts'
import { GuardrailReport } from './guardrail.ts'
import { Interaction } from './interaction.ts'
import { MetricReport, VariationValue } from './metric-report.ts'
import { Provenance } from './provenance.ts'

const Text = z.string().min(1)

/** An object of a kind that is not among those known. */
const otherKind = (known: readonly string[]) =>
  z.looseObject({ kind: Text }).refine(({ kind }) => !known.includes(kind), 'lacks a field of its kind')

const kindsOf = (options: readonly { readonly shape: { readonly kind: { readonly value: string } } }[]) =>
  options.map(({ shape }) => shape.kind.value)

const StoredVariation = VariationResult.extend({
  value: VariationValue.loose().nullable().optional(),
  rate: RateSummary.loose().nullable(),
  uplift: UpliftSummary.loose().nullable(),
}).loose()

const StoredComparison = Comparison.extend({ outcome: Text }).loose()

const StoredHealth = Health.extend({
  status: Text,
  checks: z.array(HealthCheck.extend({ name: Text, status: Text }).loose()),
}).loose()

export const StoredResult = ExperimentResult.extend({
  window: ResultWindow.loose(),
  prior: Prior.extend({ from: HistorySource.loose().optional() }).loose().optional(),
  sensitivity: z.array(PriorSensitivity.loose()).optional(),
  engine: z.union([
    ...EngineReport.options.map((option) => option.loose()),
    otherKind(kindsOf(EngineReport.options)),
  ]),
  variations: z.array(StoredVariation).min(1),
  comparisons: z.array(StoredComparison).optional(),
  breakdowns: z
    .array(Breakdown.extend({ engine: z.looseObject({ kind: Text }).optional() }).loose())
    .optional(),
  interactions: z.array(Interaction.extend({ outcome: Text }).loose()).optional(),
  guardrails: z
    .array(GuardrailReport.extend({ outcome: Text, margin: z.looseObject({}) }).loose())
    .optional(),
  metric: MetricReport.extend({ definition: z.looseObject({ kind: Text }) })
    .loose()
    .optional(),
  role: Text.optional(),
  direction: Text.optional(),
  decision: z
    .union([...Decision.options.map((option) => option.loose()), otherKind(kindsOf(Decision.options))])
    .optional(),
  health: StoredHealth,
  trust: Trust.extend({ counts: Text }).loose().optional(),
  provenance: Provenance.extend({ counted: z.looseObject({}) })
    .loose()
    .optional(),
  verdict: z.union([...Verdict.options.map((option) => option.loose()), otherKind(kindsOf(Verdict.options))]),
}).loose()
export type StoredResult = z.infer<typeof StoredResult>
