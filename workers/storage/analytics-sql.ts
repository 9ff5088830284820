// Asks Analytics Engine through its SQL API, which Workers reach as everybody does: over HTTP, with a token.
// Source: https://developers.cloudflare.com/analytics/analytics-engine/sql-api/
import * as z from 'zod'
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { logError } from '../http/log.ts'

export interface AnalyticsVariables {
  /** The Cloudflare account that has the data sets. Empty: Analytics Engine is not asked. */
  readonly ANALYTICS_ACCOUNT_ID?: string
  /** A secret: an API token that may read the account's analytics. */
  readonly ANALYTICS_TOKEN?: string
  /** Where Cloudflare's API is; for tests. */
  readonly ANALYTICS_API?: string
}

const cloudflareApi = 'https://api.cloudflare.com/client/v4'
const answerWithinMs = 10_000

/** Of `FORMAT JSON`. */
const Answer = z.object({ data: z.array(z.unknown()) })

export async function queryAnalytics<Row>(
  { ANALYTICS_ACCOUNT_ID, ANALYTICS_TOKEN, ANALYTICS_API }: AnalyticsVariables,
  sql: string,
  row: z.ZodType<Row>,
): Promise<Result<Row[]>> {
  if (!ANALYTICS_ACCOUNT_ID || !ANALYTICS_TOKEN)
    return refuse(
      'NOT_FOUND',
      'this report is read from Analytics Engine, and control has no ANALYTICS_ACCOUNT_ID and ANALYTICS_TOKEN',
    )
  try {
    const response = await fetch(
      `${ANALYTICS_API || cloudflareApi}/accounts/${ANALYTICS_ACCOUNT_ID}/analytics_engine/sql`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${ANALYTICS_TOKEN}` },
        body: sql,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      },
    )
    const text = await response.text()
    if (response.ok) return ok(z.array(row).parse(Answer.parse(JSON.parse(text)).data))
    logError('analytics', new Error(`${response.status} ${text.slice(0, 200)}`))
    if (response.status === 401 || response.status === 403)
      return refuse('UNAVAILABLE', 'Analytics Engine refuses ANALYTICS_TOKEN')
  } catch (cause) {
    logError('analytics', cause)
  }
  return refuse('UNAVAILABLE', 'Analytics Engine does not answer')
}
