// What earlier experiments told of goals: the newest result of each, by its baseline.
import { isSame } from '../../../core/change/entity.ts'
import type { GoalResult } from '../../../core/change/experiment-facts.ts'
import type { Goal } from '../../../core/model/goal.ts'
import { withoutFoundCap } from '../../../core/model/goal-metric.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import type { Database } from '../../storage/database.ts'
import { listEntities } from '../../storage/entities.ts'
import { newestOfEach } from '../../storage/experiment-results.ts'

/** Of the experiments that were changed last; earlier ones tell little of today. */
const experimentsLookedAt = 50

/** By goal. Of values, only by the metric that the goal has now. */
export async function goalResults(
  database: Database,
  environmentId: string,
  goals: readonly Pick<Goal, 'key' | 'metric'>[],
): Promise<Map<string, GoalResult[]>> {
  if (goals.length === 0) return new Map()
  const order = { sort: 'updatedAt', order: 'desc', limit: experimentsLookedAt } as const
  const experiments = await listEntities(database, { environmentId, kind: 'experiment', ...order })
  const found = new Map<string, GoalResult[]>()
  for (const goal of goals) {
    const ids = experiments.filter(({ goalKeys }) => goalKeys.includes(goal.key)).map(({ id }) => id)
    const newest = await newestOfEach(database, environmentId, ids, goal.key)
    found.set(
      goal.key,
      newest.flatMap(({ experimentId, result }) => toGoalResult(goal, experimentId, result) ?? []),
    )
  }
  return found
}

function toGoalResult(
  { metric }: Pick<Goal, 'metric'>,
  experimentId: string,
  result: StoredResult,
): GoalResult | undefined {
  const { baselineVariationId, variations, computedAt, health } = result
  const baseline = variations.find(({ variationId }) => variationId === baselineVariationId)
  if (!baseline) return undefined
  const definition = result.metric?.definition
  const isSameMetric = isSame(definition && withoutFoundCap(definition), metric)
  const high = result.metric?.high ?? undefined
  return {
    experimentId,
    users: baseline.users,
    conversions: baseline.conversions,
    computedAt,
    isSameMetric,
    isRed: health.status === 'red',
    ...(isSameMetric && { value: unitOf(baseline.value) }),
    ...(isSameMetric && high !== undefined && { high }),
  }
}

/** Mean and standard deviation of one user, or converting user, after whatever adjustment. */
function unitOf(value: StoredResult['variations'][number]['value']) {
  if (!value?.posterior) return undefined
  const { posterior, sums } = value
  return { mean: posterior.mean, sd: posterior.sd * Math.sqrt(sums.units) }
}
