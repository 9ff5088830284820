// What an experiment lacks before it starts, as far as the events of the last days tell. Events come from
// outside and may begin with the experiment, so nothing here blocks.
import type { Check } from './experiment-checks.ts'
import { type Experiment, primaryGoalOf } from '../model/experiment.ts'
import { alphaDefault, conversionsPlannedMin } from '../statistics/levels.ts'
import { planOf } from '../statistics/plan.ts'

const dayMs = 86_400_000
export const powerDefault = 0.8

/** What the baseline of an earlier experiment showed. */
export interface GoalHistory {
  readonly experimentId: string
  readonly users: number
  readonly conversions: number
  /** Epoch milliseconds. */
  readonly computedAt: number
}

export interface ExperimentFacts {
  /** Of the flag, in the last `days` days; estimates. */
  readonly exposures: { readonly evaluations: number; readonly usersPerDay: number; readonly days: number }
  /** By goal. */
  readonly history: ReadonlyMap<string, GoalHistory>
}

export function factChecks(experiment: Experiment, facts: ExperimentFacts, now: number): Check[] {
  return [
    exposuresCheck(experiment, facts),
    goalEventsCheck(experiment, facts, now),
    powerCheck(experiment, facts),
  ]
}

function exposuresCheck({ flagKey }: Experiment, { exposures }: ExperimentFacts): Check {
  const { evaluations, days } = exposures
  return evaluations > 0
    ? {
        name: 'exposures',
        status: 'pass',
        detail: `${evaluations} exposures of ${flagKey} came in the last ${days} days.`,
      }
    : {
        name: 'exposures',
        status: 'warn',
        detail: `No exposure of ${flagKey} came in the last ${days} days: without exposures nobody is counted.`,
      }
}

/** Older results tell nothing of what is sent today. */
const latelyDays = 30

function goalEventsCheck({ goalKeys }: Experiment, { history }: ExperimentFacts, now: number): Check {
  const name = 'goal-events'
  const isSeen = (known: GoalHistory | undefined) =>
    known !== undefined && known.conversions > 0 && now - known.computedAt <= latelyDays * dayMs
  const unseen = goalKeys.filter((key) => !isSeen(history.get(key)))
  const lately = `in the last ${latelyDays} days`
  return unseen.length === 0
    ? { name, status: 'pass', detail: `An experiment counted users who reached each goal ${lately}.` }
    : {
        name,
        status: 'warn',
        detail: `No experiment counted a user who reached ${unseen.join(', ')} ${lately}: see that the event is sent.`,
      }
}

/** By its planned users, or by those who come until its end. */
function powerCheck(experiment: Experiment, { exposures, history }: ExperimentFacts): Check {
  const name = 'power'
  const { design = {}, startAt, stopAt, phases, baselineVariationId } = experiment
  if (design.aa) return { name, status: 'pass', detail: 'An A/A test looks for no effect.' }
  const warn = (detail: string): Check => ({ name, status: 'warn', detail })
  const lift = design.minimumEffect
  if (lift === undefined)
    return warn('The design has no minimumEffect, so nobody knows whether it could be found.')
  const goalKey = primaryGoalOf(experiment) ?? ''
  const known = history.get(goalKey)
  if (!known || known.users === 0 || known.conversions === 0)
    return warn(`No earlier experiment tells how many reach ${goalKey}: plan with a rate of your own.`)
  const rate = known.conversions / known.users
  const isLower = design.lowerIsBetter?.includes(goalKey) === true
  if (rate * (1 + lift) >= 1 || (isLower && lift >= 1))
    return warn(`A change by ${percent(lift)} is impossible: ${percent(rate)} reach ${goalKey} already.`)
  const days = (stopAt - startAt) / dayMs
  const users = design.usersPlanned ?? exposures.usersPerDay * days
  const weights = phases?.at(-1)?.weights ?? {}
  const { [baselineVariationId]: baseline = 0, ...arms } = weights
  const { plans } = planOf({
    metric: { kind: 'rate', rate },
    shares: [baseline, ...Object.values(arms)],
    power: powerDefault,
    alpha: alphaDefault,
    goal: { lift: isLower ? -lift : lift },
    usersPerDay: undefined,
  })
  const plan = plans.find(({ decision }) => decision === (design.decision ?? 'always-valid'))!
  const wanted = `a change of ${goalKey} by ${percent(lift)} takes ${plan.users} users (${percent(powerDefault)} power)`
  if (users < plan.users) return warn(`Too few users: ${wanted}, and about ${Math.floor(users)} will come.`)
  if (plan.conversions !== null && plan.conversions < conversionsPlannedMin)
    return warn(
      `Only ${plan.conversions} conversions are planned: the plan is rough below ${conversionsPlannedMin}.`,
    )
  return {
    name,
    status: 'pass',
    detail: `Enough users: ${wanted}, and about ${Math.floor(users)} will come.`,
  }
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`
