// Writes down what earlier experiments told of an experiment's goals, when it is started. What they told lies
// in the database, so it is looked up between deciding a change and making it.
import { type Change, parsed } from './entity.ts'
import { type GoalResult, historyFrom } from './experiment-facts.ts'
import { type Entities, type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { type Experiment, statusAt } from '../model/experiment.ts'
import type { Goal } from '../model/goal.ts'
import type { GoalHistory } from '../model/goal-history.ts'
import { isCappedByHistory, isOfShares } from '../model/goal-metric.ts'
import { ok, type Result } from '../model/problem.ts'
import { priorFrom } from '../statistics/prior.ts'

type ExperimentWrite = Write & { readonly kind: 'experiment'; readonly value: Entities['experiment'] }

/** Of the experiments that the writes start, those goals of which nothing is written down yet. */
export function goalsToLookUp(state: EnvironmentState, writes: readonly Write[], now: number): Goal[] {
  const after = withWrites(state, writes)
  const keys = new Set(
    startedBy(state, writes, now).flatMap(({ value }) =>
      missingKeys(state.experiment.get(value.id), value, now),
    ),
  )
  return [...keys].flatMap((key) => after.goal.get(key) ?? [])
}

/** `results` by goal, of the baselines of all experiments on it. */
export function withHistories(
  state: EnvironmentState,
  made: Change,
  results: ReadonlyMap<string, readonly GoalResult[]>,
  now: number,
): Result<Change> {
  const after = withWrites(state, made.writes)
  const told = new Map<unknown, Entities['experiment']>()
  for (const { value } of startedBy(state, made.writes, now)) {
    const missing = new Set(missingKeys(state.experiment.get(value.id), value, now))
    const kept = (value.history ?? []).filter(({ goalKey }) => !missing.has(goalKey))
    const found = [...missing].map((goalKey) =>
      goalHistory(goalKey, after.goal.get(goalKey), resultsOfOthers(results.get(goalKey), value.id)),
    )
    const whole = parsed('experiment', { ...value, history: [...kept, ...found] })
    if (!whole.ok) return whole
    told.set(value, whole.value)
  }
  const writes = made.writes.map(
    (write) => ({ ...write, value: told.get(write.value) ?? write.value }) as Write,
  )
  return ok({ ...made, writes, entity: told.get(made.entity) ?? made.entity })
}

/** An experiment is not its own history. */
export const resultsOfOthers = (results: readonly GoalResult[] = [], id: string): readonly GoalResult[] =>
  results.filter(({ experimentId }) => experimentId !== id)

/** Of one that is open now; before, it was not, or it was and knows its history. */
const startedBy = (state: EnvironmentState, writes: readonly Write[], now: number): ExperimentWrite[] =>
  writes.filter((write): write is ExperimentWrite => {
    if (write.kind !== 'experiment' || write.value === null) return false
    return missingKeys(state.experiment.get(write.id), write.value, now).length > 0
  })

/** One that has not started is looked up anew; once it runs, only goals that are added to it are. */
function missingKeys(before: Experiment | undefined, after: Experiment, now: number): readonly string[] {
  const status = statusAt(after, now)
  if (status !== 'waiting' && status !== 'running') return []
  const isNew = !before || ['draft', 'waiting'].includes(statusAt(before, now))
  if (isNew) return after.goalKeys
  const known = after.history?.map(({ goalKey }) => goalKey)
  return known ? after.goalKeys.filter((key) => !known.includes(key)) : []
}

/** By the newest result that tells enough, of the same metric and not red. */
export function goalHistory(
  goalKey: string,
  goal: Goal | undefined,
  results: readonly GoalResult[],
): GoalHistory {
  const { metric } = goal ?? {}
  const isOfRates = !metric || isOfShares(metric)
  const sound = results.filter(({ isSameMetric, isRed }) => isSameMetric && !isRed)
  const told = historyFrom(sound, isOfRates ? 'rate' : 'mean')
  if (!told) return { goalKey }
  const { experimentId, computedAt, users, conversions, high } = told
  const prior = isOfRates ? priorFrom(told) : undefined
  const cap = metric && isCappedByHistory(metric) && high !== undefined ? high : undefined
  if (!prior && cap === undefined) return { goalKey }
  return {
    goalKey,
    from: { experimentId, computedAt, users, conversions },
    ...(prior && { prior }),
    ...(cap !== undefined && { cap }),
  }
}
