// The admin API: what the console, the batch runner and other people's scripts use. A write is a command to the environment's object; a
// read goes straight to D1.
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { Command } from '../../core/command.ts'
import { ExperimentResult } from '../../core/experiment-result.ts'
import { commentLengthMax, nameLengthMax } from '../../core/limits.ts'
import { type Result, ok } from '../../core/problem.ts'
import type { CommandAnswer } from '../environment-object.ts'
import { readJson } from '../http/body.ts'
import { sha256Hex, toHex } from '../http/digest.ts'
import { logError } from '../http/log.ts'
import { parseWith } from '../http/parse.ts'
import { problemResponse } from '../http/problem-response.ts'
import { makeSdkKey, sdkKeySecretBytes } from '../http/sdk-key.ts'
import { bucketingFile } from '../protocols/flagship-io/bucketing-file.ts'
import { listRevisions, loadEnvironment, newestRevision, openDatabase } from '../storage/configuration.ts'
import * as lists from '../storage/lists.ts'
import { type AdminContext, requires } from './access.ts'
import { snapshotOf } from './writer.ts'

const bodyBytesMax = 4 * 1024 * 1024
const pageMax = 200

const EnvironmentDraft = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40'),
  name: z.string().max(nameLengthMax).default(''),
})
const TokenDraft = z.strictObject({
  name: z.string().min(1).max(nameLengthMax),
  role: z.enum(['owner', 'editor', 'viewer']),
})
const SdkKeyDraft = z.strictObject({
  role: z.enum(['client', 'server']),
  name: z.string().max(nameLengthMax).default(''),
})

type C = Context<AdminContext>

export const api = new Hono<AdminContext>().basePath('/api/v1')

api.get('/environments', requires('viewer'), async (c) => {
  const database = openDatabase(c.env.DB)
  return c.json({ environments: await lists.listEnvironments(database) })
})

api.post('/environments', requires('owner'), async (c) => {
  const body = await parseBody(c, EnvironmentDraft)
  if (!body.ok) return problemResponse(body.problem)
  const { id, name } = body.value
  return answer(await objectOf(c, id).create(id, name, c.var.actor), 201)
})

api.post('/tokens', requires('owner'), async (c) => {
  const body = await parseBody(c, TokenDraft)
  if (!body.ok) return problemResponse(body.problem)
  const token = `tla_${toHex(crypto.getRandomValues(new Uint8Array(24)))}`
  const id = crypto.randomUUID()
  const row = { ...body.value, id, sha256: await sha256Hex(token), createdAt: Date.now() }
  await lists.storeToken(openDatabase(c.env.DB), row)
  return c.json({ id, ...body.value, token }, 201) // the only time it is shown
})

const environment = new Hono<AdminContext>()

/** A write finds out by itself, from the environment's object. */
environment.on('GET', '/*', requires('viewer'), async (c, next) => {
  const isKnown = (await newestRevision(openDatabase(c.env.DB), idOf(c))) !== undefined
  return isKnown
    ? next()
    : problemResponse({ code: 'NOT_FOUND', message: `there is no environment ${idOf(c)}` })
})

environment.get('/flags', async (c) =>
  c.json({ flags: await lists.listFlags(openDatabase(c.env.DB), idOf(c)) }),
)
environment.get('/flags/:key', async (c) => {
  const flag = await lists.readFlag(openDatabase(c.env.DB), idOf(c), c.req.param('key'))
  return flag
    ? c.json(flag)
    : problemResponse({ code: 'NOT_FOUND', message: `there is no flag ${c.req.param('key')}` })
})
environment.post('/flags', requires('editor'), (c) =>
  run(c, (body) => ({ kind: 'create-flag', flag: body }), 201),
)
environment.patch('/flags/:key', requires('editor'), (c) =>
  run(c, (body) => {
    const { version, ...changes } = asObject(body)
    return {
      kind: 'update-flag',
      key: c.req.param('key'),
      ...(version !== undefined && { version }),
      changes,
    }
  }),
)

for (const list of ['segments', 'goals', 'experiments', 'operations'] as const) {
  environment.get(`/${list}`, async (c) =>
    c.json({ [list]: await lists.listPlain(openDatabase(c.env.DB), list, idOf(c)) }),
  )
}
environment.post('/segments', requires('editor'), (c) =>
  run(c, (body) => ({ kind: 'create-segment', segment: body }), 201),
)
environment.post('/goals', requires('editor'), (c) =>
  run(c, (body) => ({ kind: 'create-goal', goal: body }), 201),
)
environment.post('/experiments', requires('editor'), (c) =>
  run(c, (body) => ({ kind: 'create-experiment', experiment: body }), 201),
)
environment.post('/experiments/:id/stop', requires('editor'), (c) =>
  run(c, () => ({ kind: 'stop-experiment', id: c.req.param('id') })),
)
environment.post('/operations', requires('editor'), (c) =>
  run(c, (body) => ({ kind: 'create-operation', operation: body }), 201),
)
environment.post('/operations/:id/apply', requires('editor'), (c) =>
  run(c, (facts) => ({ kind: 'apply-operation', id: c.req.param('id'), facts })),
)

