// The OpenFeature Remote Evaluation Protocol: one flag, or all of them; and beside it the way back for events.
import { type CorsPolicy, toEverybody } from '../../sdk/cors.ts'
import { decideOne } from '../../sdk/decide.ts'
import { type Door, type Incoming, doorOf } from '../../sdk/protocol-handler.ts'
import { enriched } from '../../sdk/enrich.ts'
import { decoded } from '../../http/path.ts'
import { revisionHeaders } from '../../sdk/revision-headers.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type Asked, ask } from './request.ts'
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

/** Allowed headers mirror the request's, so that a customer's own may come along. */
const policy: CorsPolicy = { origin: '*', methods: ['POST', 'GET', 'OPTIONS'], headers: 'mirror' }

export const ofrepRoutes = (ports: Ports): Door =>
  doorOf({
    name: 'ofrep',
    policy,
    route: (incoming) => route(incoming, ports),
    unexpected: (incoming) => {
      const key = incoming.path.startsWith(single) ? flagKeyOf(incoming) : undefined
      return fail({ code: 'UNAVAILABLE', message: 'something unexpected went wrong' }, incoming.visit, key)
    },
  })

/** What follows the path of one flag is its key: encoded from some clients and plain, slashes and all, from others. */
function route(incoming: Incoming, ports: Ports): Promise<Response> | Response {
  const { path, request, visit } = incoming
  const isPost = request.method === 'POST'
  if (path === bulk || path === single) return isPost ? all(incoming, ports) : onlyPost()
  if (path.startsWith(single)) return isPost ? one(incoming, ports) : onlyPost()
  if (path === tracking || path === `${tracking}/`) return isPost ? track(incoming, ports) : onlyPost()
  if (path.startsWith(streamPath) && request.method === 'GET') return stream(incoming, ports)
  return fail({ code: 'NOT_FOUND', message: 'there is no such route' }, visit)
}

function onlyPost(): Response {
  const body: wire.Refusal = { errorCode: 'GENERAL', errorDetails: 'method not allowed, use POST' }
  return Response.json(body, { status: 405, headers: { allow: 'POST' } })
}

async function all(incoming: Incoming, ports: Ports): Promise<Response> {
  const { request, visit } = incoming
  const asked = await ask(incoming, ports, wire.readRequest, bodyBytesMax)
  if (!asked.ok) return fail(asked.problem, visit)
  const context = contextOf(request, asked.value)
  const sign = signOf(request, ports, asked.value, context.targetingKey)
  return bulkAnswer({ ports, asked: asked.value, context, visit, sign, now: ports.now() }, request.headers)
}

const headersOf = revisionHeaders(() => ({ 'content-type': 'application/json', ...toEverybody }))

async function one(incoming: Incoming, ports: Ports): Promise<Response> {
  const { request, visit } = incoming
  const key = flagKeyOf(incoming)
  const asked = await ask(incoming, ports, wire.readRequest, bodyBytesMax)
  if (!asked.ok) return fail(asked.problem, visit, key)
  const { compiled } = asked.value
  const context = contextOf(request, asked.value)
  const { targetingKey } = context
  const decided = decideOne(ports, compiled, context, key)
  const { evaluation } = decided instanceof Promise ? await decided : decided
  visit.decisions = 1
  const headers = headersOf(compiled, visit, ports.now())
  const { text } = asWritten(evaluation, compiled)
  if (evaluation.error) return new Response(text, { status: statusOfError[evaluation.error.code], headers })
  const sign = signOf(request, ports, asked.value, targetingKey)
  const exposureToken = sign && (await sign(evaluation))
  // Ids of environments, hexadecimal and tokens need no escapes.
  const whose = targetingKey === undefined ? '' : `,"contextId":"${contextIdOf(targetingKey)}"`
  const proof = exposureToken === undefined ? '' : `,"exposureToken":"${exposureToken}"`
  const more = `"flagSetId":"${compiled.environmentId}"${whose}${proof}`
  return new Response(withMetadata(text, more), { headers })
}

async function stream(incoming: Incoming, ports: Ports): Promise<Response> {
  const opened = await streamAnswer(incoming, ports)
  return opened.ok ? opened.value : fail(opened.problem, incoming.visit)
}

const contextOf = (request: Request, { body, compiled }: Asked<wire.EvaluationRequest>) =>
  enriched(toContext(body.context), compiled, request)

/** Tokens are for who asks for them: they cost more than the decisions do. */
function signOf(
  { headers }: Request,
  { exposureSecret, now }: Ports,
  { compiled: { environmentId } }: Asked<unknown>,
  targetingKey: string | undefined,
): Sign | undefined {
  if (exposureSecret === undefined || targetingKey === undefined) return undefined
  if (!wanted.test(headers.get('x-exposure-tokens') ?? '')) return undefined
  const at = now()
  return (evaluation) => tokenOf(exposureSecret, evaluation, { environmentId, targetingKey }, at)
}

const flagKeyOf = ({ path }: Incoming): string => decoded(path.slice(single.length))
