// Every request's way in and out: what it asks of us beside its dialect, the door it takes, and what is told of it afterwards.
import { Hono } from 'hono'
import type { Visit, Visited } from '../http/visit.ts'
import type { Ports } from '../ports.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import type { EdgeBindings } from './bindings.ts'
import { withoutPrefix } from './doors.ts'
import { type Told, headersOf, tell } from './report.ts'

export function edgeApp(ports: Ports, env: EdgeBindings): { fetch(request: Request): Promise<Response> } {
  const doors = doorsOf(ports, env)
  return {
    async fetch(request) {
      const startedAt = ports.now()
      const visit = visitOf(request)
      const response = await doors.fetch(request, visit)
      const told: Told = { request, visit, response, startedAt, endedAt: ports.now() }
      headersOf(told)
      tell(told, env)
      return response
    },
  }
}

function doorsOf(ports: Ports, env: EdgeBindings): Hono<Visited> {
  // Not strict: SDKs of both vendors are known to add a slash.
  const app = new Hono<Visited>({ strict: false })
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', async (c) => {
    const sources = await readiness(env)
    const isReady = sources.kv === 'ok' || sources.object === 'ok'
    return c.json({ status: isReady ? 'ready' : 'not ready', ...sources }, isReady ? 200 : 503)
  })
  for (const dialect of [bucketeerRoutes(ports), flagshipIoRoutes(ports), ofrepRoutes(ports)])
    app.route('/', dialect)
  app.all('*', (c) => {
    const url = new URL(c.req.url)
    const found = c.env.prefix === undefined ? withoutPrefix(c.req.method, url.pathname) : undefined
    if (!found) return env.CONTROL.fetch(c.req.raw)
    url.pathname = found.path
    return app.fetch(new Request(url, c.req.raw), Object.assign(c.env, { prefix: found.prefix }))
  })
  return app
}

function visitOf(request: Request): Visit {
  const { headers } = request
  return {
    atLeast: askedRevision(request),
    address: headers.get('cf-connecting-ip') ?? undefined,
  }
}

/** Our own header, or OFREP's hint: the tag of a change is its revision in quotes. */
function askedRevision({ headers, url }: Request): number {
  const text =
    headers.get('x-min-revision') ??
    (url.includes('flagConfigEtag') ? new URL(url).searchParams.get('flagConfigEtag') : null)
  const revision = text === null ? 0 : Number(/^(?:W\/)?"?(\d{1,15})"?$/.exec(text)?.[1] ?? 0)
  return revision
}

type Answering = 'ok' | 'failing'

/** Edge can serve while one of the two can be read. */
async function readiness(env: EdgeBindings): Promise<{ kv: Answering; object: Answering }> {
  const [kv, object] = await Promise.all([
    answering(env.SNAPSHOTS.get('head:readyz')),
    answering(
      (
        env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName('readyz')) as unknown as {
          head(id: string): Promise<unknown>
        }
      ).head('readyz'),
    ),
  ])
  return { kv, object }
}

const answering = (probe: Promise<unknown>): Promise<Answering> =>
  Promise.race([
    probe.then(
      () => 'ok' as const,
      () => 'failing' as const,
    ),
    new Promise<Answering>((resolve) => setTimeout(() => resolve('failing'), 1_000)),
  ])
