// What is told of a request once it is answered: headers for the client, a line for the log, a point for the metrics. None of them holds a
// targeting key, an attribute, a key or an address.
import { type RequestPoint, toRequestPoint } from '../../analytics/requests.ts'
import { serverTiming } from '../sdk/revision-headers.ts'
import type { RequestContext } from '../sdk/request-context.ts'
import type { EdgeBindings } from './bindings.ts'
import type { DialectName } from './dialect-routing.ts'

/** Where it is told. */
export interface Sinks {
  readonly REQUESTS: EdgeBindings['REQUESTS'] | undefined
  readonly LOG_REQUESTS: EdgeBindings['LOG_REQUESTS'] | undefined
}

/** Looked up once: each look into `env` goes through a proxy. */
export const sinksOf = ({ REQUESTS, LOG_REQUESTS }: EdgeBindings): Sinks => ({ REQUESTS, LOG_REQUESTS })

export interface RequestOutcome {
  /** `rpc`: another Worker of the account. Undefined for what is no SDK's. */
  readonly dialect: DialectName | 'rpc' | undefined
  readonly requestContext: RequestContext
  /** HTTP's; 200 of what has none, and was decided. */
  readonly status: number
  readonly startedAt: number
  /** Epoch milliseconds. To ask is a call into the platform, so only who tells of the time asks. */
  readonly now: () => number
}

/** Which revision decided, and how long nobody could confirm that it is the newest. */
export function addHeaders({ headers }: Response, { requestContext, startedAt, now }: RequestOutcome): void {
  if (!requestContext.compiled || (requestContext.hasRevisionHeaders && !requestContext.staleMs)) return
  if (!requestContext.hasRevisionHeaders) {
    headers.set('x-revision', String(requestContext.compiled.revision))
    headers.set('server-timing', serverTiming(now() - startedAt))
  }
  if (requestContext.staleMs) headers.set('x-stale-ms', String(requestContext.staleMs))
}

export function record(outcome: RequestOutcome, { REQUESTS, LOG_REQUESTS }: Sinks): void {
  const isLogged = LOG_REQUESTS === 'all' || (LOG_REQUESTS === 'failures' && outcome.status >= 500)
  if (!REQUESTS && !isLogged) return
  const point = pointOf(outcome)
  if (REQUESTS) REQUESTS.writeDataPoint(toRequestPoint(point))
  if (isLogged) console.info(JSON.stringify({ level: 'info', where: 'request', ...point }))
}

function pointOf({ dialect, requestContext, status, startedAt, now }: RequestOutcome): RequestPoint {
  const { compiled, decisions = 0, staleMs = 0, refused } = requestContext
  return {
    environmentId: compiled?.environmentId ?? '',
    dialect: dialect ?? 'other',
    outcome: refused ?? (status < 400 ? 'OK' : 'REFUSED'),
    status,
    revision: compiled?.revision ?? 0,
    decisions,
    staleMs,
    durationMs: now() - startedAt,
  }
}
