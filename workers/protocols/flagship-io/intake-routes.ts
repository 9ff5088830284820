// What SDKs send: activations, hits, a visitor's context, and messages about their own work. What is not answered with 2xx comes again,
// with all it came with, for hours; so whatever can never be taken is dropped, and only what may be taken later is refused.
import type { Hono } from 'hono'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { refuse } from '../../../core/problem.ts'
import { readEnvironment } from '../../http/authenticate.ts'
import { readText } from '../../http/body.ts'
import type { VisitContext, Visited } from '../../http/visit.ts'
import { decisionBytesMax } from './decision-routes.ts'
import { type Door, callerOf, fail, parseBody, receiptOf } from './door.ts'
import { type Receipt, segmentRecord, toExposure, toRecord, toSdkReport } from './translate.ts'
import * as wire from './wire.ts'

/** The SDK's own cap on a batch is 2.5 million characters. */
const hitsBytesMax = 4 * 1024 * 1024

/** An SDK whose visitors were made before it was started sends so for good. */
const nobodys = 'undefined'

export function addIntakeRoutes(app: Hono<Visited>, door: Door): void {
  const { ports } = door

  app.post('/v2/activate', async (c) => {
    const body = await parseBody(c, wire.ActivateRequest, hitsBytesMax)
    if (!body.ok) return fail(body.problem, c.env)
    const { cid, batch } = body.value
    if (cid === nobodys) return dropped()
    const compiled = await callerOf(c, ports, undefined)
    if (!compiled.ok) return fail(compiled.problem, c.env)
    if (compiled.value.environmentId !== cid) return fail(invalidCid, c.env)
    if (!batch) {
      const missing = wire.mandatoryFields.filter((field) => !body.value[field])
      if (missing.length > 0) return fail(refuse('INVALID', mandatory(missing)).problem, c.env)
      const alone = wire.Activation.safeParse(body.value)
      if (!alone.success) return fail(refuse('INVALID', 'vid, caid and vaid are texts').problem, c.env)
    }
    return store(c, door, compiled.value, batch ?? [body.value], (item, receipt) => {
      const parsed = wire.Activation.safeParse(item)
      return parsed.success ? toExposure(parsed.data, receipt) : undefined
    })
  })
  app.all('/v2/activate', (c) =>
    fail({ code: 'INVALID', message: 'only POST http method is allowed' }, c.env),
  )

  app.post('/v2/:environment/events', async (c) => {
    const compiled = await callerOf(c, ports, c.req.param('environment'))
    if (!compiled.ok) return fail(compiled.problem, c.env)
    const body = await parseBody(c, wire.ContextRequest, decisionBytesMax)
    if (!body.ok) return fail(body.problem, c.env)
    const { visitorId, context } = body.value
    const isEmpty = visitorId === '' || Object.keys(context).length === 0
    return store(c, door, compiled.value, isEmpty ? [] : [context], (_, receipt) =>
      segmentRecord(visitorId, context, 0, receipt),
    )
  })

  // These carry no key, and come as text/plain from some clients.
  app.post('/', async (c) => {
    const body = await parseBody(c, wire.HitsRequest, hitsBytesMax)
    if (!body.ok) return fail(body.problem, c.env)
    const { cid, h } = body.value
    if (cid === nobodys) return dropped()
    const compiled = await readEnvironment(ports, c.env, cid)
    if (!compiled.ok) return fail(compiled.problem, c.env)
    return store(c, door, compiled.value, h, (item, receipt) => {
      const parsed = wire.Hit.safeParse(item)
      return parsed.success ? toRecord(parsed.data, receipt) : undefined
    })
  })

  for (const path of ['/troubleshooting', '/analytics']) {
    app.post(path, async (c) => {
      const body = await parseBody(c, wire.SdkMessage, decisionBytesMax)
      if (!body.ok && body.problem.code === 'TOO_LARGE') return fail(body.problem, c.env)
      if (!body.ok || body.value.cid === nobodys) return dropped()
      const message = body.value
      const compiled = await readEnvironment(ports, c.env, message.cid)
      if (!compiled.ok) return fail(compiled.problem, c.env)
      return store(c, door, compiled.value, [message], (_, receipt) => toSdkReport(message, receipt))
    })
  }

  // Emotion AI is a product of the vendor's: what its SDKs collect for it is not looked at, and no score comes back.
  app.post('/emotionsai', async (c) => {
    await readText(c.req.raw, hitsBytesMax)
    return dropped()
  })
  app.get('/accounts/:environment/segments/:visitor', (c) => c.json([]))
  app.get('/v1/segments/clients/:environment/visitors/:visitor', (c) =>
    fail({ code: 'NOT_FOUND', message: 'there is no score of this visitor' }, c.env),
  )
}

const invalidCid = { code: 'INVALID', message: 'Invalid cid.' } as const

/** As the vendor's server tells it: JSON as text. */
const mandatory = (missing: readonly string[]) =>
  JSON.stringify({
    status: 'error',
    errors: Object.fromEntries(missing.map((field) => [field, 'Field is mandatory.'])),
  })

const dropped = () => new Response(null, { status: 204 })

/** Each item alone, each event once. One send, however many. */
async function store(
  c: VisitContext,
  door: Door,
  compiled: CompiledSnapshot,
  items: readonly unknown[],
  translate: (item: unknown, receipt: Receipt) => EventRecord | undefined,
): Promise<Response> {
  const receipt = receiptOf(c, compiled, door)
  const records = new Map<string, EventRecord>()
  for (const item of items) {
    const record = translate(item, receipt)
    if (record && !records.has(record.id)) records.set(record.id, record)
  }
  const isTaken = records.size === 0 || (await door.ports.events.send([...records.values()]))
  return isTaken
    ? new Response(null, { status: 204 })
    : fail({ code: 'UNAVAILABLE', message: 'the events could not be stored, try again' }, c.env)
}
