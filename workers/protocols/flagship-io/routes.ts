// AB Tasty's Decision API, bucketing CDN and event collection, on one host.
import { readEnvironment } from '../../sdk/authenticate.ts'
import { type ProtocolHandler, type SdkRequest, createHandler } from '../../sdk/protocol-handler.ts'
import { environmentOf } from '../../http/sdk-key.ts'
import { percentDecoded } from '../../http/path.ts'
import type { Ports } from '../../contracts/ports.ts'
import { bootstrapText } from './bootstrap.ts'
import { type FileCache, createFileCache } from './bucketing-bytes.ts'
import { accountSettingsOf } from './bucketing-file.ts'
import { bucketingResponse } from './bucketing-routes.ts'
import { corsPolicy } from './cors.ts'
import { decisionRoute } from './decision-routes.ts'
import { intakeRoute } from './intake-routes.ts'
import { createDailyFilter, createEventIdentifier } from './recent-events.ts'
import { noRoute, onlyMethod, refusalResponse } from './refusal.ts'
import type { RouteDependencies } from './request.ts'

export function flagshipIoRoutes(ports: Ports): ProtocolHandler {
  const files = createFileCache()
  const dependencies = { ports, identify: createEventIdentifier(), isNewToday: createDailyFilter() }
  return createHandler({
    name: 'flagship-io',
    policy: corsPolicy,
    route: async (sdkRequest) => {
      const response = await route(sdkRequest, dependencies, files)
      return sdkRequest.request.method === 'HEAD' && response.body ? new Response(null, response) : response
    },
    onError: ({ requestContext }) =>
      refusalResponse({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, requestContext),
  })
}

async function route(
  sdkRequest: SdkRequest,
  dependencies: RouteDependencies,
  files: FileCache,
): Promise<Response> {
  const { request, path, requestContext } = sdkRequest
  const segments = (path.endsWith('/') ? path.slice(1, -1) : path.slice(1)).split('/').map(percentDecoded)
  const parts = request.method === 'POST' ? withVersion(segments, request) : segments
  const [first = '', second] = parts
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isFile = parts.length === 2 && (second === 'bucketing.json' || second === 'accountSettings.json')
  if (isFile && isRead) return fileResponse(sdkRequest, dependencies, files, first, second)
  const intake = await intakeRoute(sdkRequest, dependencies, parts)
  if (intake) return intake
  if (first === 'v2') return decisionRoute(sdkRequest, dependencies, parts.slice(1))
  if (first === 'flagship-io' && second === 'bootstrap.js' && parts.length === 2 && isRead)
    return new Response(bootstrapText, { headers: bootstrapHeaders })
  return isFile ? onlyMethod('GET', requestContext) : noRoute(requestContext)
}

const decisionResources: ReadonlySet<string | undefined> = new Set(['campaigns', 'flags', 'events'])

/** The path as SDKs send it if their base URL ends in `/v2/`. Without the slash they send `/v2shop/...`. */
function withVersion(segments: readonly string[], { headers }: Request): readonly string[] {
  const [first = '', second] = segments
  if (first === 'v2') return segments
  const isActivation = first === 'activate' && segments.length === 1
  if (!isActivation && !decisionResources.has(first) && !decisionResources.has(second)) return segments
  const isJoined = first.startsWith('v2') && environmentOf(headers.get('x-api-key') ?? '') !== first
  return isJoined ? ['v2', first.slice(2), ...segments.slice(1)] : ['v2', ...segments]
}

async function fileResponse(
  { request, requestContext }: SdkRequest,
  { ports }: RouteDependencies,
  files: FileCache,
  environmentId: string,
  name: 'bucketing.json' | 'accountSettings.json',
): Promise<Response> {
  if (name === 'bucketing.json') {
    const file = await bucketingResponse(request, requestContext, ports, files, environmentId)
    if (file.ok) return file.value
    const status = file.problem.code === 'UNAVAILABLE' ? 500 : undefined
    return refusalResponse(file.problem, requestContext, status)
  }
  const compiled = await readEnvironment(ports, requestContext, environmentId)
  return compiled.ok
    ? Response.json({ accountSettings: accountSettingsOf(compiled.value.snapshot) })
    : refusalResponse(compiled.problem, requestContext)
}

const bootstrapHeaders = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600',
}
