// Where a result comes from: what was asked of the lake, and everything that the figures were computed from.
// With it, a result can be computed again, from these facts alone or from the lake.
import * as z from 'zod'
import { CountedEvents } from './counted-events.ts'

const Time = z.int().min(0)

/** In the words of an experiment and its goal, whatever a runner makes of them. */
const Counted = z.object({
  flagKey: z.string(),
  ruleId: z.string(),
  /** Empty: users are counted. */
  unitAttribute: z.string(),
  counts: CountedEvents,
  /** Epoch milliseconds, half-open. */
  from: Time,
  to: Time,
  /** The goal's. */
  event: z.string(),
})

export const Provenance = z.object({
  /** Epoch milliseconds: what was received until then was counted. */
  asOf: Time,
  /** Of Tackline. */
  release: z.string(),
  /** SHA-256 of the statements that count. */
  sqlSha256: z.string().regex(/^[0-9a-f]{64}$/),
  counted: Counted,
  /** What the figures were computed from: counts, sums, rule, prior, seed (batch/reproduce). */
  evidence: z.record(z.string(), z.unknown()),
})
export type Provenance = z.infer<typeof Provenance>
