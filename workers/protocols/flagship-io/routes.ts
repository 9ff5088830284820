// AB Tasty's Decision API, bucketing CDN and event intake, on one host.
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { evaluateAll } from '../../../core/evaluate.ts'
import { type Problem, type Result, ok, refuse } from '../../../core/problem.ts'
import { authenticate, readEnvironment } from '../../http/authenticate.ts'
import { readJson } from '../../http/body.ts'
import { logError } from '../../http/log.ts'
import { parseWith } from '../../http/parse.ts'
import { statusOf } from '../../http/problem-response.ts'
import type { Ports } from '../../ports.ts'
import { bucketingFile } from './bucketing-file.ts'
import { type Receipt, exposureOf, fromEvaluation, toExposure, toRecord } from './translate.ts'
import * as wire from './wire.ts'

const decisionBytesMax = 256 * 1024
/** The SDK's own cap on a batch is 2.5 million characters. */
const hitsBytesMax = 4 * 1024 * 1024
const files = '/:environment/:file{bucketing\\.json|accountSettings\\.json}'

export function flagshipIoRoutes(ports: Ports): Hono {
  const app = new Hono()
  const allowHeaders = [
    'content-type',
    'x-api-key',
    'x-sdk-client',
    'x-sdk-version',
    'if-modified-since',
    'x-pop',
  ]
  const policy = cors({ origin: '*', allowHeaders, maxAge: 86_400 })
  app.use('/v2/*', policy)
  app.use(files, policy)
  app.on(['POST', 'OPTIONS'], '/', policy)

  app.get('/:environment/bucketing.json', async (c) => {
    const compiled = await readEnvironment(ports.snapshots, c.req.param('environment'))
    if (!compiled.ok) return fail(compiled.problem, compiled.problem.code === 'UNAVAILABLE' ? 500 : undefined)
    const { text, lastModified } = fileOf(compiled.value)
    const headers = {
      'last-modified': lastModified,
      'cache-control': 'public, max-age=0, must-revalidate, stale-if-error=86400',
    }
    if (isUnmodified(c.req.header('if-modified-since'), lastModified))
      return new Response(null, { status: 304, headers })
    return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } })
  })

  app.get('/:environment/accountSettings.json', async (c) => {
    const compiled = await readEnvironment(ports.snapshots, c.req.param('environment'))
    return compiled.ok
      ? c.json({ accountSettings: { enabledXPC: false, enabled1V1T: false } })
      : fail(compiled.problem)
  })

  app.post('/v2/:environment/campaigns', async (c) => {
    const compiled = await callerOf(c, ports, c.req.param('environment'))
    if (!compiled.ok) return fail(compiled.problem)
    const body = await parseBody(c, wire.CampaignsRequest, decisionBytesMax)
    if (!body.ok) return fail(body.problem)
    const { visitorId, context, hasConsent, isActivating } = body.value
    const keys = c.req.query('exposeAllKeys') === 'true' ? 'all' : 'own'
    const evaluations = evaluateAll(compiled.value, { targetingKey: visitorId, attributes: context })
    const campaigns = evaluations.flatMap((evaluation) => fromEvaluation(evaluation, keys) ?? [])
    // Without an id nobody was exposed.
    if (isActivating && hasConsent && visitorId !== '') {
      const receipt = receiptOf(c, compiled.value, ports)
      const exposures = campaigns.flatMap((campaign) => exposureOf(campaign, visitorId, receipt) ?? [])
      const isTaken = exposures.length === 0 || (await ports.events.send(exposures))
      if (!isTaken)
        return fail({ code: 'UNAVAILABLE', message: 'the activation could not be stored, try again' })
    }
    return c.json({ visitorId, campaigns, ...extrasOf(c) })
  })

  app.post('/v2/activate', async (c) => {
    const body = await parseBody(c, wire.ActivateRequest, hitsBytesMax)
    if (!body.ok) return fail(body.problem)
    const compiled = await callerOf(c, ports, body.value.cid)
    if (!compiled.ok) return fail(compiled.problem)
    const receipt = receiptOf(c, compiled.value, ports)
    return store(
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
    if (!body.ok) return fail(body.problem)
    const compiled = await readEnvironment(ports.snapshots, body.value.cid)
    if (!compiled.ok) return fail(compiled.problem)
    const receipt = receiptOf(c, compiled.value, ports)
    return store(
      ports,
      keepValid(body.value.h, (item) => {
        const parsed = wire.Hit.safeParse(item)
        return parsed.success ? toRecord(parsed.data, receipt) : undefined
      }),
    )
  })

  for (const path of ['/v2/:environment/campaigns', '/v2/activate'])
    app.all(path, () => fail({ code: 'INVALID', message: 'only POST http method is allowed' }))
  for (const path of ['/v2/*', '/troubleshooting', '/analytics', '/emotionsai'])
    app.all(path, () => fail({ code: 'NOT_FOUND', message: 'there is no such route' }))
  app.all(files, () => fail({ code: 'INVALID', message: 'only GET http method is allowed' }))

  app.onError((error) => {
    logError('flagship-io', error)
    return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' })
  })
  return app
}