environment.get('/experiments/:id/results', async (c) =>
  c.json({ results: await lists.listResults(openDatabase(c.env.DB), idOf(c), c.req.param('id'), pageMax) }),
)
environment.post('/experiments/:id/results', requires('editor'), async (c) => {
  const body = await parseBody(c, ExperimentResult)
  if (!body.ok) return problemResponse(body.problem)
  const database = openDatabase(c.env.DB)
  const id = c.req.param('id')
  if (!(await lists.hasExperiment(database, idOf(c), id))) {
    return problemResponse({ code: 'NOT_FOUND', message: `there is no experiment ${id}` })
  }
  await lists.storeResult(database, idOf(c), id, body.value)
  return c.json({ experimentId: id, goalKey: body.value.goalKey, computedAt: body.value.computedAt }, 201)
})

environment.get('/sdk-keys', async (c) =>
  c.json({ sdkKeys: await lists.listSdkKeys(openDatabase(c.env.DB), idOf(c)) }),
)
environment.post('/sdk-keys', requires('editor'), async (c) => {
  const body = await parseBody(c, SdkKeyDraft)
  if (!body.ok) return problemResponse(body.problem)
  const { role, name } = body.value
  const key = makeSdkKey(role, idOf(c), crypto.getRandomValues(new Uint8Array(sdkKeySecretBytes)))
  const id = crypto.randomUUID()
  const answered = await execute(c, {
    kind: 'create-sdk-key',
    key: { id, role, name, sha256: await sha256Hex(key) },
  })
  return answered.ok
    ? c.json({ id, role, name, key, revision: answered.revision }, 201)
    : problemResponse(answered.problem)
})

environment.get('/revisions', async (c) => {
  const before = Number(c.req.query('before') ?? Number.MAX_SAFE_INTEGER)
  const limit = Math.min(Number(c.req.query('limit') ?? 50), pageMax)
  if (!Number.isInteger(before) || !Number.isInteger(limit) || limit < 1) {
    return problemResponse({ code: 'INVALID', message: 'before and limit are whole numbers' })
  }
  return c.json({ revisions: await listRevisions(openDatabase(c.env.DB), idOf(c), before, limit) })
})

/** What SDKs that evaluate by themselves are not given, and why. */
environment.get('/portability', async (c) => {
  const stored = await loadEnvironment(openDatabase(c.env.DB), idOf(c))
  if (!stored) return problemResponse({ code: 'NOT_FOUND', message: `there is no environment ${idOf(c)}` })
  return c.json({ 'flagship-io': bucketingFile(snapshotOf(idOf(c), stored)).omitted })
})

api.route('/environments/:environment', environment)
api.notFound(() => problemResponse({ code: 'NOT_FOUND', message: 'there is no such route' }))
api.onError((error) => {
  logError('control', error)
  return problemResponse({ code: 'UNAVAILABLE', message: 'something unexpected went wrong, try again' })
})

const idOf = (c: C) => c.req.param('environment') ?? ''

const objectOf = (c: C, id: string) => c.env.ENVIRONMENT.get(c.env.ENVIRONMENT.idFromName(id))

async function parseBody<T>(c: C, schema: z.ZodType<T>): Promise<Result<T>> {
  const json = await readJson(c.req.raw, bodyBytesMax)
  return json.ok ? parseWith(schema, json.value) : json
}

/** A write: body to command, command to the environment's object, its answer to HTTP. */
async function run(c: C, toCommand: (body: unknown) => unknown, status: 200 | 201 = 200): Promise<Response> {
  const json = c.req.raw.body ? await readJson(c.req.raw, bodyBytesMax) : ok(undefined)
  if (!json.ok) return problemResponse(json.problem)
  const command = parseWith(Command, toCommand(json.value))
  return command.ok ? answer(await execute(c, command.value), status) : problemResponse(command.problem)
}

async function execute(c: C, command: Command): Promise<CommandAnswer> {
  const comment = (c.req.header('x-comment') ?? '').slice(0, commentLengthMax)
  return objectOf(c, idOf(c)).execute({ environmentId: idOf(c), command, actor: c.var.actor, comment })
}

function answer(answered: CommandAnswer, status: 200 | 201): Response {
  if (!answered.ok) return problemResponse(answered.problem)
  const { revision, changed, published, entity } = answered
  return Response.json({ revision, changed, published, entity: JSON.parse(entity) }, { status })
}

const asObject = (body: unknown): Record<string, unknown> =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : { '': body }
