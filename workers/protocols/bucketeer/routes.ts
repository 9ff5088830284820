// Bucketeer's SDK gateway: what its client and server SDKs call.
import { Hono } from 'hono/tiny'
import type { EventRecord } from '../../../analytics/records.ts'
import { ok, refuse } from '../../../core/problem.ts'
import { cors } from '../../http/cors.ts'
import { decideAll, decideOne } from '../../http/decide.ts'
import { enriched } from '../../http/enrich.ts'
import { logError } from '../../http/log.ts'
import { pathOf } from '../../http/path.ts'
import type { Visited } from '../../http/visit.ts'
import type { Ports } from '../../ports.ts'
import { featureFlags, segmentUsers } from './definitions.ts'
import { evaluationText, toContext, userEvaluations } from './evaluations.ts'
import { fromTrack, sdkName, toRecord } from './events.ts'
import { admit, ask, fail, keyOf, type Method, notAllowed, unimplemented } from './gateway.ts'
import { asLegacy, legacyPaths, withTypeName } from './legacy.ts'
import { questionOf, type Shadow } from './shadow.ts'
import { evaluationStream } from './stream.ts'
import * as wire from './wire.ts'

const evaluationBytesMax = 256 * 1024
const eventsBytesMax = 1024 * 1024

const method = <T>(
  schema: Method<T>['schema'],
  bytesMax: number,
  ...roles: Method<T>['roles']
): Method<T> => ({
  schema,
  bytesMax,
  roles,
})
const getEvaluations = method(wire.GetEvaluationsRequest, evaluationBytesMax, 'client')
const getEvaluation = method(wire.GetEvaluationRequest, evaluationBytesMax, 'client')
const getFeatureFlags = method(wire.GetFeatureFlagsRequest, evaluationBytesMax, 'server')
const getSegmentUsers = method(wire.GetSegmentUsersRequest, evaluationBytesMax, 'server')
const registerEvents = method(wire.RegisterEventsRequest, eventsBytesMax, 'client', 'server')

const methods = {
  POST: [
    '/get_evaluations',
    '/get_evaluation',
    '/get_feature_flags',
    '/get_segment_users',
    '/register_events',
  ],
  GET: ['/track', '/ping'],
}

