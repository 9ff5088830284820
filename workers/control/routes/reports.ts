// Reports on what SDKs send: exposures by flag, variation and hour, events of goals by hour, the health of
// the intake, how fast revisions reach edge, and the attributes that were seen. They read live counts, which
// no result is computed from.
import * as z from 'zod'
import { ok, refuse } from '../../../core/model/problem.ts'
import { eventCounterOf, flagCounterOf, intakeOf } from '../../live/live-counters.ts'
import { publicationsMax } from '../../live/publications.ts'
import { usersError } from '../../live/user-sketch.ts'
import { readEntity } from '../../storage/entities.ts'
import { sumOfHours, toHealth } from '../../live/intake-health.ts'
import { FlagExposures } from '../api/flag-answers.ts'
import { GoalEvents, IntakeReport, PropagationReport } from '../api/report-answers.ts'
import { observedSeconds, propagationOf } from '../../live/propagation.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { AsOf, ReportWindow, fromHour, hourMs } from '../api/report-window.ts'
import { route } from '../api/route.ts'

const ReportQuery = PageQuery.extend({ window: ReportWindow })

export const reports = [
  route({
    id: 'report-flag-exposures',
    method: 'GET',
    path: '/environments/{environment}/flags/{key}/exposures',
    needs: 'viewer',
    summary: 'Counts the exposures of a flag by variation and hour',
    description:
      'Live: some seconds behind. Pages hold hours, newest first; `totals` are of the whole window on each ' +
      'page. Hours without exposures are left out.',
    query: ReportQuery,
    answer: FlagExposures,
    handle: async ({
      env,
      database,
      now,
      params: { environment, key },
      query: { window, limit, cursor },
    }) => {
      const read = await flagCounterOf(env, environment, key).read(key, fromHour(window, now))
      if (read.hours.length === 0 && !(await readEntity(database, environment, 'flag', key)))
        return refuse('NOT_FOUND', `there is no flag ${key}`)
      const hour = hourOf(cursor)
      const variationId = String(cursor?.[1] ?? '')
      const left = read.hours.filter(
        (each) => each.hour < hour || (each.hour === hour && each.variationId > variationId),
      )
      const page = pageOf(left, limit, (row) => [row.hour, row.variationId])
      return ok({
        asOf: read.asOf,
        usersError,
        totals: [...read.totals],
        hours: page.rows.map((row) => ({ ...row, hour: row.hour * hourMs })),
        uncounted: read.uncounted,
        ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      })
    },
  }),
  route({
    id: 'report-goal-events',
    method: 'GET',
    path: '/environments/{environment}/goals/{key}/events',
    needs: 'viewer',
    summary: 'Counts the events of a goal by hour',
    description:
      'Live: some seconds behind. Of all users, whether an experiment counts them or not. Pages hold hours, newest ' +
      'first; `total` is of the whole window on each page. Hours without events are left out.',
    query: ReportQuery,
    answer: GoalEvents,
    handle: async ({ env, database, now, params: { environment, key }, query }) => {
      const goal = await readEntity(database, environment, 'goal', key)
      if (!goal) return refuse('NOT_FOUND', `there is no goal ${key}`)
      const counter = eventCounterOf(env, environment)
      const read = await counter.read(goal.event, fromHour(query.window, now))
      const left = read.hours.filter(({ hour }) => hour < hourOf(query.cursor))
      const page = pageOf(left, query.limit, ({ hour }) => [hour])
      const countsOf = ({ evaluations: events, users }: { evaluations: number; users: number }) => ({
        events,
        users,
      })
      const [total = { evaluations: 0, users: 0 }] = read.totals
      return ok({
        asOf: read.asOf,
        usersError,
        total: countsOf(total),
        hours: page.rows.map((row) => ({ ...countsOf(row), hour: row.hour * hourMs })),
        uncounted: read.uncounted,
        ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      })
    },
  }),
  route({
    id: 'report-intake',
    method: 'GET',
    path: '/environments/{environment}/intake',
    needs: 'viewer',
    summary: 'Reports the health of the intake: what was accepted, refused and stored, and how fast',
    description:
      'Approximate: an isolate that ends takes its last seconds of counts with it. Accepted and stored differ by ' +
      'what is on its way and by what was delivered twice.',
    query: ReportQuery,
    answer: IntakeReport,
    handle: async ({ env, now, params: { environment }, query: { window, limit, cursor } }) => {
      const { asOf, hours } = await intakeOf(env, environment).readIntake(fromHour(window, now))
      const left = hours.filter(({ hour }) => hour < hourOf(cursor))
      const page = pageOf(left, limit, ({ hour }) => [hour])
      return ok({
        asOf,
        total: toHealth(sumOfHours(hours)),
        hours: page.rows.map(({ hour, counts }) => ({ hour: hour * hourMs, ...toHealth(counts) })),
        ...(page.nextCursor !== undefined && { nextCursor: page.nextCursor }),
      })
    },
  }),
  route({
    id: 'report-propagation',
    method: 'GET',
    path: '/environments/{environment}/propagation',
    needs: 'viewer',
    summary: 'Reports how fast published revisions reached edge, newest first',
    description:
      'From the exposures that edge received and found to be its own decisions, each of which names the revision ' +
      `that decided. Those of the ${observedSeconds / 60} minutes after a publication are looked at; later ` +
      'revisions count as this one. Without exposures nobody knows. Some seconds behind. The last ' +
      `${publicationsMax} publications of 30 days are kept.`,
    query: PageQuery,
    answer: PropagationReport,
    handle: async ({ env, params: { environment }, query: { limit, cursor } }) => {
      const before = Number(cursor?.[0] ?? Number.MAX_SAFE_INTEGER)
      const { asOf, publications } = await intakeOf(env, environment).publications(before, limit + 1)
      const { rows, ...next } = pageOf(publications, limit, ({ revision }) => [revision])
      return ok({ asOf, revisions: rows.map(propagationOf), ...next })
    },
  }),
  route({
    id: 'list-attributes',
    method: 'GET',
    path: '/environments/{environment}/attributes',
    needs: 'viewer',
    summary: 'Lists the names of attributes that events had in the last 30 days, for autocomplete',
    description:
      'At most 500 names of an environment are kept. The setting `unlistedAttributes` excludes some.',
    query: PageQuery.extend({ prefix: z.string().max(100).default('') }),
    answer: z.strictObject({
      asOf: AsOf,
      attributes: z.array(
        z.strictObject({
          name: z.string(),
          lastSeenAt: z.int().describe('The UTC day, as epoch milliseconds of its start.'),
          hasManyValues: z.boolean().describe('It had more than 300 values, so none are kept.'),
        }),
      ),
      nextCursor: NextCursor,
    }),
    handle: async ({ env, params: { environment }, query: { prefix, limit, cursor } }) => {
      const query = { prefix, after: afterOf(cursor), limit: limit + 1 }
      const { asOf, attributes } = await intakeOf(env, environment).attributes(query)
      const { rows, ...next } = pageOf(attributes, limit, ({ name }) => [name])
      return ok({ asOf, attributes: rows, ...next })
    },
  }),
  route({
    id: 'list-attribute-values',
    method: 'GET',
    path: '/environments/{environment}/attribute-values',
    needs: 'viewer',
    summary: 'Lists the values that an attribute had in the last 30 days, for autocomplete',
    description: 'Up to 100 characters long. An attribute with more than 300 values has none here.',
    query: PageQuery.extend({
      name: z.string().min(1).max(100).describe('Of the attribute.'),
      prefix: z.string().max(100).default(''),
    }),
    answer: z.strictObject({ asOf: AsOf, values: z.array(z.string()), nextCursor: NextCursor }),
    handle: async ({ env, params: { environment }, query: { name, prefix, limit, cursor } }) => {
      const query = { prefix, after: afterOf(cursor), limit: limit + 1 }
      const { asOf, values } = await intakeOf(env, environment).attributeValues(name, query)
      const { rows, ...next } = pageOf(values, limit, (value) => [value])
      return ok({ asOf, values: rows, ...next })
    },
  }),
]

type Cursor = readonly (string | number)[] | undefined

/** Infinity for the first page. */
const hourOf = (cursor: Cursor) => Number(cursor?.[0] ?? Infinity)

const afterOf = (cursor: Cursor) => (cursor === undefined ? undefined : String(cursor[0]))
