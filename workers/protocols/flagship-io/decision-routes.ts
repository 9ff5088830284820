// The Decision API: all campaigns, a single one, or all flags. The environment is named in the path or
// implied by the key.
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { findAssigned } from '../../../core/evaluation/assignment.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { decideAll, decideOne } from '../../sdk/decide.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { enrichContext } from '../../sdk/enrich.ts'
import { revisionResponder } from '../../sdk/revision-response.ts'
import { flagNamed } from './campaign.ts'
import { corsPolicy } from './cors.ts'
import {
  type CampaignText,
  type ModificationKeys,
  campaignTextOf,
  flagsText,
  listText,
  panicAnswer,
  singleAnswer,
} from './decision-answer.ts'
import { formattedResponse } from './format-response.ts'
import { noRoute, onlyMethod, refusalResponse } from './refusal.ts'
import { type RouteDependencies, authenticateCaller, parseBody, recordContextOf } from './request.ts'
import { aliasToRecord, contextToRecord, decisionToRecord } from './to-record.ts'
import * as wire from './wire.ts'

export const decisionBytesMax = 256 * 1024

interface DecisionRequest extends SdkRequest {
  /** The environment in the path. */
  readonly environment: string | undefined
  readonly query: URLSearchParams
}

/** `parts` are the path's segments after `/v2`. The environment, if any, is the first. */
export function decisionRoute(
  sdkRequest: SdkRequest,
  dependencies: RouteDependencies,
  parts: readonly string[],
): Promise<Response> | Response {
  const { request, requestContext } = sdkRequest
  const hasEnvironment = parts[1] === 'campaigns' || parts[1] === 'flags'
  const [environment, resource, campaign, ...more] = hasEnvironment ? parts : [undefined, ...parts]
  if (resource !== 'campaigns' && resource !== 'flags') return noRoute(requestContext)
  if (more.length > 0 || (resource === 'flags' && campaign !== undefined)) return noRoute(requestContext)
  if (request.method !== 'POST') return onlyMethod('POST', requestContext)
  const { url } = request
  const queryStart = url.indexOf('?')
  const query = new URLSearchParams(queryStart === -1 ? '' : url.slice(queryStart))
  const decisionRequest = { ...sdkRequest, environment, query }
  return campaign === undefined
    ? decide(decisionRequest, dependencies, resource)
    : decideSingle(decisionRequest, dependencies, campaign)
}

interface AuthenticatedRequest {
  readonly compiled: CompiledSnapshot
  readonly body: wire.DecisionRequest
  readonly keys: ModificationKeys
}

/** Returns a response if the request is refused, or if panic mode answers it. */
async function readRequest(
  decisionRequest: DecisionRequest,
  { ports }: RouteDependencies,
  defaultKeys: ModificationKeys,
): Promise<AuthenticatedRequest | Response> {
  const { request, requestContext, environment, query } = decisionRequest
  const compiled = await authenticateCaller(decisionRequest, ports, environment)
  if (!compiled.ok) return refusalResponse(compiled.problem, requestContext)
  const body = await parseBody(request, wire.DecisionRequest, decisionBytesMax)
  if (!body.ok) return refusalResponse(body.problem, requestContext)
  if (settingsOf(compiled.value.snapshot).panic) return Response.json(panicAnswer(body.value.visitorId))
  const exposeAllKeys = query.get('exposeAllKeys')
  const keys = exposeAllKeys === null ? defaultKeys : exposeAllKeys === 'true' ? 'all' : 'own'
  return { compiled: compiled.value, body: body.value, keys }
}

const contextOf = ({ request }: DecisionRequest, { body, compiled }: AuthenticatedRequest) =>
  enrichContext({ targetingKey: body.visitorId, attributes: body.context }, compiled, request)

const respond = revisionResponder(corsPolicy, () => ({ 'content-type': 'application/json' }))

