// Every request's way in and out: what it asks of us beside its dialect, the door it takes, and what is told of it afterwards.
import type { Door } from '../sdk/protocol-handler.ts'
import { pathOf } from '../http/path.ts'
import type { Visit } from '../sdk/request-context.ts'
import type { Ports } from '../contracts/ports.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import type { Shadow } from '../protocols/bucketeer/shadow.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import { changesAnswer } from '../streams/changes.ts'
import type { EdgeBindings, EnvironmentReader } from './bindings.ts'
import { type Dialect, dialectOf, withoutPrefix } from './dialect-routing.ts'
import { type Told, addHeaders, tell, tellersOf } from './telemetry.ts'

export function edgeApp(
  ports: Ports,
  env: EdgeBindings,
  shadow?: Shadow,
): { fetch(request: Request): Promise<Response> } {
  const tells = tellersOf(env)
  const doors: Readonly<Record<Dialect, Door>> = {
    bucketeer: bucketeerRoutes(ports, shadow),
    'flagship-io': flagshipIoRoutes(ports),
    ofrep: ofrepRoutes(ports),
    tackline: { fetch: (request, visit) => changesAnswer(request, visit, ports) },
  }
  return {
    async fetch(request) {
      const startedAt = ports.now()
      const { url } = request
      const path = pathOf(url)
      const dialect = dialectOf(request.method, path)
      const visit = visitOf(request, url, startedAt)
      const response = dialect
        ? await doors[dialect].fetch(request, visit, path)
        : await elsewhere(request, path, visit)
      const told: Told = { dialect, visit, status: response.status, startedAt, now: ports.now }
      addHeaders(response, told)
      tell(told, tells)
      return response
    },
  }

  /** Our own routes, then doors under a prefix; whatever is left is control's. */
  async function elsewhere(request: Request, path: string, visit: Visit): Promise<Response> {
    if (path === '/healthz') return Response.json({ status: 'ok' })
    if (path === '/readyz') return readiness(env)
    const found = withoutPrefix(request.method, path)
    if (!found) return env.CONTROL.fetch(request)
    const url = new URL(request.url)
    url.pathname = found.path
    visit.prefix = found.prefix
    return doors[found.dialect].fetch(new Request(url, request), visit, found.path)
  }
}

function visitOf({ headers }: Request, url: string, startedAt: number): Visit {
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
