// The OpenFeature Remote Evaluation Protocol: one flag, or all of them; and beside it the way back for
// events.
import { type CorsPolicy, toEverybody } from '../../sdk/cors.ts'
import { decideOne } from '../../sdk/decide.ts'
import { type ProtocolHandler, type SdkRequest, createHandler } from '../../sdk/protocol-handler.ts'
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

export const ofrepRoutes = (ports: Ports): ProtocolHandler =>
  createHandler({
    name: 'ofrep',
    policy,
    route: (sdkRequest) => route(sdkRequest, ports),
    unexpected: (sdkRequest) => {
      const key = sdkRequest.path.startsWith(single) ? flagKeyOf(sdkRequest) : undefined
      return fail(
        { code: 'UNAVAILABLE', message: 'something unexpected went wrong' },
        sdkRequest.requestContext,
        key,
      )
    },
  })

/**
 * What follows the path of one flag is its key: encoded from some clients and plain, slashes and all, from
 * others.
 */
function route(sdkRequest: SdkRequest, ports: Ports): Promise<Response> | Response {
  const { path, request, requestContext } = sdkRequest
  const isPost = request.method === 'POST'
  if (path === bulk || path === single) return isPost ? all(sdkRequest, ports) : onlyPost()
  if (path.startsWith(single)) return isPost ? one(sdkRequest, ports) : onlyPost()
  if (path === tracking || path === `${tracking}/`) return isPost ? track(sdkRequest, ports) : onlyPost()
  if (path.startsWith(streamPath) && request.method === 'GET') return stream(sdkRequest, ports)
  return fail({ code: 'NOT_FOUND', message: 'there is no such route' }, requestContext)
}

function onlyPost(): Response {
  const body: wire.Refusal = { errorCode: 'GENERAL', errorDetails: 'method not allowed, use POST' }
  return Response.json(body, { status: 405, headers: { allow: 'POST' } })
}

async function all(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const asked = await ask(sdkRequest, ports, wire.readRequest, bodyBytesMax)
  if (!asked.ok) return fail(asked.problem, requestContext)
  const context = contextOf(request, asked.value)
  const sign = signOf(request, ports, asked.value, context.targetingKey)
  return bulkAnswer(
    { ports, asked: asked.value, context, requestContext, sign, now: ports.now() },
    request.headers,
  )
}

const headersOf = revisionHeaders(() => ({ 'content-type': 'application/json', ...toEverybody }))

async function one(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const key = flagKeyOf(sdkRequest)
  const asked = await ask(sdkRequest, ports, wire.readRequest, bodyBytesMax)
  if (!asked.ok) return fail(asked.problem, requestContext, key)
  const { compiled } = asked.value
  const context = contextOf(request, asked.value)
  const { targetingKey } = context
  const decided = decideOne(ports, compiled, context, key)
  const { evaluation } = decided instanceof Promise ? await decided : decided
  requestContext.decisions = 1
  const headers = headersOf(compiled, requestContext, ports.now())
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

async function stream(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const opened = await streamAnswer(sdkRequest, ports)
  return opened.ok ? opened.value : fail(opened.problem, sdkRequest.requestContext)
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

const flagKeyOf = ({ path }: SdkRequest): string => decoded(path.slice(single.length))
