// A plan for people: whole users, days and what to mind, for each way of deciding.
import { alphaDefault, conversionsPlannedMin } from './levels.ts'
import {
  conversionsPlanned,
  liftFound,
  type PlanInput,
  type PlanKind,
  planKinds,
  type PlannedMetric,
  usersNeeded,
} from './planning.ts'

export interface PlanRequest extends Omit<PlanInput, 'lift'> {
  readonly alpha: number
  /** How much is to be found, relatively; or what is found in some days. */
  readonly goal: { readonly lift: number } | { readonly days: number }
  /** In all variations together; undefined: unknown, and then no days are. */
  readonly usersPerDay: number | undefined
}

export interface PlanRow {
  readonly decision: PlanKind
  /** What is found; null: nothing that so many users would find. */
  readonly effect: { readonly relative: number; readonly absolute: number } | null
  readonly users: number
  /** In the order of the shares. */
  readonly usersPerVariation: readonly number[]
  readonly days: number | null
  /**
   * Users who convert, or who do not, whichever are fewer, in the pair of variations that has the fewest;
   * null for means.
   */
  readonly conversions: number | null
}

export interface Plan {
  readonly plans: readonly PlanRow[]
  /** Sentences for a person. */
  readonly warnings: readonly string[]
}

/** A full week: users of a Monday are not those of a Sunday. */
const fullWeek = 7
/** Beyond a year, the product that is tested is another one. */
const daysSensible = 365

export function planOf(request: PlanRequest): Plan {
  const plans = planKinds.map((kind) => rowOf(kind, request))
  return { plans, warnings: [...new Set(warningsOf(request, plans))] }
}

function rowOf(decision: PlanKind, request: PlanRequest): PlanRow {
  const { goal, usersPerDay, metric, shares } = request
  const available = 'days' in goal ? Math.floor(goal.days * (usersPerDay ?? 0)) : undefined
  const lift = 'lift' in goal ? goal.lift : liftFound(decision, request, available ?? 0)
  const needed = available ?? usersNeeded(decision, { ...request, lift: lift! })
  const total = shares.reduce((sum, share) => sum + share, 0)
  const round = available === undefined ? Math.ceil : Math.floor
  // Rounding errors of the shares must not add a user.
  const usersPerVariation = shares.map((share) => round(Number(((needed * share) / total).toPrecision(12))))
  const users = available ?? usersPerVariation.reduce((sum, each) => sum + each, 0)
  const conversions = lift === null ? null : conversionsPlanned({ ...request, lift }, users)
  return {
    decision,
    effect: lift === null ? null : { relative: lift, absolute: lift * baselineOf(metric) },
    users,
    usersPerVariation,
    days: 'days' in goal ? goal.days : usersPerDay === undefined ? null : Math.ceil(users / usersPerDay),
    conversions: conversions === null ? null : Math.floor(conversions),
  }
}

const baselineOf = (metric: PlannedMetric) => (metric.kind === 'rate' ? metric.rate : metric.mean)

function* warningsOf({ metric, alpha, usersPerDay }: PlanRequest, plans: readonly PlanRow[]) {
  const horizon = plans.find(({ decision }) => decision === 'fixed-horizon')
  const longest = Math.max(...plans.map(({ days }) => days ?? 0))
  const fewest = plans.find(({ conversions }) => conversions !== null && conversions < conversionsPlannedMin)
  if (fewest)
    yield (
      `Only ${fewest.conversions} users are planned who convert, or who do not, whichever are fewer ` +
        `(${fewest.decision}). Below ${conversionsPlannedMin} the ` +
        'approximation of this plan is rough, and a fixed horizon decides by its exact form, which finds less.'
    )
  if (horizon?.days != null && horizon.days < fullWeek)
    yield `The plan needs ${horizon.days} days. Run a full week all the same: users of a Monday are not those of a Sunday.`
  if (longest > daysSensible) yield `It takes ${longest} days: look for a larger effect, or for more users.`
  if (usersPerDay === undefined) yield 'Without the users of a day, it cannot say how many days that takes.'
  if (plans.some(({ effect }) => effect === null))
    yield 'So few users find no increase at all, not even eleven times as much or up to 100 %.'
  if (alpha !== alphaDefault) yield `The runner decides at ${alphaDefault * 100} %, whatever a plan says.`
  if (metric.kind === 'mean')
    yield (
      'Mean and sd are of all users, zeros included and values capped as the metric of the goal caps them. ' +
        'A result says nothing before 100 users of each variation have reached the goal.'
    )
}
