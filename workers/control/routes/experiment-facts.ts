// What is known of goals and flags before an experiment starts: the newest results of earlier experiments,
// and the live counts.
import { type ExperimentFacts, type GoalResult, historyFrom } from '../../../core/change/experiment-facts.ts'
import { eventCounterOf, flagCounterOf } from '../../live/live-counters.ts'
import type { Goal } from '../../../core/model/goal.ts'
import { type Database } from '../../storage/database.ts'
import { listEntities } from '../../storage/entities.ts'
import { newestOfEach } from '../../storage/experiment-results.ts'
import type { ControlBindings } from '../bindings.ts'

const hourMs = 3_600_000
const hoursBack = 7 * 24
/** Of the experiments that were changed last; earlier ones tell little of today. */
const experimentsLookedAt = 50

/** By goal, of the baselines of experiments on it. */
export async function historyOf(
  database: Database,
  environmentId: string,
  goalKeys: readonly string[],
): Promise<Map<string, GoalResult>> {
  const order = { sort: 'updatedAt', order: 'desc', limit: experimentsLookedAt } as const
  const experiments = await listEntities(database, { environmentId, kind: 'experiment', ...order })
  const found = new Map<string, GoalResult>()
  for (const goalKey of goalKeys) {
    const ids = experiments.filter((experiment) => experiment.goalKeys.includes(goalKey)).map(({ id }) => id)
    const newest = await newestOfEach(database, environmentId, ids, goalKey)
    const ofBaselines = newest.flatMap(({ experimentId, result }) => {
      const { baselineVariationId, variations, computedAt } = result
      const baseline = variations.find(({ variationId }) => variationId === baselineVariationId)
      return baseline
        ? { experimentId, users: baseline.users, conversions: baseline.conversions, computedAt }
        : []
    })
    const telling = historyFrom(ofBaselines)
    if (telling) found.set(goalKey, telling)
  }
  return found
}

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
