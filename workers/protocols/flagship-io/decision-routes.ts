// The Decision API: every campaign, one of them, or all flags, under the environment's path or by the key alone.
import type { Hono } from 'hono'
import type { EventRecord } from '../../../analytics/records.ts'
import type { CompiledSnapshot } from '../../../core/compile.ts'
import { find } from '../../../core/assignment.ts'
import { settingsOf } from '../../../core/snapshot.ts'
import { decideAll, decideOne } from '../../http/decide.ts'
import { enriched } from '../../http/enrich.ts'
import type { VisitContext, Visited } from '../../http/visit.ts'
import { flagNamed } from './campaign.ts'
import { type Keys, type Told, flagsText, listText, panicOf, singleOf, tell } from './decision-answer.ts'
import { type Door, callerOf, fail, parseBody, receiptOf } from './door.ts'
import { formattedOf } from './format-response.ts'
import { contextRecord, exposureOf } from './translate.ts'
import * as wire from './wire.ts'

export const decisionBytesMax = 256 * 1024

export function addDecisionRoutes(app: Hono<Visited>, door: Door): void {
  for (const root of ['/v2/:environment', '/v2']) {
    app.post(`${root}/campaigns`, (c) => decide(c, door, 'campaigns'))
    app.post(`${root}/flags`, (c) => decide(c, door, 'flags'))
    app.post(`${root}/campaigns/:campaign`, (c) => single(c, door, c.req.param('campaign') ?? ''))
    for (const path of ['/campaigns', '/flags', '/campaigns/:campaign'])
      app.all(root + path, (c) =>
        fail({ code: 'INVALID', message: 'only POST http method is allowed' }, c.env),
      )
  }
}

interface Asking {
  readonly compiled: CompiledSnapshot
  readonly body: wire.DecisionRequest
  readonly keys: Keys
}

/** What is asked, by whom; or the answer to give at once. */
async function ask(c: VisitContext, { ports }: Door, keysByDefault: Keys): Promise<Asking | Response> {
  const compiled = await callerOf(c, ports, c.req.param('environment'))
  if (!compiled.ok) return fail(compiled.problem, c.env)
  const body = await parseBody(c, wire.DecisionRequest, decisionBytesMax)
  if (!body.ok) return fail(body.problem, c.env)
  if (settingsOf(compiled.value.snapshot).panic) return Response.json(panicOf(body.value.visitorId))
  const exposeAllKeys = c.req.query('exposeAllKeys')
  const keys = exposeAllKeys === undefined ? keysByDefault : exposeAllKeys === 'true' ? 'all' : 'own'
  return { compiled: compiled.value, body: body.value, keys }
}

const contextOf = (c: VisitContext, { body, compiled }: Asking) =>
  enriched({ targetingKey: body.visitorId, attributes: body.context }, compiled, c.req.raw)

async function decide(c: VisitContext, door: Door, shape: 'campaigns' | 'flags'): Promise<Response> {
  const asking = await ask(c, door, shape === 'flags' ? 'all' : 'own')
  if (asking instanceof Response) return asking
  const { compiled, body, keys } = asking
  const decided = decideAll(door.ports, compiled, contextOf(c, asking), body)
  const { evaluations } = decided instanceof Promise ? await decided : decided
  c.env.decisions = evaluations.length
  const campaigns: Told[] = []
  for (const evaluation of evaluations) {
    const told = tell(evaluation, keys)
    if (told) campaigns.push(told)
  }
  const refused = await record(c, door, asking, campaigns)
  if (refused) return refused
  const headers = { 'content-type': 'application/json' }
  if (shape === 'flags') return new Response(flagsText(campaigns), { headers })
  const mode = c.req.query('mode') ?? 'normal'
  const asked = { visitorId: body.visitorId, mode, hasExtras: hasExtras(c), compiled }
  return new Response(listText(asked, campaigns), { headers })
}

async function single(c: VisitContext, door: Door, name: string): Promise<Response> {
  const asking = await ask(c, door, 'own')
  if (asking instanceof Response) return asking
  const { compiled, body, keys } = asking
  const flag = flagNamed(compiled, name)
  const decided =
    flag && !flag.archived
      ? await decideOne(door.ports, compiled, contextOf(c, asking), flag.key, body)
      : undefined
  c.env.decisions = 1
  const cause = decided?.evaluation.cause
  const assigned = cause && 'ruleId' in cause ? find(decided.sources, cause.ruleId) : undefined
  const answer = singleOf(decided?.evaluation, keys, assigned)
  const formatted =
    body.isFormatted && decided ? formattedOf(decided.evaluation, body.defaultRedirectUrl) : undefined
  if (answer.kind !== 'campaign' && formatted) return formatted
  if (answer.kind === 'refused') return fail(answer.problem, c.env)
  if (answer.kind === 'nothing') return new Response(null, { status: 204 })
  const refused = await record(c, door, asking, [answer.told])
  return (
    refused ??
    formatted ??
    new Response(answer.told.text, { headers: { 'content-type': 'application/json' } })
  )
}

/**
 * What a decision leaves behind. Exposures are acknowledged by the answer, so they are waited for; the visitor's context is ours to keep,
 * and goes behind it.
 */
async function record(
  c: VisitContext,
  door: Door,
  { compiled, body, keys: _ }: Asking,
  campaigns: readonly Told[],
): Promise<Response | undefined> {
  const { visitorId, context, hasConsent, isActivating } = body
  if (!hasConsent || visitorId === '') return undefined // without an id nobody was exposed
  const { events, defer } = door.ports
  const receipt = receiptOf(c, compiled, door)
  const isTold = c.req.query('sendContextEvent') !== 'false'
  const told = isTold ? contextRecord({ visitorId, context }, receipt) : undefined
  const exposures: EventRecord[] = isActivating
    ? campaigns.flatMap(({ campaign }) => exposureOf(campaign, visitorId, context, receipt) ?? [])
    : []
  if (exposures.length === 0) {
    if (told) defer(events.send([told]))
    return undefined
  }
  if (await events.send(told ? [...exposures, told] : exposures)) return undefined
  return fail({ code: 'UNAVAILABLE', message: 'the activation could not be stored, try again' }, c.env)
}

/** The Go server reads `extras`, the JavaScript SDK sends `extras[]`. */
function hasExtras(c: VisitContext): boolean {
  const { url } = c.req
  if (!url.includes('extras')) return false
  return [...(c.req.queries('extras') ?? []), ...(c.req.queries('extras[]') ?? [])].includes(
    'accountSettings',
  )
}
