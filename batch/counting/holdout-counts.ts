// What users did whom holdouts held back, and the others. Counted from nothing at each run: holdouts are few,
// and last for months (analytics/sql/counting/holdout-outcomes.sql).
import * as z from 'zod'
import { holdoutRuleId } from '../../core/model/hold-back.ts'
import type { Holdout } from '../../core/model/holdout.ts'
import { goalsPerExperimentMax } from '../../core/model/limits.ts'
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
  heldOut: z.int(),
  users: z.int().min(0),
  converted: z.int().min(0),
})

/** A holdout and the names of its goals' events. */
export interface CountedHoldout {
  readonly holdout: Pick<Holdout, 'id' | 'held' | 'startAt' | 'stopAt'>
  readonly events: readonly string[]
}

export interface Group {
  readonly users: number
  readonly converted: number
}
export interface Groups {
  readonly heldOut: Group
  readonly others: Group
}

export interface HoldoutCounts {
  /** For each of them the groups by goal, in their order. */
  count(
    environmentId: string,
    asked: readonly CountedHoldout[],
    now: number,
  ): Promise<Result<readonly (readonly Groups[])[], Failure>>
}

interface Options {
  readonly clickHouse: Pick<ClickHouse, 'rows'>
  readonly readerOf: ReaderOf
  readonly lake: LakeCache
}

const nobody: Group = { users: 0, converted: 0 }

export function holdoutCounts({ clickHouse, readerOf, lake }: Options): HoldoutCounts {
  async function count(
    environmentId: string,
    asked: readonly CountedHoldout[],
    now: number,
    isAgain: boolean,
  ) {
    // Nothing before a rule came under its holdout counts.
    const from = Math.min(...asked.map(startOf))
    const files = await lake.files(environmentId, withCopies({ from, to: now }))
    if (!files.ok) return files
    const questions = asked.flatMap((each, h) =>
      each.events.map((goal, g) => ({
        x: questionOf(h, g),
        goal,
        start: startOf(each),
        until: Math.min(each.holdout.stopAt, now),
      })),
    )
    const rules = asked.flatMap(({ holdout: { id, held } }, h) =>
      held.map(({ flagKey, ruleId, since }) => ({
        owner: h + 1,
        askedFlag: flagKey,
        rule: ruleId,
        holdingRule: holdoutRuleId(id, ruleId),
        since,
      })),
    )
    const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n')
    const own = {
      ...everybody,
      holdouts: lines(questions),
      holdoutRules: lines(rules),
      goalsMax: goalsPerExperimentMax,
      flags: [...new Set(rules.map(({ askedFlag }) => askedFlag))],
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
        const statement = statementOf(...beginning, 'holdout-outcomes')
        return clickHouse.rows('holdout-outcomes.sql', statement, Row, { ...values, ...own })
      },
    )
    if (!rows.ok) return rows
    const found = new Map(rows.value.map(({ x, heldOut, ...group }) => [`${x} ${heldOut}`, group]))
    return ok(
      asked.map(({ events }, h) =>
        events.map((_, g) => ({
          heldOut: found.get(`${questionOf(h, g)} 1`) ?? nobody,
          others: found.get(`${questionOf(h, g)} 0`) ?? nobody,
        })),
      ),
    )
  }
  return {
    count: (environmentId, asked, now) =>
      countAgainIfDamaged(lake, environmentId, (isAgain) => count(environmentId, asked, now, isAgain)),
  }
}

const startOf = ({ holdout }: CountedHoldout) => Math.min(...holdout.held.map(({ since }) => since))

/** A number for each holdout and goal, which tells the holdout (from 1). */
const questionOf = (holdout: number, goal: number) => (holdout + 1) * goalsPerExperimentMax + goal
