// A result by what the users' first exposures say of them: a segment for each value of an attribute. It
// decides nothing.
import * as z from 'zod'
import { EngineReport } from './engine-report.ts'

const Count = z.int().min(0)
const Lift = z.object({ estimate: z.number(), low: z.number(), high: z.number() })

/** Known of every exposure, beside the attributes of its context. */
export const exposureAttributes = [
  'exposure.day',
  'exposure.protocol',
  'exposure.revision',
  'exposure.sdk',
  'exposure.verified',
] as const

export const SegmentCounts = z.object({
  attribute: z.string(),
  /** Empty: the exposure does not tell. Null: the users of all values that are not listed. */
  value: z.string().nullable(),
  variationId: z.string(),
  users: Count,
  conversions: Count,
})
export type SegmentCounts = z.infer<typeof SegmentCounts>

export const Breakdown = z.object({
  attribute: z.string(),
  /** What drew the segments towards each other; absent: the closed form, as nothing else was asked for. */
  engine: EngineReport.optional(),
  /** By users, the most first; all others together are the last. */
  segments: z.array(
    z.object({
      value: z.string().nullable(),
      variations: z.array(z.object({ variationId: z.string(), users: Count, conversions: Count })),
      /** Of each arm against the baseline, where both have users. */
      comparisons: z.array(
        z.object({
          variationId: z.string(),
          /** Relative, as it was observed; null if nobody of the baseline converted. */
          observed: z.number().nullable(),
          /** Relative, drawn towards that of all segments: 95 %. */
          pooled: Lift,
        }),
      ),
    }),
  ),
  /**
   * How much the effect differs between segments: the standard deviation of log odds ratios, its median and
   * the 95 % point.
   */
  spread: z.array(z.object({ variationId: z.string(), median: z.number(), q95: z.number() })),
})
export type Breakdown = z.infer<typeof Breakdown>
