// The OpenFeature Remote Evaluation Protocol: one flag, or all of them; and beside it the way back for events.
import { Hono } from 'hono/tiny'
import { decideOne } from '../../http/decide.ts'
import { enriched } from '../../http/enrich.ts'
import { logError } from '../../http/log.ts'
import { pathOf } from '../../http/path.ts'
import { cors } from '../../http/cors.ts'
import type { VisitContext, Visited } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { type Asked, ask } from './ask.ts'
import { type Sign, bulkAnswer } from './bulk.ts'
import { tokenOf } from './exposure-token.ts'
import { fail, statusOfError } from './refusal.ts'
import { streamAnswer, streamPath } from './stream.ts'
import { track } from './track.ts'
import { asWritten, contextIdOf, toContext, withMetadata } from './translate.ts'
import * as wire from './wire.ts'

const bodyBytesMax = 256 * 1024
const bulk = '/ofrep/v1/evaluate/flags'
const single = `${bulk}/`
const tracking = '/ofrep/v1/track'
const wanted = /^(?:1|true)$/i

export function ofrepRoutes(ports: Ports): Hono<Visited> {
  const app = new Hono<Visited>({ strict: false })
  app.use(
    '/ofrep/*',
    // Allowed headers mirror the request's, so that a customer's own may come along.
    cors({ origin: '*', methods: ['POST', 'GET', 'OPTIONS'], headers: 'mirror' }),
  )

  app.post(bulk, async (c) => {
    const asked = await ask(c, ports, wire.EvaluationRequest, bodyBytesMax)
    if (!asked.ok) return fail(asked.problem, c.env)
    const context = contextOf(c, asked.value)
    const sign = signOf(c, ports, asked.value, context.targetingKey)
    return bulkAnswer(
      { ports, asked: asked.value, context, visit: c.env, sign, now: ports.now() },
      c.req.raw.headers,
    )
  })

  // A wildcard: keys come encoded from some clients and plain, slashes and all, from others.
  app.post(`${single}*`, async (c) => {
    const key = flagKeyOf(c)
    const asked = await ask(c, ports, wire.EvaluationRequest, bodyBytesMax)
    if (!asked.ok) return fail(asked.problem, c.env, key)
    const { compiled } = asked.value
    const context = contextOf(c, asked.value)
    const { targetingKey } = context
    const { evaluation } = await decideOne(ports, compiled, context, key)
    c.env.decisions = 1
    const headers = { 'content-type': 'application/json' }
    const { text } = asWritten(evaluation, compiled)
    if (evaluation.error) return new Response(text, { status: statusOfError[evaluation.error.code], headers })
    const exposureToken = await signOf(c, ports, asked.value, targetingKey)?.(evaluation)
    const more = {
      flagSetId: compiled.environmentId,
      ...(targetingKey !== undefined && { contextId: contextIdOf(targetingKey) }),
      ...(exposureToken !== undefined && { exposureToken }),
    }
    return new Response(withMetadata(text, more), { headers })
  })

  app.post(tracking, async (c) => track(c, ports))

  app.get(`${streamPath}*`, async (c) => {
    const stream = await streamAnswer(c, ports)
    return stream.ok ? stream.value : fail(stream.problem, c.env)
  })

  for (const path of [bulk, `${single}*`, tracking]) {
    app.all(path, () => {
      const body: wire.Refusal = { errorCode: 'GENERAL', errorDetails: 'method not allowed, use POST' }
      return Response.json(body, { status: 405, headers: { allow: 'POST' } })
    })
  }
  app.all('/ofrep/*', (c) => fail({ code: 'NOT_FOUND', message: 'there is no such route' }, c.env))

  app.onError((error, c) => {
    logError('ofrep', error)
    const key = pathOf(c.req.url).startsWith(single) ? flagKeyOf(c) : undefined
    return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, c.env, key)
  })
  return app
}

const contextOf = (c: VisitContext, { body, compiled }: Asked<wire.EvaluationRequest>) =>
  enriched(toContext(body.context), compiled, c.req.raw)

/** Tokens are for who asks for them: they cost more than the decisions do. */
function signOf(
  { req }: VisitContext,
  { exposureSecret, now }: Ports,
  { compiled: { environmentId } }: Asked<unknown>,
  targetingKey: string | undefined,
): Sign | undefined {
  if (exposureSecret === undefined || targetingKey === undefined) return undefined
  if (!wanted.test(req.header('x-exposure-tokens') ?? '')) return undefined
  const at = now()
  return (evaluation) => tokenOf(exposureSecret, evaluation, { environmentId, targetingKey }, at)
}

/** A lone `%` is a key like any other, not an error. */
function flagKeyOf(c: VisitContext): string {
  const raw = pathOf(c.req.url).slice(single.length)
  try {
    return decodeURIComponent(raw)
  } catch {
    return raw
  }
}
