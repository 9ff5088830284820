// What dynamic allocations count, by phase and variation (analytics/sql/counting/allocation-phases.sql).
// Counted from nothing at each look: there are few looks a day.
import * as z from 'zod'
import { countedByDefault } from '../../core/model/counted-events.ts'
import type { AllocationFacts, DynamicAllocation } from '../../core/model/dynamic-allocation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import { countOnce, type CountOnceOptions, linesOf } from './count-once.ts'

const Row = z.object({
  x: z.int(),
  phase: z.int().min(1),
  variation: z.string(),
  users: z.int().min(0),
  goals: z.int().min(0),
})

/** An allocation and the name of its goal's event. */
export interface CountedAllocation {
  readonly allocation: DynamicAllocation
  readonly event: string
}

export interface AllocationCounts {
  /** For each of them, in their order. */
  count(
    environmentId: string,
    asked: readonly CountedAllocation[],
    now: number,
  ): Promise<Result<readonly AllocationFacts[], Failure>>
}

/** As operations wait for events that are under way. */
const lateMs = 5 * 60_000

export const allocationCounts = (options: CountOnceOptions): AllocationCounts => ({
  async count(environmentId, asked, now) {
    const questions = asked.map((each, i) => questionOf(each, i + 1, now))
    const rows = await countOnce({ ...options, recount: 'never', now }, environmentId, {
      name: 'allocation-phases',
      row: Row,
      windows: asked.map(({ allocation }) => allocationWindow(allocation, now)),
      flags: questions.map(({ askedFlag }) => askedFlag),
      events: questions.map(({ goal }) => goal),
      values: (scopes) => ({
        allocations: linesOf(questions.map((each, i) => ({ ...each, scopes: scopes[i] }))),
      }),
    })
    if (!rows.ok) return rows
    return ok(asked.map(({ allocation }, i) => factsOf(allocation, rows.value, i + 1, questions[i]!.until)))
  },
})

/** All phases. */
export const allocationWindow = ({ phases }: Pick<DynamicAllocation, 'phases'>, now: number): Window => ({
  from: phases[0]!.startAt,
  to: now,
})

function questionOf({ allocation, event }: CountedAllocation, x: number, now: number) {
  const { flagKey, ruleId, arms, counts, phases, delayMs } = allocation
  return {
    x,
    askedFlag: flagKey,
    rule: ruleId,
    arms,
    goal: event,
    counts: counts ?? countedByDefault,
    starts: phases.map(({ startAt }) => startAt),
    delayMs,
    until: now - delayMs - lateMs,
  }
}

function factsOf(
  { arms, phases }: DynamicAllocation,
  rows: readonly z.infer<typeof Row>[],
  x: number,
  until: number,
): AllocationFacts {
  const found = new Map(
    rows.filter((row) => row.x === x).map((row) => [`${row.phase} ${row.variation}`, row]),
  )
  return {
    until,
    phases: phases.map(({ startAt }, p) => ({
      startAt,
      arms: Object.fromEntries(
        arms.map((arm) => {
          const { users = 0, goals = 0 } = found.get(`${p + 1} ${arm}`) ?? {}
          return [arm, { users, goals }]
        }),
      ),
    })),
  }
}
