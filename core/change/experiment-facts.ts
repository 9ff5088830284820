// What an experiment lacks before it starts, as far as the events of the last days tell. Events come from
// outside and may begin with the experiment, so nothing here blocks.
import type { Check } from './experiment-checks.ts'
import { type Experiment, primaryGoalOf } from '../model/experiment.ts'
import type { GoalHistory } from '../model/goal-history.ts'
import { alphaDefault, conversionsPlannedMin } from '../statistics/levels.ts'
import { usersForMargin } from '../statistics/guardrail-plan.ts'
import { planOf } from '../statistics/plan.ts'
import type { PlannedMetric } from '../statistics/planning.ts'
import { betaText, jeffreysPrior } from '../statistics/prior.ts'

const dayMs = 86_400_000
export const powerDefault = 0.8

/** What the baseline of an earlier experiment showed, by its newest result. */
export interface GoalResult {
  readonly experimentId: string
  readonly users: number
  readonly conversions: number
  /** Of a user, where the goal has a metric that the result was about. */
  readonly value?: { readonly mean: number; readonly sd: number } | undefined
  /** Half a percent of the users had more, before any cap. */
  readonly high?: number | undefined
  /** Whether it measured what the goal measures now. */
  readonly isSameMetric: boolean
  /** Whether its health was red. */
  readonly isRed: boolean
  /** Epoch milliseconds. */
  readonly computedAt: number
}

/** Of a goal whose metric is no conversion, a mean is told instead of a rate. */
export type Told = 'rate' | 'mean'

/**
 * The newest result from which a rate can be told: with so many conversions as a plan needs. If there is
 * none, the one with the most users. An experiment that has just begun does not hide a long one. Undefined if
 * none has both users who reached the goal and others.
 */
export function historyFrom(results: readonly GoalResult[], told: Told = 'rate'): GoalResult | undefined {
  const newestFirst = results.toSorted((a, b) => b.computedAt - a.computedAt)
  const telling = newestFirst.filter(({ users, conversions, value }) =>
    told === 'mean' ? value !== undefined && value.mean !== 0 : conversions > 0 && conversions < users,
  )
  const isEnough = ({ users, conversions }: GoalResult) =>
    (told === 'mean' ? conversions : Math.min(conversions, users - conversions)) >= conversionsPlannedMin
  const most = telling.toSorted((a, b) => b.users - a.users)[0]
  return telling.find(isEnough) ?? most
}

export interface ExperimentFacts {
  /** Of the flag, in the last `days` days; estimates. */
  readonly exposures: { readonly evaluations: number; readonly usersPerDay: number; readonly days: number }
  /**
   * Whether only some of the flag's users meet the experiment's rollout. Nothing counts them before it runs.
   */
  readonly hasOtherUsers: boolean
  /** The goals whose metric is no conversion. */
  readonly goalsOfMeans?: ReadonlySet<string>
  /** By goal: how many of its events came in the same days. */
  readonly goalEvents: ReadonlyMap<string, number>
  /** What would be written down of each goal, were it started now. */
  readonly histories: readonly GoalHistory[]
  /** The goals whose caps are told by history. */
  readonly cappedByHistory: ReadonlySet<string>
  /** By goal: the result of an earlier experiment that tells the rate, or the mean. */
  readonly history: ReadonlyMap<string, GoalResult>
}

