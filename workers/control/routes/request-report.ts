// The report on edge's requests, which only Analytics Engine knows: decisions reach no queue. Sampled.
import { RequestRow, requestsQuery } from '../../../analytics/requests-query.ts'
import { ok } from '../../../core/model/problem.ts'
import { queryAnalytics } from '../../storage/analytics-sql.ts'
import { PageQuery, pageOf } from '../api/pagination.ts'
import { RequestReport } from '../api/report-answers.ts'
import { route } from '../api/route.ts'
import { ReportWindow, fromHour, hourMs } from '../api/report-window.ts'

export const requestReport = [
  route({
    id: 'report-requests',
    method: 'GET',
    path: '/environments/{environment}/requests',
    needs: 'viewer',
    summary: 'Counts the requests of SDKs and the decisions in them, by hour, protocol and outcome',
    description:
      'Read from Analytics Engine, so it exists on Cloudflare only, and needs a token for its SQL API ' +
      '(`ANALYTICS_ACCOUNT_ID`, `ANALYTICS_TOKEN`). Estimates: points are sampled when there are many. Pages ' +
      'hold hours, newest first; hours without requests are left out.',
    query: PageQuery.extend({ window: ReportWindow }),
    answer: RequestReport,
    handle: async ({ env, now, params: { environment }, query: { window, limit, cursor } }) => {
      const present = Math.floor(now / hourMs)
      const hour = Number(cursor?.[0] ?? present)
      const sql = requestsQuery(environment, fromHour(window, now), hour + 1)
      const read = await queryAnalytics(env, sql, RequestRow)
      if (!read.ok) return read
      const namesOf = (row: RequestRow) => [row.protocol, row.outcome].join(' ')
      const left = read.value.filter(
        (row) => row.hour < hour || cursor === undefined || namesOf(row) > String(cursor[1]),
      )
      const { rows, ...next } = pageOf(left, limit, (row) => [row.hour, namesOf(row)])
      return ok({
        asOf: read.value.length === 0 ? null : 1_000 * Math.max(...read.value.map(({ newest }) => newest)),
        isSampled: rows.some(({ sampledBy }) => sampledBy > 1),
        hours: rows.map(({ sampledBy: _, newest: __, ...row }) => ({ ...row, hour: row.hour * hourMs })),
        ...next,
      })
    },
  }),
]
