// The edge's Hono app. Protocol handlers are mounted as plain functions on the raw request, since they are
// the hot path. Everything else is wrapped by `observed`.
import type { Context, Hono } from 'hono'
import { HonoBase } from 'hono/hono-base'
import type { Ports } from '../contracts/ports.ts'
import { logError } from '../http/log.ts'
import { pathOf } from '../http/path.ts'
import { problemResponse } from '../http/problem-response.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import type { Shadow } from '../protocols/bucketeer/shadow.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import type { ProtocolHandler } from '../sdk/protocol-handler.ts'
import { readHeadPointer } from '../storage/snapshots.ts'
import { changesResponse } from '../streams/changes.ts'
import type { EdgeBindings, EnvironmentReader } from './bindings.ts'
import { type DialectName, dialectOf, withoutPrefix } from './dialect-routing.ts'
import { exactRouter } from './exact-router.ts'
import { type ObservedContext, type RequestOutcome, type Sinks, addHeaders, record } from './telemetry.ts'

type EdgeApp = Hono<{ Bindings: EdgeBindings }>

export function edgeApp(ports: Ports, env: EdgeBindings, sinks: Sinks, shadow?: Shadow): EdgeApp {
  const handlers: Readonly<Record<DialectName, ProtocolHandler>> = {
    bucketeer: bucketeerRoutes(ports, shadow),
    'flagship-io': flagshipIoRoutes(ports),
    ofrep: ofrepRoutes(ports),
    tackline: { fetch: (request, requestContext) => changesResponse(request, requestContext, ports) },
  }

  /** Wraps a handler outside the SDK protocols: its requests are logged and counted too. */
  const observed =
    (handle: (c: Context) => Response | Promise<Response>) =>
    async (c: Context): Promise<Response> => {
      const requestContext = { startedAt: ports.now() }
      let status = 503 // what onError answers
      try {
        const response = await handle(c)
        status = response.status
        return response
      } finally {
        record({ dialect: undefined, requestContext, status, now: ports.now }, sinks)
      }
    }

  const app: EdgeApp = new HonoBase({ router: exactRouter() })
  app.all(
    '/healthz',
    observed(() => Response.json({ status: 'ok' })),
  )
  app.all(
    '/readyz',
    observed(() => readiness(env, ports.snapshots.behind?.() ?? 0)),
  )
  app.all('/*', (c) => serve(c.req.raw) ?? c.notFound())
  app.notFound(observed((c) => env.CONTROL.fetch(c.req.raw)))
  app.onError((error) => {
    logError('edge', error)
    return problemResponse({ code: 'UNAVAILABLE', message: 'unexpected error' })
  })
  return app

  /** The response of the protocol that the path belongs to; undefined if it belongs to none. */
  function serve(request: Request): Promise<Response> | undefined {
    const startedAt = ports.now()
    const { url } = request // read once: each read is a call into the platform
    const path = pathOf(url)
    const dialect = dialectOf(request.method, path)
    const requestContext = toRequestContext(request, url, startedAt)
    if (dialect) return respond(dialect, request, path, requestContext)
    const prefixed = withoutPrefix(request.method, path)
    if (!prefixed) return undefined
    const inner = new URL(url)
    inner.pathname = prefixed.path
    requestContext.prefix = prefixed.prefix
    return respond(prefixed.dialect, new Request(inner, request), prefixed.path, requestContext)
  }

  async function respond(
    dialect: DialectName,
    request: Request,
    path: string,
    requestContext: ObservedContext,
  ): Promise<Response> {
    const response = await handlers[dialect].fetch(request, requestContext, path)
    const { status } = response
    const outcome: RequestOutcome = {
      // Under a prefix, the request is the protocol's only if an environment has that prefix.
      dialect: requestContext.prefix === undefined || requestContext.compiled ? dialect : undefined,
      requestContext,
      status,
      now: ports.now,
    }
    addHeaders(response, outcome)
    record(outcome, sinks)
    return response
  }
}

function toRequestContext({ headers }: Request, url: string, startedAt: number): ObservedContext {
  return {
    startedAt,
    atLeast: requestedRevision(headers, url),
    address: headers.get('cf-connecting-ip') ?? undefined,
  }
}

/** `x-min-revision`, or OFREP's `flagConfigEtag`: the ETag of a change is its revision in quotes. */
function requestedRevision(headers: Headers, url: string): number {
  const text =
    headers.get('x-min-revision') ??
    (url.includes('flagConfigEtag') ? new URL(url).searchParams.get('flagConfigEtag') : null)
  return text === null ? 0 : Number(/^(?:W\/)?"?(\d{1,15})"?$/.exec(text)?.[1] ?? 0)
}

type SourceHealth = 'ok' | 'failing'

/**
 * Ready while at least one of the two sources of snapshots answers. `unpublished` counts the environments of
 * this isolate with a committed revision that could not be published.
 */
async function readiness(env: EdgeBindings, unpublished: number): Promise<Response> {
  const object = env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(probeId)) as unknown as EnvironmentReader
  const [kv, environment] = await Promise.all([
    healthOf(readHeadPointer(env.SNAPSHOTS, probeId)),
    healthOf(object.head(probeId)),
  ])
  const isReady = kv === 'ok' || environment === 'ok'
  const body = { status: isReady ? 'ready' : 'not ready', kv, environment, unpublished }
  return Response.json(body, { status: isReady ? 200 : 503 })
}

/** No environment has this id: ids are in lower case. */
const probeId = 'READY'
const probeWithinMs = 1_000

const healthOf = (answer: Promise<unknown>): Promise<SourceHealth> =>
  Promise.race([
    answer.then(
      () => 'ok' as const,
      () => 'failing' as const,
    ),
    new Promise<SourceHealth>((resolve) => setTimeout(() => resolve('failing'), probeWithinMs)),
  ])