async function decide(
  decisionRequest: DecisionRequest,
  dependencies: RouteDependencies,
  resource: 'campaigns' | 'flags',
): Promise<Response> {
  const { requestContext, query } = decisionRequest
  const { ports } = dependencies
  const authenticated = await readRequest(decisionRequest, dependencies, resource === 'flags' ? 'all' : 'own')
  if (authenticated instanceof Response) return authenticated
  const { compiled, body, keys } = authenticated
  const decided = decideAll(ports, compiled, contextOf(decisionRequest, authenticated), body)
  const { evaluations } = decided instanceof Promise ? await decided : decided
  requestContext.decisions = evaluations.length
  const campaigns: CampaignText[] = []
  for (const evaluation of evaluations) {
    const campaignText = campaignTextOf(evaluation, keys)
    if (campaignText) campaigns.push(campaignText)
  }
  const refusal = await record(decisionRequest, dependencies, authenticated, campaigns)
  if (refusal) return refusal
  const source = { compiled, requestContext, now: ports.now() }
  if (resource === 'flags') return respond(flagsText(campaigns), source, {})
  const mode = query.get('mode') ?? 'normal'
  const options = { visitorId: body.visitorId, mode, hasExtras: hasExtras(query), compiled }
  return respond(listText(options, campaigns), source, {})
}

async function decideSingle(
  decisionRequest: DecisionRequest,
  dependencies: RouteDependencies,
  name: string,
): Promise<Response> {
  const { requestContext } = decisionRequest
  const { ports } = dependencies
  const authenticated = await readRequest(decisionRequest, dependencies, 'own')
  if (authenticated instanceof Response) return authenticated
  const { compiled, body, keys } = authenticated
  const flag = flagNamed(compiled, name)
  const decided =
    flag && !flag.archived
      ? await decideOne(ports, compiled, contextOf(decisionRequest, authenticated), flag.key, body)
      : undefined
  requestContext.decisions = 1
  const cause = decided?.evaluation.cause
  const assigned = cause && 'ruleId' in cause ? findAssigned(decided.sources, cause.ruleId) : undefined
  const answer = singleAnswer(decided?.evaluation, keys, assigned)
  const formatted =
    body.isFormatted && decided ? formattedResponse(decided.evaluation, body.defaultRedirectUrl) : undefined
  if (answer.kind !== 'campaign' && formatted) return formatted
  if (answer.kind === 'refused') return refusalResponse(answer.problem, requestContext)
  if (answer.kind === 'nothing') return new Response(null, { status: 204 })
  const { campaignText } = answer
  const refusal = await record(decisionRequest, dependencies, authenticated, [campaignText])
  if (refusal) return refusal
  return formatted ?? respond(campaignText.text, { compiled, requestContext, now: ports.now() }, {})
}

/**
 * Stores the records of a decision. The response acknowledges exposures, so they are awaited, and a refusal
 * is returned if they cannot be stored. The visitor's context and anonymous id are not acknowledged and may
 * be sent afterwards.
 */
async function record(
  decisionRequest: DecisionRequest,
  dependencies: RouteDependencies,
  { compiled, body }: AuthenticatedRequest,
  campaigns: readonly CampaignText[],
): Promise<Response | undefined> {
  const { requestContext, query } = decisionRequest
  const { visitorId, anonymousId, context, hasConsent, isActivating } = body
  if (!hasConsent || visitorId === '') return undefined
  const { events, defer } = dependencies.ports
  const recordContext = recordContextOf(decisionRequest, compiled, dependencies)
  const contextRecord =
    query.get('sendContextEvent') === 'false' ? undefined : contextToRecord(visitorId, context, recordContext)
  const alias = aliasToRecord(visitorId, anonymousId, 0, recordContext)
  const isNewAlias =
    alias && recordContext.isNewToday(JSON.stringify(['alias', anonymousId, visitorId]), recordContext.now)
  const others = [...(contextRecord ? [contextRecord] : []), ...(isNewAlias ? [alias] : [])]
  const exposures: EventRecord[] = isActivating
    ? campaigns.flatMap(({ campaign }) => decisionToRecord(campaign, visitorId, context, recordContext) ?? [])
    : []
  if (exposures.length === 0) {
    if (others.length > 0) defer(events.send(others, compiled))
    return undefined
  }
  const sent = await events.send([...exposures, ...others], compiled)
  return sent.ok ? undefined : refusalResponse(sent.problem, requestContext)
}

/** The vendor's Go server reads `extras`, the JavaScript SDK sends `extras[]`. */
const hasExtras = (query: URLSearchParams): boolean =>
  [...query.getAll('extras'), ...query.getAll('extras[]')].includes('accountSettings')
