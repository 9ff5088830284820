// What dynamic allocations have counted, by phase and variation. Counted from nothing at each look: there are
// few looks a day (analytics/sql/counting/allocation-phases.sql).
import * as z from 'zod'
import { countedByDefault } from '../../core/model/counted-events.ts'
import type { AllocationFacts, DynamicAllocation } from '../../core/model/dynamic-allocation.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { LakeCache } from '../lake/cache.ts'
import type { ClickHouse } from '../lake/clickhouse.ts'
import { countAgainIfDamaged } from './count-again.ts'
import { withCopies } from './question.ts'
import { everybody, type ReaderOf } from './record-reader.ts'
import { statementOf } from './statements.ts'
import { usualTolerances } from './totals.ts'

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

interface Options {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly readerOf: ReaderOf
  readonly lake: LakeCache
}

/** As operations wait for events that are under way. */
const lateMs = 5 * 60_000

export function allocationCounts({ clickHouse, readerOf, lake }: Options): AllocationCounts {
  async function count(
    environmentId: string,
    asked: readonly CountedAllocation[],
    now: number,
    isAgain: boolean,
  ) {
    const from = Math.min(...asked.map(({ allocation }) => allocation.phases[0]!.startAt))
    const files = await lake.files(environmentId, withCopies({ from, to: now }))
    if (!files.ok) return files
    const questions = asked.map((each, i) => questionOf(each, i + 1, now))
    const own = {
      ...everybody,
      allocations: questions.map((each) => JSON.stringify(each)).join('\n'),
      flags: [...new Set(questions.map(({ askedFlag }) => askedFlag))],
      events: [...new Set(questions.map(({ goal }) => goal))],
      from,
      ...usualTolerances,
    }
    const rows = await readerOf(environmentId, isAgain).read(
      files.value,
      files.value,
      async ({ reading }) => {
        const read = reading(1, 0)
        if (!read.ok) return read
        const { beginning, values } = read.value
        const statement = statementOf(...beginning, 'allocation-phases')
        return clickHouse.rows('allocation-phases.sql', statement, Row, { ...values, ...own })
      },
    )
    if (!rows.ok) return rows
    return ok(asked.map(({ allocation }, i) => factsOf(allocation, rows.value, i + 1, questions[i]!.until)))
  }
  return {
    count: (environmentId, asked, now) =>
      countAgainIfDamaged(lake, environmentId, (isAgain) => count(environmentId, asked, now, isAgain)),
  }
}

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