export function factChecks(experiment: Experiment, facts: ExperimentFacts): Check[] {
  return [
    exposuresCheck(experiment, facts),
    goalEventsCheck(experiment, facts),
    historyCheck(experiment, facts),
    powerCheck(experiment, facts),
    guardrailPowerCheck(experiment, facts),
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

function goalEventsCheck({ goalKeys }: Experiment, { goalEvents, exposures }: ExperimentFacts): Check {
  const name = 'goal-events'
  const lately = `in the last ${exposures.days} days`
  const unseen = goalKeys.filter((key) => (goalEvents.get(key) ?? 0) === 0)
  const counted = goalKeys.map((key) => `${goalEvents.get(key) ?? 0} of ${key}`).join(', ')
  return unseen.length === 0
    ? { name, status: 'pass', detail: `Events of each goal came ${lately}: ${counted}.` }
    : {
        name,
        status: 'warn',
        detail: `No event of ${unseen.join(', ')} came ${lately}: see that it is sent under the goal's name.`,
      }
}

/** What is fixed at the start; of one that has started, what was. */
function historyCheck({ history }: Experiment, { histories, cappedByHistory }: ExperimentFacts): Check {
  const name = 'history'
  const fixed = history ?? histories
  const uncapped = fixed.filter(({ goalKey, cap }) => cappedByHistory.has(goalKey) && cap === undefined)
  if (uncapped.length > 0)
    return {
      name,
      status: 'warn',
      detail: `No earlier experiment tells where to cap ${uncapped.map(({ goalKey }) => goalKey).join(', ')}: it is not capped.`,
    }
  const told = fixed.flatMap(({ goalKey, from, prior, cap }) => [
    ...(prior ? [`${goalKey} begins with ${betaText(prior)} (${from?.experimentId})`] : []),
    ...(cap === undefined
      ? []
      : [`${goalKey} is capped at ${Number(cap.toPrecision(4))} (${from?.experimentId})`]),
  ])
  const detail =
    told.length > 0
      ? `Fixed at the start, from earlier experiments: ${told.join(', ')}.`
      : `No earlier experiment tells anything of its goals: rates begin with ${betaText(jeffreysPrior)}.`
  return { name, status: 'pass', detail }
}

/** By the users who come until its end. */
function powerCheck(
  experiment: Experiment,
  { exposures, history, hasOtherUsers, goalsOfMeans }: ExperimentFacts,
): Check {
  const name = 'power'
  const { design = {}, startAt, stopAt, phases, baselineVariationId } = experiment
  if (design.aa) return { name, status: 'pass', detail: 'An A/A test looks for no effect.' }
  const warn = (detail: string): Check => ({ name, status: 'warn', detail })
  const lift = design.minimumEffect
  if (lift === undefined)
    return warn('The design has no minimumEffect, so nobody knows whether it could be found.')
  const goalKey = primaryGoalOf(experiment) ?? ''
  const known = history.get(goalKey)
  const isMean = goalsOfMeans?.has(goalKey) === true
  if (!known || (isMean && !known.value))
    return warn(
      isMean
        ? `No earlier experiment tells the mean of ${goalKey}: plan with a mean and sd of your own.`
        : `No earlier experiment tells how many reach ${goalKey}: plan with a rate of your own.`,
    )
  const rate = known.conversions / known.users
  const metric: PlannedMetric = isMean ? { kind: 'mean', ...known.value! } : { kind: 'rate', rate }
  const isLower = design.lowerIsBetter?.includes(goalKey) === true
  const effect = isLower ? -lift : lift
  const other = rate * (1 + effect)
  if (!isMean && (other <= 0 || other >= 1))
    return warn(`A change by ${percent(lift)} is impossible: ${percent(rate)} reach ${goalKey} already.`)
  const users = (exposures.usersPerDay * (stopAt - startAt)) / dayMs
  const { weights = {}, unitAttribute } = phases?.at(-1) ?? {}
  const { [baselineVariationId]: baseline = 0, ...arms } = weights
  if (baseline === 0 || Object.keys(arms).length === 0)
    return warn('Its variations cannot be compared, so there is no plan.')
  const { plans } = planOf({
    metric,
    shares: [baseline, ...Object.values(arms)],
    power: powerDefault,
    alpha: alphaDefault,
    goal: { lift: effect },
    usersPerDay: undefined,
  })
  const { decision = 'always-valid' } = design
  const plan = plans.find((one) => one.decision === decision)!
  const wanted = `a change of ${goalKey} by ${percent(lift)} takes ${plan.users} users (${percent(powerDefault)} power)`
  const whole = hasOtherUsers || unitAttribute !== undefined ? ' of the whole flag' : ''
  const coming = `about ${Math.floor(users)} users${whole} will come`
  if (users < plan.users) return warn(`Too few users: ${wanted}, and ${coming}.`)
  if (plan.conversions !== null && plan.conversions < conversionsPlannedMin)
    return warn(
      `Only ${plan.conversions} users are planned who reach it, or who do not, whichever are fewer: the plan is rough ` +
        `below ${conversionsPlannedMin}.`,
    )
  if (decision === 'always-valid' && design.usersPlanned === undefined)
    return warn(
      `Set design.usersPlanned to ${plan.users}: ${wanted}, and without it the same users find less often.`,
    )
  if (unitAttribute !== undefined)
    return warn(`It splits by ${unitAttribute}: ${wanted}, of which nothing tells how many come (${coming}).`)
  if (hasOtherUsers)
    return warn(
      `Not all users meet its rollout: ${wanted}, and nothing tells how many of them do (${coming}).`,
    )
  return { name, status: 'pass', detail: `Enough users: ${wanted}, and ${coming}.` }
}

/** Whether the users who come could show that each guardrail about a rate holds. */
function guardrailPowerCheck(
  { design = {}, startAt, stopAt, phases, baselineVariationId }: Experiment,
  { exposures, history, goalsOfMeans }: ExperimentFacts,
): Check {
  const name = 'guardrail-power'
  const guardrails = design.aa ? [] : (design.guardrails ?? [])
  if (guardrails.length === 0) return { name, status: 'pass', detail: 'There is no guardrail to show.' }
  const { [baselineVariationId]: baseline = 0, ...arms } = phases?.at(-1)?.weights ?? {}
  const users = Math.floor((exposures.usersPerDay * (stopAt - startAt)) / dayMs)
  const wanted = guardrails.map(({ goalKey, margin }) => {
    const known = goalsOfMeans?.has(goalKey) ? undefined : history.get(goalKey)
    if (!known || baseline === 0 || Object.keys(arms).length === 0) return { goalKey, users: undefined }
    const needed = usersForMargin({
      rate: known.conversions / known.users,
      margin,
      direction: design.lowerIsBetter?.includes(goalKey) ? 'decrease' : 'increase',
      shares: [baseline, ...Object.values(arms)],
      power: powerDefault,
      alpha: alphaDefault,
    })
    return { goalKey, users: needed }
  })
  const each = wanted.map(({ goalKey, users: needed }) => `${goalKey} ${needed ?? 'unknown'}`).join(', ')
  const detail =
    `Users to show that they hold if nothing differs (${percent(powerDefault)} power): ${each}; about ${users} ` +
    'will come.'
  const isEnough = wanted.every(({ users: needed }) => needed !== undefined && needed <= users)
  return { name, status: isEnough ? 'pass' : 'warn', detail }
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`
