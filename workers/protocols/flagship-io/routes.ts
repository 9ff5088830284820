// AB Tasty's Decision API, bucketing CDN and event intake, on one host.
import { readEnvironment } from '../../sdk/authenticate.ts'
import type { CorsPolicy } from '../../sdk/cors.ts'
import { type ProtocolHandler, type SdkRequest, createHandler } from '../../sdk/protocol-handler.ts'
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

export function flagshipIoRoutes(ports: Ports): ProtocolHandler {
  const files = keepFiles()
  const shared: Shared = { ports, idOf: recentEvents(), isNews: recentNews() }
  return createHandler({
    name: 'flagship-io',
    policy,
    route: async (sdkRequest) => {
      const response = await route(sdkRequest, shared, files)
      return sdkRequest.request.method === 'HEAD' && response.body ? new Response(null, response) : response
    },
    unexpected: ({ requestContext }) =>
      fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, requestContext),
  })
}

async function route(sdkRequest: SdkRequest, shared: Shared, files: Files): Promise<Response> {
  const { request, path, requestContext } = sdkRequest
  const parts = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/').map(decoded)
  const [first = '', second] = parts
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isFile = parts.length === 2 && (second === 'bucketing.json' || second === 'accountSettings.json')
  if (isFile && isRead) return fileOf(sdkRequest, shared, files, first, second)
  const taken = await intakeRoute(sdkRequest, shared, parts)
  if (taken) return taken
  if (first === 'v2') return decisionRoute(sdkRequest, shared, parts.slice(1))
  if (first === 'flagship-io' && second === 'bootstrap.js' && parts.length === 2 && isRead)
    return new Response(bootstrapText, { headers: bootstrap })
  return isFile ? onlyMethod('GET', requestContext) : noRoute(requestContext)
}

async function fileOf(
  { request, requestContext }: SdkRequest,
  { ports }: Shared,
  files: Files,
  environmentId: string,
  name: 'bucketing.json' | 'accountSettings.json',
): Promise<Response> {
  if (name === 'bucketing.json') {
    const answer = await bucketingAnswer(request, requestContext, ports, files, environmentId)
    if (answer.ok) return answer.value
    return fail(answer.problem, requestContext, answer.problem.code === 'UNAVAILABLE' ? 500 : undefined)
  }
  const compiled = await readEnvironment(ports, requestContext, environmentId)
  return compiled.ok
    ? Response.json({ accountSettings: accountSettingsOf(compiled.value.snapshot) })
    : fail(compiled.problem, requestContext)
}

const bootstrap = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600',
}