export function bucketeerRoutes(ports: Ports, shadow?: Shadow): Hono<Visited> {
  const app = new Hono<Visited>({ strict: false })
  // Envoy's policy in front of Bucketeer: any origin, with credentials.
  const policy = cors({
    origin: 'mirror',
    methods: ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'],
    headers: ['content-type', 'x-grpc-web', 'authorization', 'x-min-revision'],
  })
  app.use(policy)

  app.post('/get_evaluations', async (c) => {
    const asked = await ask(c, ports, getEvaluations)
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, body } = asked.value
    const context = enriched(toContext(body.user), compiled, c.req.raw)
    const { user, tag, userEvaluationsId: has } = body
    const question = { compiled, context, userId: user.id, tag }
    const kept = compiled.keepsVisitors && (await decideAll(ports, compiled, context, {}, tag || undefined))
    const decided = kept ? kept.evaluations : undefined
    const answer = userEvaluations({ ...question, has, now: ports.now(), decided })
    c.env.decisions = answer.decisions
    if (shadow?.isDue()) shadow.compare(questionOf(question, keyOf(c)))
    return json(`{"state":"FULL","evaluations":${answer.text},"userEvaluationsId":"${answer.id}"}`)
  })

  app.post('/get_evaluation', async (c) => {
    const asked = await ask(c, ports, getEvaluation)
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, body } = asked.value
    const { user, tag, featureId } = body
    const flag = compiled.byKey.get(featureId)?.flag
    if (!flag || flag.archived || (tag !== '' && !flag.tags.includes(tag)))
      return fail({ code: 'NOT_FOUND', message: 'feature not found' }, c.env)
    const context = enriched(toContext(user), compiled, c.req.raw)
    c.env.decisions = 1
    const decided = await decideOne(ports, compiled, context, featureId)
    const evaluation = evaluationText(decided.evaluation, user.id)
    if (shadow?.isDue())
      shadow.compare(questionOf({ compiled, context, userId: user.id, tag }, keyOf(c), featureId))
    return evaluation === undefined
      ? fail({ code: 'NOT_FOUND', message: 'evaluation not found' }, c.env)
      : json(`{"evaluation":${evaluation}}`)
  })

  app.post('/get_feature_flags', async (c) => {
    const asked = await ask(c, ports, getFeatureFlags)
    if (!asked.ok) return fail(asked.problem, c.env)
    return c.json(featureFlags(asked.value.compiled, asked.value.body, ports.now()))
  })

  app.post('/get_segment_users', async (c) => {
    const asked = await ask(c, ports, getSegmentUsers)
    if (!asked.ok) return fail(asked.problem, c.env)
    return c.json(segmentUsers(asked.value.compiled, asked.value.body, ports.now()))
  })

  app.post('/register_events', async (c) => {
    const asked = await ask(c, ports, registerEvents)
    if (!asked.ok) return fail(asked.problem, c.env)
    const { compiled, body } = asked.value
    const receipt = { compiled, now: ports.now(), sdk: sdkName(body.sourceId, body.sdkVersion) }
    const records: EventRecord[] = []
    const errors = new Map<string, wire.EventError>()
    for (const { id, event, type } of body.events) {
      const record = toRecord(id, withTypeName(event, type), receipt)
      if (record.ok) records.push(record.value)
      else errors.set(id, { retriable: false, message: `gateway: ${record.problem.message}` })
    }
    const isTaken = records.length === 0 || (await ports.events.send(records))
    if (!isTaken)
      for (const { id } of records)
        errors.set(id, { retriable: true, message: 'gateway: the queue is unavailable' })
    return c.json({ errors: Object.fromEntries(errors) } satisfies wire.RegisterEventsResponse)
  })

  app.get('/track', async (c) => {
    const query = new URL(c.req.url).searchParams
    const compiled = await admit(c, ports, query.get('apikey') ?? '', ['client'])
    if (!compiled.ok) return fail(compiled.problem, c.env)
    const receipt = { compiled: compiled.value, now: ports.now(), sdk: sdkName(0, '') }
    const record = fromTrack(query, receipt)
    if (!record.ok) return fail(record.problem, c.env)
    const sent = (await ports.events.send([record.value]))
      ? ok(undefined)
      : refuse('UNAVAILABLE', 'the queue is unavailable')
    return sent.ok ? c.json({}) : fail(sent.problem, c.env)
  })

  app.get('/ping', (c) => c.json({ time: String(Math.floor(ports.now() / 1_000)) }))

  app.post('/v1/gateway/stream_evaluations', async (c) => {
    const asked = await ask(c, ports, getEvaluations)
    if (!asked.ok) return fail(asked.problem, c.env)
    const stream = await evaluationStream(c, ports, asked.value)
    return stream.ok ? stream.value : fail(stream.problem, c.env)
  })

  for (const [path, newer] of Object.entries(legacyPaths))
    app.post(path, async (c) => {
      const isPing = newer === '/ping'
      const url = c.req.url.replace(pathOf(c.req.url), newer)
      const request = new Request(url, isPing ? {} : c.req.raw)
      return asLegacy(await app.fetch(request, c.env))
    })

  for (const [verb, paths] of Object.entries(methods))
    for (const path of paths) app.all(path, () => notAllowed(verb))
  app.all('/v1/gateway/*', () => unimplemented())

  app.onError((error, c) => {
    logError('bucketeer', error)
    return fail({ code: 'UNAVAILABLE', message: 'internal' }, c.env)
  })
  return app
}

const json = (text: string) => new Response(text, { headers: { 'content-type': 'application/json' } })