async function parseBody<T>(
  c: Context,
  schema: Parameters<typeof parseWith<T>>[0],
  bytesMax: number,
): Promise<Result<T>> {
  const json = await readJson(c.req.raw, bytesMax)
  return json.ok ? parseWith(schema, json.value) : json
}

/** The environment in the path or body has to be there, and the key has to be one of its own. */
async function callerOf(c: Context, ports: Ports, environmentId: string): Promise<Result<CompiledSnapshot>> {
  const compiled = await readEnvironment(ports.snapshots, environmentId)
  if (!compiled.ok) return compiled
  const caller = await authenticate(ports.snapshots, c.req.header('x-api-key') ?? '')
  if (!caller.ok)
    return caller.problem.code === 'UNAVAILABLE' ? caller : refuse('UNAUTHENTICATED', caller.problem.message)
  if (caller.value.compiled.environmentId !== environmentId)
    return refuse('UNAUTHENTICATED', 'invalid API key')
  return ok(caller.value.compiled)
}

const receiptOf = (c: Context, compiled: CompiledSnapshot, ports: Ports): Receipt => ({
  compiled,
  now: ports.now(),
  sdk: `${c.req.header('x-sdk-client') ?? ''}/${c.req.header('x-sdk-version') ?? ''}`
    .slice(0, 200)
    .toWellFormed(),
})

/** The Go server reads `extras`, the JavaScript SDK sends `extras[]`. */
function extrasOf(c: Context) {
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

async function store(ports: Ports, records: readonly EventRecord[]): Promise<Response> {
  const isTaken = records.length === 0 || (await ports.events.send(records))
  return isTaken
    ? new Response(null, { status: 204 })
    : fail({ code: 'UNAVAILABLE', message: 'the events could not be stored, try again' })
}

interface FileText {
  readonly text: string
  readonly lastModified: string
}
const fileTexts = new WeakMap<CompiledSnapshot, FileText>()

/** Made once per revision. */
function fileOf(compiled: CompiledSnapshot): FileText {
  let file = fileTexts.get(compiled)
  if (!file) {
    const lastModified = new Date(compiled.snapshot.modifiedAt * 1_000).toUTCString()
    file = { text: JSON.stringify(bucketingFile(compiled.snapshot).file), lastModified }
    fileTexts.set(compiled, file)
  }
  return file
}

/** SDKs echo the header as they got it; caches may send another date, which counts where it is not before ours (RFC 9110, 13.1.3). */
function isUnmodified(since: string | undefined, lastModified: string): boolean {
  if (since === undefined) return false
  return since === lastModified || Date.parse(since) >= Date.parse(lastModified)
}

/** Their body is a message alone; the code beside it is for programs, and ignored by the SDKs. */
function fail({ code, message }: Problem, status: ContentfulStatusCode = statusOf[code]): Response {
  return Response.json({ message, code }, { status })
}
