// OFREP, the OpenFeature Remote Evaluation Protocol: evaluates one flag or all of them. Also routes for
// events and for the event stream.
import { sha256OfText } from '../../../core/hash/sha-256.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import { exposedUnit, noUnit } from '../../../core/evaluation/exposed-unit.ts'
import type { Result } from '../../../core/model/problem.ts'
import { decideOne } from '../../sdk/decide.ts'
import { type ProtocolHandler, type SdkRequest, createHandler } from '../../sdk/protocol-handler.ts'
import { enrichContext } from '../../sdk/enrich.ts'
import { ruleIdOf } from '../../sdk/verify-exposure.ts'
import { percentDecoded } from '../../http/path.ts'
import { revisionResponder } from '../../sdk/revision-response.ts'
import type { Ports } from '../../contracts/ports.ts'
import { type ExposureSigner, bulkResponse } from './bulk.ts'
import { withMetadata } from './bulk-text.ts'
import { corsPolicy } from './cors.ts'
import { signToken } from './exposure-token.ts'
import { refusalResponse, statusOfError } from './refusal.ts'
import { type AuthenticatedRequest, readRequest } from './request.ts'
import { answerTicket, openRefetchStream, streamPath, ticketPath } from './stream.ts'
import { track } from './track.ts'
import { contextIdOf, evaluationText, toContext } from './translate.ts'
import * as wire from './wire.ts'

const bodyBytesMax = 256 * 1024
const bulkPath = '/ofrep/v1/evaluate/flags'
const singlePath = `${bulkPath}/`
const trackPath = '/ofrep/v1/track'
const truthy = /^(?:1|true)$/i

export const ofrepRoutes = (ports: Ports): ProtocolHandler =>
  createHandler({
    name: 'ofrep',
    policy: corsPolicy,
    route: (sdkRequest) => route(sdkRequest, ports),
    onError: (sdkRequest) => {
      const key = sdkRequest.path.startsWith(singlePath) ? flagKeyOf(sdkRequest) : undefined
      return refusalResponse(
        { code: 'UNAVAILABLE', message: 'something unexpected went wrong' },
        sdkRequest.requestContext,
        key,
      )
    },
  })

function route(sdkRequest: SdkRequest, ports: Ports): Promise<Response> | Response {
  const { path, request, requestContext } = sdkRequest
  const isPost = request.method === 'POST'
  if (path === bulkPath || path === singlePath) return isPost ? evaluateBulk(sdkRequest, ports) : onlyPost()
  if (path.startsWith(singlePath)) return isPost ? evaluateSingle(sdkRequest, ports) : onlyPost()
  if (path === trackPath || path === `${trackPath}/`) return isPost ? track(sdkRequest, ports) : onlyPost()
  if (path === ticketPath) return isPost ? stream(sdkRequest, answerTicket(sdkRequest, ports)) : onlyPost()
  if (path.startsWith(streamPath) && request.method === 'GET')
    return stream(sdkRequest, openRefetchStream(sdkRequest, ports))
  return refusalResponse({ code: 'NOT_FOUND', message: 'there is no such route' }, requestContext)
}

function onlyPost(): Response {
  const body: wire.Refusal = { errorCode: 'GENERAL', errorDetails: 'method not allowed, use POST' }
  return Response.json(body, { status: 405, headers: { allow: 'POST' } })
}

async function evaluateBulk(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const authenticated = await readRequest(sdkRequest, ports, wire.parseEvaluationRequest, bodyBytesMax)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, requestContext)
  const context = contextOf(request, authenticated.value)
  const signer = signerOf(request, ports, authenticated.value, context)
  return bulkResponse(
    { ports, authenticated: authenticated.value, context, requestContext, signer, now: ports.now() },
    request.headers,
  )
}

const respond = revisionResponder(corsPolicy, () => ({ 'content-type': 'application/json' }))

async function evaluateSingle(sdkRequest: SdkRequest, ports: Ports): Promise<Response> {
  const { request, requestContext } = sdkRequest
  const key = flagKeyOf(sdkRequest)
  const authenticated = await readRequest(sdkRequest, ports, wire.parseEvaluationRequest, bodyBytesMax)
  if (!authenticated.ok) return refusalResponse(authenticated.problem, requestContext, key)
  const { compiled } = authenticated.value
  const context = contextOf(request, authenticated.value)
  const { targetingKey } = context
  const decided = decideOne(ports, compiled, context, key)
  const { evaluation } = decided instanceof Promise ? await decided : decided
  requestContext.decisions = 1
  const source = { compiled, requestContext, now: ports.now() }
  const { text } = evaluationText(evaluation, compiled)
  if (evaluation.error) return respond(text, source, { status: statusOfError[evaluation.error.code] })
  const signer = signerOf(request, ports, authenticated.value, context)
  const token = signer && (await signer.sign(evaluation))
  // Environment ids, hexadecimal digits and tokens need no escaping.
  const contextId = targetingKey === undefined ? '' : `,"contextId":"${contextIdOf(targetingKey)}"`
  const exposureToken = token === undefined ? '' : `,"exposureToken":"${token}"`
  const metadata = `"flagSetId":"${compiled.environmentId}"${contextId}${exposureToken}`
  return respond(withMetadata(text, metadata), source, {})
}

async function stream({ requestContext }: SdkRequest, answer: Promise<Result<Response>>): Promise<Response> {
  const answered = await answer
  return answered.ok ? answered.value : refusalResponse(answered.problem, requestContext)
}

const contextOf = (request: Request, { body, compiled }: AuthenticatedRequest<wire.EvaluationRequest>) =>
  enrichContext(toContext(body.context), compiled, request)

/** Tokens are opt-in by header, because they cost more than the decisions. */
function signerOf(
  { headers }: Request,
  { exposureSecret, now }: Ports,
  { compiled }: AuthenticatedRequest<unknown>,
  context: EvaluationContext,
): ExposureSigner | undefined {
  const { targetingKey } = context
  if (exposureSecret === undefined || targetingKey === undefined) return undefined
  if (!truthy.test(headers.get('x-exposure-tokens') ?? '')) return undefined
  const signedAt = now()
  const holder = { environmentId: compiled.environmentId, targetingKey }
  const unitOf = (evaluation: Evaluation) =>
    evaluation.flag
      ? exposedUnit(compiled, { flag: evaluation.flag, ruleId: ruleIdOf(evaluation) }, context)
      : noUnit
  return {
    sign: (evaluation) => signToken(exposureSecret, evaluation, unitOf(evaluation), holder, signedAt),
    unitTag: (evaluations) => {
      const units = evaluations.map(unitOf).filter(({ unitAttribute }) => unitAttribute !== '')
      return units.length === 0 ? '' : `-${sha256OfText(JSON.stringify(units), 2)}`
    },
  }
}

/**
 * Some clients encode the key, others send it unencoded with its slashes, so it is all that follows the path.
 */
const flagKeyOf = ({ path }: SdkRequest): string => percentDecoded(path.slice(singlePath.length))
