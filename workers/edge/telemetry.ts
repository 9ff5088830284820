// What follows a response: headers for the client, a log line, and a point for Analytics Engine. None of them
// contains a targeting key, an attribute, an SDK key or an address.
import { type RequestPoint, toRequestPoint } from '../../analytics/requests.ts'
import { hasRevisionHeaders, serverTiming } from '../sdk/revision-response.ts'
import { logError } from '../http/log.ts'
import type { RequestContext } from '../sdk/request-context.ts'
import type { EdgeBindings } from './bindings.ts'
import type { DialectName } from './dialect-routing.ts'
import { loggedShare } from './logged-share.ts'

/** Where request outcomes go. */
export interface Sinks {
  readonly REQUESTS: EdgeBindings['REQUESTS'] | undefined
  /** Which part of the requests has a log line, 0 to 1, beside all failures. */
  readonly logged: number
  /** In [0, 1). */
  readonly random: () => number
}

/**
 * Read once: every access to `env` goes through a proxy. A setting that is not understood is an error line,
 * and counts as `failures`.
 */
export function sinksOf({ REQUESTS, LOG_REQUESTS = 'failures' }: EdgeBindings, random: () => number): Sinks {
  const logged = loggedShare(LOG_REQUESTS)
  if (logged === undefined) logError('LOG_REQUESTS', new Error(`not understood: '${LOG_REQUESTS}'`))
  return { REQUESTS, logged: logged ?? 0, random }
}

export type ObservedContext = RequestContext & { readonly startedAt: number }

export interface RequestOutcome {
  /** `rpc`: a call from another Worker of the account. Undefined for requests outside the SDK protocols. */
  readonly dialect: DialectName | 'rpc' | undefined
  readonly requestContext: ObservedContext
  /** The HTTP status; 200 for a decision over RPC. */
  readonly status: number
  /** Epoch milliseconds. Reading the clock is a call into the platform, so it is only read when needed. */
  readonly now: () => number
}

/** Adds the revision that decided, and how long it has not been confirmed as the newest. */
export function addHeaders(response: Response, { requestContext, now }: RequestOutcome): void {
  const { compiled, staleMs, startedAt } = requestContext
  if (!compiled) return
  if (!hasRevisionHeaders(response)) {
    response.headers.set('x-revision', String(compiled.revision))
    response.headers.set('server-timing', serverTiming(now() - startedAt))
  }
  if (staleMs) response.headers.set('x-stale-ms', String(staleMs))
}

/** A line costs a tenth of a request about one flag, so that most requests need have none. */
export function record(outcome: RequestOutcome, { REQUESTS, logged, random }: Sinks): void {
  const isFailure = outcome.status >= 500
  const isLogged = isFailure || random() < logged
  if (!REQUESTS && !isLogged) return
  const point = pointOf(outcome)
  if (REQUESTS) REQUESTS.writeDataPoint(toRequestPoint(point))
  if (!isLogged) return
  // Whoever counts lines multiplies by what they stand for.
  const standsFor = isFailure || logged === 1 ? undefined : Number((1 / logged).toPrecision(3))
  console.info(JSON.stringify({ level: 'info', where: 'request', ...point, standsFor }))
}

function pointOf({ dialect, requestContext, status, now }: RequestOutcome): RequestPoint {
  const { compiled, decisions = 0, staleMs = 0, refused, startedAt } = requestContext
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
