// From the sums of a count to what jobs ask for: a table of variations.
import type { Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import type { DamagedObject } from '../lake/objects.ts'
import { type Asked, nameOf, type Question } from './question.ts'
import type { Totals } from './totals.ts'
import type { ObservedVariation } from './observed-variation.ts'

/** Whether anybody is behind the row. Of users who are not there any more, rows of zeros remain. */
export const isCounting = (row: Totals[number]): boolean =>
  row.users + row.unverifiedUsers + row.usersWithoutUnit > 0

/** A row for each variation that users were exposed to, sorted. `goal` counts from 1. */
export function variationsOf(totals: Readonly<Totals>, x: number, goal: number): ObservedVariation[] {
  const own = totals.filter((row) => row.x === x)
  return own
    .filter((row) => row.q === 0 && isCounting(row))
    .toSorted((a, b) => (a.variationId < b.variationId ? -1 : 1))
    .map((row) => {
      const reached = own.find(({ q, variationId }) => q === goal && variationId === row.variationId)
      return {
        variationId: row.variationId,
        users: row.users,
        conversions: reached?.users ?? 0,
        usersInTwoVariations: row.usersInTwoVariations,
        verifiedUsers: row.verifiedUsers,
        verifiedConversions: reached?.verifiedUsers ?? 0,
        unverifiedUsers: row.unverifiedUsers,
        unverifiedConversions: reached?.unverifiedUsers ?? 0,
        sourceUsers: row.sourceUsers,
        usersWithoutUnit: row.usersWithoutUnit,
      }
    })
}

/** To the questions that were asked. */
export interface Answers {
  /** `event` is that of the goal. */
  readonly variationsOf: (question: Question, event: string) => ObservedVariation[]
}

export interface EnvironmentCounts {
  /** All questions are counted together, and with them those that were asked lately. */
  count(environmentId: string, questions: readonly Question[]): Promise<Result<Answers, Failure>>
  /** What of the window cannot be read. */
  damaged(environmentId: string, window: Window): Promise<Result<readonly DamagedObject[], Failure>>
}

/** By what was asked. */
export function answersOf(asked: readonly Asked[], totals: Readonly<Totals>): Answers {
  const numbers = new Map(asked.map(({ x, question }) => [nameOf(question), x]))
  const numberOf = (question: Question) => numbers.get(nameOf(question)) ?? 0
  return {
    variationsOf: (question, event) =>
      variationsOf(totals, numberOf(question), question.events.indexOf(event) + 1),
  }
}
