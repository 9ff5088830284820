// What every way of counting has in common: what it is told, and what it answers.
import * as z from 'zod'
import { clockSkewMaxMs, requestDelayMaxMs } from '../../analytics/event-time.ts'
import { copyHorizonMs, sameWithinMs } from '../../analytics/records.ts'
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { RecordFiles } from '../lake/cache.ts'
import type { Asked } from './question.ts'

/** In milliseconds: how far times may be off. */
export interface Tolerances {
  readonly sameWithinMs: number
  readonly copyHorizonMs: number
  readonly clockSkewMaxMs: number
  readonly requestDelayMaxMs: number
}
export const usualTolerances: Tolerances = { sameWithinMs, copyHorizonMs, clockSkewMaxMs, requestDelayMaxMs }

/** Added to times before they are packed in order, so that those before 1970 are no large numbers. */
export const timeOffset = 2 ** 46

/** A row of variations.sql. */
export const Variation = z.object({
  x: z.int(),
  q: z.int(),
  variationId: z.string(),
  users: z.int(),
  verifiedUsers: z.int(),
  unverifiedUsers: z.int(),
  usersInTwoVariations: z.int(),
  usersWithoutUnit: z.int(),
  /** No address has more. */
  sourceUsers: z.int(),
})

export const Totals = z.array(Variation)
export type Totals = z.infer<typeof Totals>

/** Counts in full, and keeps nothing. */
export type CountQuestions = (
  files: RecordFiles,
  asked: readonly Asked[],
  tolerances?: Tolerances,
) => Promise<Result<Totals, Failure>>
