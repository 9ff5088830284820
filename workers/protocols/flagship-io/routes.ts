// AB Tasty's Decision API, bucketing CDN and event intake, on one host.
import { readEnvironment } from '../../sdk/authenticate.ts'
import type { CorsPolicy } from '../../sdk/cors.ts'
import { type Door, type Incoming, doorOf } from '../../sdk/protocol-handler.ts'
import { decoded } from '../../http/path.ts'
import type { Ports } from '../../contracts/ports.ts'
import { bootstrapText } from './bootstrap.ts'
import { type Files, keepFiles } from './bucketing-bytes.ts'
import { accountSettingsOf } from './bucketing-file.ts'
import { bucketingAnswer } from './bucketing-routes.ts'
import { decisionRoute } from './decision-routes.ts'
import { type Shared, fail, noRoute, onlyMethod } from './respond.ts'
import { intakeRoute } from './intake-routes.ts'
import { recentEvents, recentNews } from './recent-events.ts'

const policy: CorsPolicy = {
  origin: '*',
  methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'],
  headers: [
    'content-type',
    'x-api-key',
    'x-sdk-client',
    'x-sdk-version',
    'if-modified-since',
    'if-none-match',
    'x-min-revision',
    'x-pop',
  ],
}

export function flagshipIoRoutes(ports: Ports): Door {
  const files = keepFiles()
  const shared: Shared = { ports, idOf: recentEvents(), isNews: recentNews() }
  return doorOf({
    name: 'flagship-io',
    policy,
    route: async (incoming) => {
      const response = await route(incoming, shared, files)
      return incoming.request.method === 'HEAD' && response.body ? new Response(null, response) : response
    },
    unexpected: ({ visit }) =>
      fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, visit),
  })
}

async function route(incoming: Incoming, shared: Shared, files: Files): Promise<Response> {
  const { request, path, visit } = incoming
  const parts = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/').map(decoded)
  const [first = '', second] = parts
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isFile = parts.length === 2 && (second === 'bucketing.json' || second === 'accountSettings.json')
  if (isFile && isRead) return fileOf(incoming, shared, files, first, second)
  const taken = await intakeRoute(incoming, shared, parts)
  if (taken) return taken
  if (first === 'v2') return decisionRoute(incoming, shared, parts.slice(1))
  if (first === 'flagship-io' && second === 'bootstrap.js' && parts.length === 2 && isRead)
    return new Response(bootstrapText, { headers: bootstrap })
  return isFile ? onlyMethod('GET', visit) : noRoute(visit)
}

async function fileOf(
  { request, visit }: Incoming,
  { ports }: Shared,
  files: Files,
  environmentId: string,
  name: 'bucketing.json' | 'accountSettings.json',
): Promise<Response> {
  if (name === 'bucketing.json') {
    const answer = await bucketingAnswer(request, visit, ports, files, environmentId)
    if (answer.ok) return answer.value
    return fail(answer.problem, visit, answer.problem.code === 'UNAVAILABLE' ? 500 : undefined)
  }
  const compiled = await readEnvironment(ports, visit, environmentId)
  return compiled.ok
    ? Response.json({ accountSettings: accountSettingsOf(compiled.value.snapshot) })
    : fail(compiled.problem, visit)
}

const bootstrap = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600',
}
