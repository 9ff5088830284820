// What is known of goals and flags before an experiment starts: the newest results of earlier experiments,
// and the live counts.
import { isOfShares } from '../../../core/model/goal-metric.ts'
import { type ExperimentFacts, type GoalResult, historyFrom } from '../../../core/change/experiment-facts.ts'
import type { Goal } from '../../../core/model/goal.ts'
import type { HoldBackSource } from '../../../core/model/hold-back.ts'
import { entitiesMax } from '../../../core/model/limits.ts'
import { eventCounterOf, flagCounterOf } from '../../live/live-counters.ts'
import { type Database } from '../../storage/database.ts'
import { listEntities } from '../../storage/entities.ts'
import type { ControlBindings } from '../bindings.ts'
import { goalResults } from '../environment/goal-results.ts'

const hourMs = 3_600_000
const hoursBack = 7 * 24

/** By goal, of the baselines of experiments on it. Of values, only by the metric that the goal has now. */
export async function historyOf(
  database: Database,
  environmentId: string,
  goals: readonly Goal[],
): Promise<Map<string, GoalResult>> {
  return historyIn(await goalResults(database, environmentId, goals), goals)
}

export function historyIn(
  results: ReadonlyMap<string, readonly GoalResult[]>,
  goals: readonly Goal[],
): Map<string, GoalResult> {
  return new Map(
    goals.flatMap(({ key, metric }) => {
      const telling = historyFrom(results.get(key) ?? [], isOfMeans(metric) ? 'mean' : 'rate')
      return telling ? [[key, telling] as const] : []
    }),
  )
}

/** Whether results are about means or ratios instead of rates. */
export const isOfMeans = (metric: Goal['metric']): boolean => metric !== undefined && !isOfShares(metric)

/** Of a flag in the last week, or since it was first exposed. */
export async function trafficOf(
  env: ControlBindings,
  environmentId: string,
  flagKey: string,
  now: number,
): Promise<ExperimentFacts['exposures']> {
  const hour = Math.floor(now / hourMs)
  const { totals, hours } = await flagCounterOf(env, environmentId, flagKey).read(
    flagKey,
    hour - hoursBack + 1,
  )
  const evaluations = totals.reduce((sum, each) => sum + each.evaluations, 0)
  const users = totals.reduce((sum, each) => sum + each.users, 0)
  const first = hours.reduce((least, each) => Math.min(least, each.hour), hour)
  const days = Math.max(1, (hour - first + 1) / 24)
  return { evaluations, usersPerDay: users / days, days: hoursBack / 24 }
}

/** The layers of an environment, and its holdouts that have not ended. */
export async function holdBacksOf(database: Database, environmentId: string): Promise<HoldBackSource> {
  const list = { environmentId, sort: 'id', order: 'asc' } as const
  const [layers, waiting, running] = await Promise.all([
    listEntities(database, { ...list, kind: 'layer', limit: entitiesMax.layer }),
    listEntities(database, { ...list, kind: 'holdout', status: 'waiting', limit: entitiesMax.holdout }),
    listEntities(database, { ...list, kind: 'holdout', status: 'running', limit: entitiesMax.holdout }),
  ])
  return { layers, holdouts: [...waiting, ...running] }
}

/** By goal, in the last week. */
export async function goalEventsOf(
  env: ControlBindings,
  environmentId: string,
  goals: readonly Goal[],
  now: number,
): Promise<Map<string, number>> {
  const counter = eventCounterOf(env, environmentId)
  const from = Math.floor(now / hourMs) - hoursBack + 1
  const counts = goals.map(async ({ key, event }) => {
    const { totals } = await counter.read(event, from)
    return [key, totals[0]?.evaluations ?? 0] as const
  })
  return new Map(await Promise.all(counts))
}
