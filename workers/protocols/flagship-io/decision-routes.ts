// The Decision API: every campaign, one of them, or all flags, under the environment's path or by the key
// alone.
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import { findAssigned } from '../../../core/evaluation/assignment.ts'
import { settingsOf } from '../../../core/model/snapshot.ts'
import { toEverybody } from '../../sdk/cors.ts'
import { decideAll, decideOne } from '../../sdk/decide.ts'
import type { SdkRequest } from '../../sdk/protocol-handler.ts'
import { enriched } from '../../sdk/enrich.ts'
import { revisionHeaders } from '../../sdk/revision-headers.ts'
import { flagNamed } from './campaign.ts'
import { type Keys, type Told, flagsText, listText, panicOf, singleOf, tell } from './decision-answer.ts'
import { type Shared, callerOf, fail, noRoute, onlyMethod, parseBody, receiptOf } from './respond.ts'
import { formattedOf } from './format-response.ts'
import { contextRecord, exposureOf } from './to-record.ts'
import * as wire from './wire.ts'

export const decisionBytesMax = 256 * 1024

/** A decision that is asked for, and where. */
interface Question extends SdkRequest {
  /** Of the path. */
  readonly environment: string | undefined
  readonly query: URLSearchParams
}

/** `parts`: of the path behind `/v2`. An environment comes before what is asked of it. */
export function decisionRoute(
  sdkRequest: SdkRequest,
  shared: Shared,
  parts: readonly string[],
): Promise<Response> | Response {
  const { request, requestContext } = sdkRequest
  const isNamed = parts[1] === 'campaigns' || parts[1] === 'flags'
  const [environment, what, campaign, ...more] = isNamed ? parts : [undefined, ...parts]
  const isOne = what === 'campaigns' && campaign !== undefined
  if (more.length > 0 || (what !== 'campaigns' && what !== 'flags') || (campaign !== undefined && !isOne))
    return noRoute(requestContext)
  if (request.method !== 'POST') return onlyMethod('POST', requestContext)
  const { url } = request
  const at = url.indexOf('?')
  const query = new URLSearchParams(at === -1 ? '' : url.slice(at))
  const question = { ...sdkRequest, environment, query }
  return isOne ? single(question, shared, campaign) : decide(question, shared, what)
}

interface Asking {
  readonly compiled: CompiledSnapshot
  readonly body: wire.DecisionRequest
  readonly keys: Keys
}

/** What is asked, by whom; or the answer to give at once. */
async function ask(q: Question, { ports }: Shared, keysByDefault: Keys): Promise<Asking | Response> {
  const compiled = await callerOf(q, ports, q.environment)
  if (!compiled.ok) return fail(compiled.problem, q.requestContext)
  const body = await parseBody(q.request, wire.DecisionRequest, decisionBytesMax)
  if (!body.ok) return fail(body.problem, q.requestContext)
  if (settingsOf(compiled.value.snapshot).panic) return Response.json(panicOf(body.value.visitorId))
  const exposeAllKeys = q.query.get('exposeAllKeys')
  const keys = exposeAllKeys === null ? keysByDefault : exposeAllKeys === 'true' ? 'all' : 'own'
  return { compiled: compiled.value, body: body.value, keys }
}

const contextOf = (q: Question, { body, compiled }: Asking) =>
  enriched({ targetingKey: body.visitorId, attributes: body.context }, compiled, q.request)

const headersOf = revisionHeaders(() => ({ 'content-type': 'application/json', ...toEverybody }))

async function decide(q: Question, shared: Shared, shape: 'campaigns' | 'flags'): Promise<Response> {
  const asking = await ask(q, shared, shape === 'flags' ? 'all' : 'own')
  if (asking instanceof Response) return asking
  const { compiled, body, keys } = asking
  const decided = decideAll(shared.ports, compiled, contextOf(q, asking), body)
  const { evaluations } = decided instanceof Promise ? await decided : decided
  q.requestContext.decisions = evaluations.length
  const campaigns: Told[] = []
  for (const evaluation of evaluations) {
    const told = tell(evaluation, keys)
    if (told) campaigns.push(told)
  }
  const refused = await record(q, shared, asking, campaigns)
  if (refused) return refused
  const headers = headersOf(compiled, q.requestContext, shared.ports.now())
  if (shape === 'flags') return new Response(flagsText(campaigns), { headers })
  const mode = q.query.get('mode') ?? 'normal'
  const asked = { visitorId: body.visitorId, mode, hasExtras: hasExtras(q), compiled }
  return new Response(listText(asked, campaigns), { headers })
}

async function single(q: Question, shared: Shared, name: string): Promise<Response> {
  const asking = await ask(q, shared, 'own')
  if (asking instanceof Response) return asking
  const { compiled, body, keys } = asking
  const flag = flagNamed(compiled, name)
  const decided =
    flag && !flag.archived
      ? await decideOne(shared.ports, compiled, contextOf(q, asking), flag.key, body)
      : undefined
  q.requestContext.decisions = 1
  const cause = decided?.evaluation.cause
  const assigned = cause && 'ruleId' in cause ? findAssigned(decided.sources, cause.ruleId) : undefined
  const answer = singleOf(decided?.evaluation, keys, assigned)
  const formatted =
    body.isFormatted && decided ? formattedOf(decided.evaluation, body.defaultRedirectUrl) : undefined
  if (answer.kind !== 'campaign' && formatted) return formatted
  if (answer.kind === 'refused') return fail(answer.problem, q.requestContext)
  if (answer.kind === 'nothing') return new Response(null, { status: 204 })
  const refused = await record(q, shared, asking, [answer.told])
  return (
    refused ??
    formatted ??
    new Response(answer.told.text, { headers: { 'content-type': 'application/json' } })
  )
}

/**
 * What a decision leaves behind. Exposures are acknowledged by the answer, so they are waited for; the
 * visitor's context is ours to keep, and goes behind it.
 */
async function record(
  q: Question,
  shared: Shared,
  { compiled, body, keys: _ }: Asking,
  campaigns: readonly Told[],
): Promise<Response | undefined> {
  const { visitorId, context, hasConsent, isActivating } = body
  if (!hasConsent || visitorId === '') return undefined // without an id nobody was exposed
  const { events, defer } = shared.ports
  const receipt = receiptOf(q.request, compiled, shared)
  const hasRevisionHeaders = q.query.get('sendContextEvent') !== 'false'
  const told = hasRevisionHeaders ? contextRecord({ visitorId, context }, receipt) : undefined
  const exposures: EventRecord[] = isActivating
    ? campaigns.flatMap(({ campaign }) => exposureOf(campaign, visitorId, context, receipt) ?? [])
    : []
  if (exposures.length === 0) {
    if (told) defer(events.send([told]))
    return undefined
  }
  if (await events.send(told ? [...exposures, told] : exposures)) return undefined
  return fail(
    { code: 'UNAVAILABLE', message: 'the activation could not be stored, try again' },
    q.requestContext,
  )
}

/** The Go server reads `extras`, the JavaScript SDK sends `extras[]`. */
const hasExtras = ({ query }: Question): boolean =>
  [...query.getAll('extras'), ...query.getAll('extras[]')].includes('accountSettings')
