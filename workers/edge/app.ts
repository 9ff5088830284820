// Every request's way in and out: what it asks of us beside its dialect, the door it takes, and what is told of it afterwards.
import type { ProtocolHandler } from '../sdk/protocol-handler.ts'
import { pathOf } from '../http/path.ts'
import type { RequestContext } from '../sdk/request-context.ts'
import type { Ports } from '../contracts/ports.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import type { Shadow } from '../protocols/bucketeer/shadow.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import { changesAnswer } from '../streams/changes.ts'
import type { EdgeBindings, EnvironmentReader } from './bindings.ts'
import { type DialectName, dialectOf, withoutPrefix } from './dialect-routing.ts'
import { type RequestOutcome, addHeaders, record, sinksOf } from './telemetry.ts'

export function edgeApp(
  ports: Ports,
  env: EdgeBindings,
  shadow?: Shadow,
): { fetch(request: Request): Promise<Response> } {
  const sinks = sinksOf(env)
  const handlers: Readonly<Record<DialectName, ProtocolHandler>> = {
    bucketeer: bucketeerRoutes(ports, shadow),
    'flagship-io': flagshipIoRoutes(ports),
    ofrep: ofrepRoutes(ports),
    tackline: { fetch: (request, requestContext) => changesAnswer(request, requestContext, ports) },
  }
  return {
    async fetch(request) {
      const startedAt = ports.now()
      const { url } = request
      const path = pathOf(url)
      const dialect = dialectOf(request.method, path)
      const requestContext = toRequestContext(request, url, startedAt)
      const response = dialect
        ? await handlers[dialect].fetch(request, requestContext, path)
        : await elsewhere(request, path, requestContext)
      const outcome: RequestOutcome = {
        dialect,
        requestContext,
        status: response.status,
        startedAt,
        now: ports.now,
      }
      addHeaders(response, outcome)
      record(outcome, sinks)
      return response
    },
  }

  /** Our own routes, then doors under a prefix; whatever is left is control's. */
  async function elsewhere(
    request: Request,
    path: string,
    requestContext: RequestContext,
  ): Promise<Response> {
    if (path === '/healthz') return Response.json({ status: 'ok' })
    if (path === '/readyz') return readiness(env)
    const found = withoutPrefix(request.method, path)
    if (!found) return env.CONTROL.fetch(request)
    const url = new URL(request.url)
    url.pathname = found.path
    requestContext.prefix = found.prefix
    return handlers[found.dialect].fetch(new Request(url, request), requestContext, found.path)
  }
}

function toRequestContext({ headers }: Request, url: string, startedAt: number): RequestContext {
  return {
    startedAt,
    atLeast: askedRevision(headers, url),
    address: headers.get('cf-connecting-ip') ?? undefined,
  }
}

/** Our own header, or OFREP's hint: the tag of a change is its revision in quotes. */
function askedRevision(headers: Headers, url: string): number {
  const text =
    headers.get('x-min-revision') ??
    (url.includes('flagConfigEtag') ? new URL(url).searchParams.get('flagConfigEtag') : null)
  const revision = text === null ? 0 : Number(/^(?:W\/)?"?(\d{1,15})"?$/.exec(text)?.[1] ?? 0)
  return revision
}

type Answering = 'ok' | 'failing'

/** Edge can serve while one of the two can be read. */
async function readiness(env: EdgeBindings): Promise<Response> {
  const object = env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(probe)) as unknown as EnvironmentReader
  const [kv, environment] = await Promise.all([
    answering(env.SNAPSHOTS.get(`head:${probe}`)),
    answering(object.head(probe)),
  ])
  const isReady = kv === 'ok' || environment === 'ok'
  const body = { status: isReady ? 'ready' : 'not ready', kv, environment }
  return Response.json(body, { status: isReady ? 200 : 503 })
}

/** No environment is called so: ids are in lower case. */
const probe = 'READY'
const probeWithinMs = 1_000

const answering = (asked: Promise<unknown>): Promise<Answering> =>
  Promise.race([
    asked.then(
      () => 'ok' as const,
      () => 'failing' as const,
    ),
    new Promise<Answering>((resolve) => setTimeout(() => resolve('failing'), probeWithinMs)),
  ])
