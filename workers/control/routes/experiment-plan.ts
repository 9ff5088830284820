// The routes before an experiment's start: a plan of users and days, and what the experiment lacks.
import * as z from 'zod'
import { started } from '../../../core/change/experiment.ts'
import { type Check, configurationChecks, segmentsOf } from '../../../core/change/experiment-checks.ts'
import { factChecks, powerDefault } from '../../../core/change/experiment-facts.ts'
import { goalHistory, resultsOfOthers } from '../../../core/change/goal-histories.ts'
import { isCappedByHistory } from '../../../core/model/goal-metric.ts'
import { takingPart } from '../../../core/change/taking-part.ts'
import { isOpenAt, statusAt } from '../../../core/model/experiment.ts'
import { FlagKey, Id, Key } from '../../../core/model/flag.ts'
import { minimumEffectMax, variationsMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { alphaDefault } from '../../../core/statistics/levels.ts'
import { planOf } from '../../../core/statistics/plan.ts'
import { type PlannedMetric } from '../../../core/statistics/planning.ts'
import type { Database } from '../../storage/database.ts'
import { listEntities, readEntity } from '../../storage/entities.ts'
import { CheckAnswer, PlanAnswer } from '../api/experiment-answers.ts'
import { pageSizeMax } from '../api/pagination.ts'
import { route } from '../api/route.ts'
import { goalResults } from '../environment/goal-results.ts'
import { goalEventsOf, historyIn, historyOf, isOfMeans, trafficOf, holdBacksOf } from './experiment-facts.ts'

const usersPerDayMax = 1_000_000_000
const valueMax = 1e12

const PlanBody = z.strictObject({
  goalKey: Key.optional().describe(
    'Whose rate is taken from the newest result that tells one, if `baselineRate` is not sent.',
  ),
  flagKey: FlagKey.optional().describe(
    'Whose users are taken from the live counts, if `usersPerDay` is not sent: as many as layers and holdouts let take part.',
  ),
  ruleId: Id.optional().describe('Of the flag. Default: the default strategy.'),
  baselineRate: z.number().gt(0).lt(1).optional().describe('The share of users who convert today.'),
  mean: z.number().min(-valueMax).max(valueMax).optional().describe('A user’s value today, with `sd`.'),
  sd: z.number().positive().max(valueMax).optional(),
  effect: z
    .strictObject({
      relative: z.number().gt(-1).max(minimumEffectMax).optional(),
      absolute: z.number().min(-valueMax).max(valueMax).optional(),
    })
    .optional()
    .describe('The smallest change to find: `{"relative": 0.05}` is five percent more. Or send `days`.'),
  days: z.number().positive().max(3_650).optional().describe('To learn what is found in so many days.'),
  power: z.number().min(0.5).max(0.999).default(powerDefault),
  alpha: z.number().min(0.0001).max(0.5).default(alphaDefault),
  shares: z
    .array(z.number().positive().max(valueMax))
    .min(2)
    .max(variationsMax)
    .default([1, 1])
    .describe('Of the variations, the baseline’s first. Only the proportions count.'),
  usersPerDay: z.number().positive().max(usersPerDayMax).optional().describe('In all variations together.'),
})

const invalid = (path: string, message: string) =>
  refuse('INVALID', `${path}: ${message}`, { fields: [{ path, message }] })

export const experimentPlan = [
  route({
    id: 'plan-experiment',
    method: 'POST',
    path: '/environments/{environment}/experiment-plan',
    needs: 'viewer',
    summary: 'Plans an experiment: how many users and days an effect takes, or which effect some days find',
    description:
      'Stores nothing. For both kinds of decision, and beside them the textbook’s test with one look at the end. ' +
      'With several arms, each is found with the power that was asked for. The users of `always-valid` are ' +
      'those of an experiment that has them as `design.usersPlanned`.',
    body: PlanBody,
    answer: PlanAnswer,
    handle: async ({ env, database, now, params: { environment }, body }) => {
      const { goalKey, flagKey, ruleId, baselineRate, mean, sd, effect, days, power, alpha, shares } = body
      if ((effect === undefined) === (days === undefined))
        return invalid('effect', 'send either effect or days')
      const isMean = mean !== undefined || sd !== undefined
      if (isMean && (mean === undefined || sd === undefined))
        return invalid('sd', 'mean and sd belong together')
      if (isMean && mean === 0) return invalid('mean', 'must not be 0: effects are relative to it')
      if (isMean && baselineRate !== undefined)
        return invalid('mean', 'send either baselineRate or mean and sd')
      const asked = goalKey && (await readEntity(database, environment, 'goal', goalKey))
      if (goalKey !== undefined && !asked) return invalid('goalKey', `there is no goal ${goalKey}`)
      if (flagKey !== undefined && !(await readEntity(database, environment, 'flag', flagKey)))
        return invalid('flagKey', `there is no flag ${flagKey}`)

      const history =
        asked && !isMean && baselineRate === undefined
          ? (await historyOf(database, environment, [asked])).get(asked.key)
          : undefined
      const isOfValues = asked ? isOfMeans(asked.metric) : false
      if (isOfValues && baselineRate !== undefined)
        return invalid('baselineRate', `is no rate of ${goalKey}, whose metric is another: send mean and sd`)
      const known = isMean ? { mean: mean!, sd: sd! } : isOfValues ? history?.value : undefined
      if (isOfValues && !known)
        return invalid('mean', 'is needed, with sd: no result of an experiment tells them by this metric')
      const rate = baselineRate ?? (history && history.conversions / history.users)
      if (!known && (rate === undefined || rate <= 0 || rate >= 1))
        return invalid('baselineRate', 'is needed: no result of an experiment has a rate between 0 and 1')
      const metric: PlannedMetric = known ? { kind: 'mean', ...known } : { kind: 'rate', rate: rate! }

      const live =
        body.usersPerDay === undefined && flagKey !== undefined
          ? (await trafficOf(env, environment, flagKey, now)).usersPerDay *
            (await shareTakingPart(database, environment, flagKey, ruleId, now))
          : 0
      const usersPerDay = body.usersPerDay ?? (live > 0 ? live : undefined)
      if (days !== undefined && usersPerDay === undefined)
        return invalid('usersPerDay', 'is needed with days: the live counts do not tell it')
      const lift = effect && liftOf(effect, metric)
      if (typeof lift === 'string') return invalid('effect', lift)

      const goal = lift === undefined ? { days: days! } : { lift }
      const plan = planOf({ metric, shares, power, alpha, goal, usersPerDay })
      if (plan.plans.some(({ users }) => !Number.isSafeInteger(users)))
        return invalid('effect', 'is too small: it would take more users than can be counted')
      const { kind: _, ...figures } = metric
      const origin = history && {
        experimentId: history.experimentId,
        users: history.users,
        computedAt: history.computedAt,
      }
      const baseline = origin
        ? { ...figures, from: 'history' as const, ...origin }
        : { ...figures, from: 'request' as const }
      return ok({
        baseline,
        usersPerDay: usersPerDay ?? null,
        plans: plan.plans.map((row) => ({ ...row, usersPerVariation: [...row.usersPerVariation] })),
        warnings: [...plan.warnings],
      })
    },
  }),
  route({
    id: 'check-experiment',
    method: 'GET',
    path: '/environments/{environment}/experiments/{id}/checks',
    needs: 'viewer',
    summary: 'Says what an experiment lacks before it starts',
    description:
      '`block`: it would give no result, and a start is refused. `warn`: the result would be worth less. ' +
      'One that has not started is looked at as if it were started now.',
    answer: CheckAnswer,
    handle: async ({ env, database, now, params: { environment, id } }) => {
      const stored = await readEntity(database, environment, 'experiment', id)
      if (!stored) return refuse('NOT_FOUND', `there is no experiment ${id}`)
      const flag = await readEntity(database, environment, 'flag', stored.flagKey)
      const status = statusAt(stored, now)
      const experiment = status === 'draft' || status === 'waiting' ? started(flag, stored, now) : stored
      const list = { environmentId: environment, kind: 'experiment', sort: 'id', order: 'asc' } as const
      const found = await Promise.all(
        experiment.goalKeys.map((key) => readEntity(database, environment, 'goal', key)),
      )
      const goals = found.filter((goal) => goal !== undefined)
      const [running, waiting, exposures, goalEvents, results, holdBacks] = await Promise.all([
        listEntities(database, { ...list, status: 'running', limit: pageSizeMax }),
        listEntities(database, { ...list, status: 'waiting', limit: pageSizeMax }),
        trafficOf(env, environment, experiment.flagKey, now),
        goalEventsOf(env, environment, goals, now),
        goalResults(database, environment, goals),
        holdBacksOf(database, environment),
      ])
      const { share } = takingPart(holdBacks, experiment, flag, now)
      const beside = [...running, ...waiting].filter((one) => one.id !== id && isOpenAt(one, now))
      const hasSegments = segmentsOf(experiment, flag).length > 0
      const flags = new Map(
        await Promise.all(
          [...new Set(hasSegments ? beside.map(({ flagKey }) => flagKey) : [])].map(
            async (key) => [key, await readEntity(database, environment, 'flag', key)] as const,
          ),
        ),
      )
      const checks = [
        ...configurationChecks({
          experiment,
          flag,
          goals: new Map(goals.map((goal) => [goal.key, goal])),
          others: beside.map((one) => ({ experiment: one, flag: flags.get(one.flagKey) })),
          holdBacks,
          now,
        }),
        ...factChecks(experiment, {
          exposures: { ...exposures, usersPerDay: exposures.usersPerDay * share },
          goalEvents,
          history: historyIn(results, goals),
          histories: goals.map((goal) =>
            goalHistory(goal.key, goal, resultsOfOthers(results.get(goal.key), id)),
          ),
          cappedByHistory: new Set(
            goals.filter(({ metric }) => metric && isCappedByHistory(metric)).map(({ key }) => key),
          ),
          goalsOfMeans: new Set(goals.filter(({ metric }) => isOfMeans(metric)).map(({ key }) => key)),
          hasOtherUsers: (flag?.rules.length ?? 0) > 0 || (flag?.slices?.length ?? 0) > 0,
        }),
      ]
      return ok({ status: worstOf(checks), checks })
    },
  }),
]

function liftOf(
  { relative, absolute }: { relative?: number | undefined; absolute?: number | undefined },
  metric: PlannedMetric,
): number | string {
  if ((relative === undefined) === (absolute === undefined)) return 'is either relative or absolute'
  const baseline = metric.kind === 'rate' ? metric.rate : metric.mean
  const lift = relative ?? absolute! / baseline
  if (lift === 0) return 'must not be 0'
  const other = baseline * (1 + lift)
  return metric.kind === 'rate' && !(other > 0 && other < 1)
    ? `makes a rate of ${other} of ${baseline}: it must stay between 0 and 1`
    : lift
}

/** Of the users of a rule, or of the default strategy. */
async function shareTakingPart(
  database: Database,
  environmentId: string,
  flagKey: string,
  ruleId: string | undefined,
  now: number,
): Promise<number> {
  const flag = await readEntity(database, environmentId, 'flag', flagKey)
  const rule = { flagKey, ruleId: ruleId ?? flag?.defaultStrategy.id ?? '' }
  return takingPart(
    await holdBacksOf(database, environmentId),
    { ...rule, startAt: now, stopAt: Infinity },
    flag,
    now,
  ).share
}

const worstOf = (checks: readonly Check[]): Check['status'] =>
  (['block', 'warn'] as const).find((status) => checks.some((check) => check.status === status)) ?? 'pass'
