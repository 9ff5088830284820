// Everything that a result's figures are computed from, as JSON that is stored with it, and back. Without the
// users of other experiments, which the result itself says (`interactions`).
import * as z from 'zod'
import { SegmentCounts } from '../../core/model/breakdown.ts'
import { Decision, Prior, Trust } from '../../core/model/experiment-result.ts'
import { goalRoles } from '../../core/model/experiment.ts'
import { GoalMetric } from '../../core/model/goal-metric.ts'
import { GuardrailReport, Margin } from '../../core/model/guardrail.ts'
import type { Evidence, VariationCounts } from '../statistics/conclude.ts'
import { type ExactSums, noSums } from '../statistics/exact-sums.ts'
import { measureMetric } from '../statistics/measure-metric.ts'

const Count = z.int().min(0)
const Counts = z.array(
  z.object({
    variationId: z.string(),
    users: Count,
    conversions: Count,
    expectedWeight: z.number().min(0),
  }),
)
/** An integer of any length, as text: JSON has no such numbers. */
const Whole = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt)

const sumNames = Object.entries(noSums)
  .filter(([, value]) => typeof value === 'bigint')
  .map(([name]) => name)
const countNames = Object.entries(noSums)
  .filter(([, value]) => typeof value === 'number')
  .map(([name]) => name)
const Sums = z.object({
  ...Object.fromEntries(countNames.map((name) => [name, Count])),
  ...Object.fromEntries(sumNames.map((name) => [name, Whole])),
  stepUsers: z.array(Count).default([]),
  logs: z.object({ payers: Count, negatives: Count, sumLog: Whole, sumLogLog: Whole }).optional(),
}) as unknown as z.ZodType<ExactSums>

/** Fields in the order in which they are hashed (conclude.ts). */
const RuleRecord = z.object({
  role: z.enum(goalRoles),
  direction: z.enum(['increase', 'decrease']),
  decision: Decision,
  equivalence: z.number(),
  daysToMinimum: z.number(),
  isOver: z.boolean(),
  isAa: z.boolean().optional(),
  guardrail: z.object({ margin: Margin, of: Count }).optional(),
})

export const EvidenceRecord = z.object({
  /** All who were exposed, with who reached the goal as if it had no metric. */
  exposed: Counts,
  metric: z
    .object({
      event: z.string(),
      definition: GoalMetric,
      high: z.number().nullable(),
      byVariation: z.record(z.string(), Sums),
    })
    .optional(),
  usersInTwoVariations: Count,
  damage: z.object({ missingObjects: Count, missingRecords: Count, doubtfulObjects: Count }),
  seed: Count,
  prior: Prior,
  rule: RuleRecord,
  discovered: z.array(z.string()).optional(),
  guardrails: z.array(GuardrailReport).optional(),
  segments: z.array(SegmentCounts).optional(),
  search: z.array(SegmentCounts).optional(),
  trust: Trust.optional(),
  sharedAddress: z.boolean(),
})
export type EvidenceRecord = z.infer<typeof EvidenceRecord>

type Recorded = Omit<Evidence, 'goalKey' | 'baselineVariationId' | 'window' | 'now' | 'before'>

/** As JSON: integers of any length are text. */
export function toEvidenceRecord(evidence: Recorded): Record<string, unknown> {
  const { metric, exposed, counts, discovered, guardrails, rule, trust, sharedAddress } = evidence
  const { usersInTwoVariations, damage, seed, prior, segments, search } = evidence
  const lean = (cells: readonly VariationCounts[]) =>
    cells.map(({ variationId, users, conversions, expectedWeight }) => ({
      variationId,
      users,
      conversions,
      expectedWeight,
    }))
  const record = {
    exposed: lean(exposed ?? counts),
    ...(metric && {
      metric: {
        event: metric.event,
        definition: metric.definition,
        high: metric.high,
        byVariation: Object.fromEntries(metric.byVariation),
      },
    }),
    usersInTwoVariations,
    damage,
    seed,
    prior,
    rule,
    ...(discovered && { discovered: [...discovered] }),
    ...(guardrails && { guardrails }),
    ...(segments && { segments }),
    ...(search && { search }),
    ...(trust && { trust }),
    sharedAddress: sharedAddress === true,
  }
  const text = JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return JSON.parse(text) as Record<string, unknown>
}

export function fromEvidenceRecord(record: EvidenceRecord): Recorded {
  const { exposed, metric, discovered, ...rest } = record
  const measured =
    metric && measureMetric({ ...metric, byVariation: new Map(Object.entries(metric.byVariation)) }, exposed)
  return {
    ...rest,
    counts: measured?.counts ?? exposed,
    ...(measured && { metric: measured, exposed }),
    ...(discovered && { discovered: new Set(discovered) }),
  } as Recorded
}
