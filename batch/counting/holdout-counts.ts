// What users did whom holdouts held back, and the others (analytics/sql/counting/holdout-outcomes.sql).
import * as z from 'zod'
import { holdoutRuleId } from '../../core/model/hold-back.ts'
import type { Holdout } from '../../core/model/holdout.ts'
import { goalsPerExperimentMax } from '../../core/model/limits.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { Failure } from '../failure.ts'
import type { Window } from '../lake/cache.ts'
import { countOnce, type CountOnceOptions, linesOf } from './count-once.ts'
import type { Recounting } from './kept-sums.ts'

const Row = z.object({
  x: z.int(),
  heldOut: z.int(),
  users: z.int(),
  converted: z.int(),
})

type Row = z.infer<typeof Row>

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
  ): Promise<Result<readonly (readonly Groups[])[], Failure>>
}

const nobody: Group = { users: 0, converted: 0 }

export const holdoutCounts = (options: CountOnceOptions & Recounting): HoldoutCounts => ({
  async count(environmentId, asked) {
    const questions = asked.flatMap((each, h) =>
      each.events.map((goal, g) => ({
        x: questionOf(h, g),
        goal,
        start: holdoutWindow(each.holdout).from,
        until: each.holdout.stopAt,
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
    const rows = await countOnce(options, environmentId, {
      name: 'holdout-outcomes',
      row: Row,
      add: addRows,
      windows: asked.map(({ holdout }) => holdoutWindow(holdout)),
      flags: rules.map(({ askedFlag }) => askedFlag),
      events: questions.map(({ goal }) => goal),
      values: (scopes) => ({
        holdouts: linesOf(questions),
        holdoutRules: linesOf(rules.map((rule) => ({ ...rule, scopes: scopes[rule.owner - 1] }))),
        goalsMax: goalsPerExperimentMax,
      }),
    })
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
  },
})

/** By question and group. */
function addRows(rows: readonly Row[]): Row[] {
  const groups = Map.groupBy(rows, ({ x, heldOut }) => `${x} ${heldOut}`)
  return [...groups.values()]
    .map((own) =>
      own.reduce((sum, { users, converted }) => ({
        ...sum,
        users: sum.users + users,
        converted: sum.converted + converted,
      })),
    )
    .filter(({ users }) => users > 0)
    .toSorted((a, b) => a.x - b.x || a.heldOut - b.heldOut)
}

/**
 * Nothing before a rule came under its holdout counts: without a rule, nothing does. Until its end, not until
 * now: no event counts later than now, and the question stays the same.
 */
export const holdoutWindow = ({ held, stopAt }: Pick<Holdout, 'held' | 'stopAt'>): Window => ({
  from: Math.min(...held.map(({ since }) => since)),
  to: stopAt,
})

/** A number for each holdout and goal, which tells the holdout (from 1). */
const questionOf = (holdout: number, goal: number) => (holdout + 1) * goalsPerExperimentMax + goal
