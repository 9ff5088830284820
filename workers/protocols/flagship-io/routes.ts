// AB Tasty's Decision API, bucketing CDN and event intake, on one host.
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { evaluateAll } from '../../../core/evaluate.ts'
import { type Problem, type Result, ok, refuse } from '../../../core/problem.ts'
import { authenticate, readEnvironment } from '../../http/authenticate.ts'
import { enriched } from '../../http/enrich.ts'
import { readJson } from '../../http/body.ts'
import { logError } from '../../http/log.ts'
import { parseWith } from '../../http/parse.ts'
import { retryHeaders, statusOf } from '../../http/problem-response.ts'
import { cors } from '../../http/cors.ts'
import type { Visit, VisitContext, Visited } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { keepFiles } from './bucketing-bytes.ts'
import { bucketingAnswer } from './bucketing-routes.ts'
import { type Receipt, exposureOf, fromEvaluation, toExposure, toRecord } from './translate.ts'
import * as wire from './wire.ts'

const decisionBytesMax = 256 * 1024
/** The SDK's own cap on a batch is 2.5 million characters. */
const hitsBytesMax = 4 * 1024 * 1024
const filePaths = '/:environment/:file{bucketing\\.json|accountSettings\\.json}'

export function flagshipIoRoutes(ports: Ports): Hono<Visited> {
  const app = new Hono<Visited>({ strict: false })
  const files = keepFiles()
  const headers = [
    'content-type',
    'x-api-key',
    'x-sdk-client',
    'x-sdk-version',
    'if-modified-since',
    'if-none-match',
    'x-min-revision',
    'x-pop',
  ]
  const policy = cors({ origin: '*', methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'], headers })
  app.use('/v2/*', policy)
  app.use(filePaths, policy)
  app.on(['POST', 'OPTIONS'], '/', policy)

  app.get('/:environment/bucketing.json', async (c) => {
    const answer = await bucketingAnswer(c.req.raw, c.env, ports, files, c.req.param('environment'))
    if (answer.ok) return answer.value
    return fail(answer.problem, c.env, answer.problem.code === 'UNAVAILABLE' ? 500 : undefined)
  })

  app.get('/:environment/accountSettings.json', async (c) => {
    const compiled = await readEnvironment(ports, c.env, c.req.param('environment'))
    return compiled.ok
      ? c.json({ accountSettings: { enabledXPC: false, enabled1V1T: false } })
      : fail(compiled.problem, c.env)
  })

  app.post('/v2/:environment/campaigns', async (c) => {
    const compiled = await callerOf(c, ports, c.req.param('environment'))
    if (!compiled.ok) return fail(compiled.problem, c.env)
    const body = await parseBody(c, wire.CampaignsRequest, decisionBytesMax)
    if (!body.ok) return fail(body.problem, c.env)
    const { visitorId, context, hasConsent, isActivating } = body.value
    const keys = c.req.query('exposeAllKeys') === 'true' ? 'all' : 'own'
    const evaluations = evaluateAll(
      compiled.value,
      enriched({ targetingKey: visitorId, attributes: context }, compiled.value, c.req.raw),
    )
    c.env.decisions = evaluations.length
    const campaigns = evaluations.flatMap((evaluation) => fromEvaluation(evaluation, keys) ?? [])
    // Without an id nobody was exposed.
    if (isActivating && hasConsent && visitorId !== '') {
      const receipt = receiptOf(c, compiled.value, ports)
      const exposures = campaigns.flatMap((campaign) => exposureOf(campaign, visitorId, receipt) ?? [])
      const isTaken = exposures.length === 0 || (await ports.events.send(exposures))
      if (!isTaken)
        return fail({ code: 'UNAVAILABLE', message: 'the activation could not be stored, try again' }, c.env)
    }
    return c.json({ visitorId, campaigns, ...extrasOf(c) })
  })

  app.post('/v2/activate', async (c) => {
    const body = await parseBody(c, wire.ActivateRequest, hitsBytesMax)
    if (!body.ok) return fail(body.problem, c.env)
    const compiled = await callerOf(c, ports, body.value.cid)
    if (!compiled.ok) return fail(compiled.problem, c.env)
    const receipt = receiptOf(c, compiled.value, ports)
    return store(
      c,
      ports,
      keepValid(body.value.batch, (item) => {
        const parsed = wire.Activation.safeParse(item)
        return parsed.success ? toExposure(parsed.data, receipt) : undefined
      }),
    )
  })

  // Hits carry no key and come as text/plain from some clients. A bad item is dropped: refusing it would block the SDK's batch for hours.
  app.post('/', async (c) => {
    const body = await parseBody(c, wire.HitsRequest, hitsBytesMax)
    if (!body.ok) return fail(body.problem, c.env)
    const compiled = await readEnvironment(ports, c.env, body.value.cid)
    if (!compiled.ok) return fail(compiled.problem, c.env)
    const receipt = receiptOf(c, compiled.value, ports)
    return store(
      c,
      ports,
      keepValid(body.value.h, (item) => {
        const parsed = wire.Hit.safeParse(item)
        return parsed.success ? toRecord(parsed.data, receipt) : undefined
      }),
    )
  })

  for (const path of ['/v2/:environment/campaigns', '/v2/activate'])
    app.all(path, (c) => fail({ code: 'INVALID', message: 'only POST http method is allowed' }, c.env))
  for (const path of ['/v2/*', '/troubleshooting', '/analytics', '/emotionsai'])
    app.all(path, (c) => fail({ code: 'NOT_FOUND', message: 'there is no such route' }, c.env))
  app.all(filePaths, (c) => fail({ code: 'INVALID', message: 'only GET http method is allowed' }, c.env))

  app.onError((error, c) => {
    logError('flagship-io', error)
    return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, c.env)
  })
  return app
}

async function parseBody<T>(
  c: VisitContext,
  schema: Parameters<typeof parseWith<T>>[0],
  bytesMax: number,
): Promise<Result<T>> {
  const json = await readJson(c.req.raw, bytesMax)
  return json.ok ? parseWith(schema, json.value) : json
}

/** The environment in the path or body has to be there, and the key has to be one of its own. */
async function callerOf(
  c: VisitContext,
  ports: Ports,
  environmentId: string,
): Promise<Result<CompiledSnapshot>> {
  const compiled = await readEnvironment(ports, c.env, environmentId)
  if (!compiled.ok) return compiled
  const caller = await authenticate(ports, c.env, c.req.header('x-api-key') ?? '')
  if (!caller.ok)
    return caller.problem.code === 'FORBIDDEN' ? refuse('UNAUTHENTICATED', caller.problem.message) : caller
  if (caller.value.compiled.environmentId !== environmentId)
    return refuse('UNAUTHENTICATED', 'invalid API key')
  return ok(caller.value.compiled)
}

const receiptOf = (c: VisitContext, compiled: CompiledSnapshot, ports: Ports): Receipt => ({
  compiled,
  now: ports.now(),
  sdk: `${c.req.header('x-sdk-client') ?? ''}/${c.req.header('x-sdk-version') ?? ''}`
    .slice(0, 200)
    .toWellFormed(),
})

/** The Go server reads `extras`, the JavaScript SDK sends `extras[]`. */
function extrasOf(c: VisitContext) {
  const asked = [...(c.req.queries('extras') ?? []), ...(c.req.queries('extras[]') ?? [])]
  return asked.includes('accountSettings')
    ? { extras: { accountSettings: { enabledXPC: false, enabled1V1T: false, troubleshooting: null } } }
    : {}
}

function keepValid(
  items: readonly unknown[],
  translate: (item: unknown) => EventRecord | undefined,
): EventRecord[] {
  return items.flatMap((item) => translate(item) ?? [])
}

async function store(c: VisitContext, ports: Ports, records: readonly EventRecord[]): Promise<Response> {
  const isTaken = records.length === 0 || (await ports.events.send(records))
  return isTaken
    ? new Response(null, { status: 204 })
    : fail({ code: 'UNAVAILABLE', message: 'the events could not be stored, try again' }, c.env)
}

/** Their body is a message alone; the code beside it is for programs, and ignored by the SDKs. */
function fail(
  { code, message }: Problem,
  visit: Visit,
  status: ContentfulStatusCode = statusOf[code],
): Response {
  visit.refused = code
  return Response.json({ message, code }, { status, headers: retryHeaders(code) })
}
