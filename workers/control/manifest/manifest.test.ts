// The manifest API: shapes, conflicts, capabilities, refusals, and the flags that result.
import { beforeAll, expect, it } from 'vitest'
import * as z from 'zod'
import { addToken, call as admin, host, newEnvironment, worker } from '../../../test/support/control-plane.ts'

let environment: string
beforeAll(async () => {
  await addToken({ id: 'owner', role: 'owner' })
  environment = await newEnvironment()
  await addToken({ id: 'viewer', role: 'viewer', environments: [environment] })
  await addToken({ id: 'editor', role: 'editor', environments: [environment] })
})

const Value = z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.unknown())])
const Flag = z.strictObject({
  key: z.string(),
  name: z.string(),
  type: z.enum(['boolean', 'string', 'integer', 'float', 'object']),
  description: z.string().nullable(),
  defaultValue: Value,
})
/** The document's schemas, by method, and `float`, which its command line has. */
const answers = {
  GET: z.strictObject({ flags: z.array(Flag) }),
  POST: z.strictObject({ flag: Flag, updatedAt: z.iso.datetime() }),
  PUT: z.strictObject({ flag: Flag, updatedAt: z.iso.datetime() }),
  DELETE: z.strictObject({ message: z.string(), archivedAt: z.iso.datetime() }),
} as const
const Refusal = z.strictObject({
  error: z.strictObject({
    message: z.string().min(5),
    status: z.int(),
    details: z.array(z.strictObject({ field: z.string(), code: z.string().optional(), message: z.string() })),
  }),
})

async function call(
  method: keyof typeof answers,
  path = '',
  body?: object,
  { token = 'owner', base = `/api/v1/environments/${environment}` } = {},
) {
  const response = await worker.fetch(`${host}${base}/openfeature/v0/manifest${path}`, {
    method,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}-token` }),
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answered: any = await response.json()
  const schema = response.ok ? answers[method] : Refusal
  expect(
    schema.safeParse(answered).error?.issues,
    `${method} ${path} ${JSON.stringify(answered)}`,
  ).toBeUndefined()
  if (!response.ok) expect(answered.error.status).toBe(response.status)
  return { status: response.status, body: answered, may: response.headers.get('x-manifest-capabilities') }
}

const banner = { key: 'banner', type: 'string', defaultValue: 'none' }

it('creates, lists, changes and archives flags of every type', async () => {
  for (const [type, defaultValue, other] of [
    ['boolean', false, true],
    ['string', 'a', 'b'],
    ['integer', 3, 4],
    ['float', 0.15, 2],
    ['object', { a: 1 }, { b: [true] }],
  ] as const) {
    const key = `every-${type}`
    const made = await call('POST', '/flags', { key, type, defaultValue, description: 'd' })
    expect(made).toMatchObject({
      status: 201,
      body: { flag: { key, name: key, type, description: 'd', defaultValue } },
      may: 'read,write,delete',
    })
    const changed = await call('PUT', `/flags/${key}`, {
      key,
      type,
      defaultValue: other,
      name: 'N',
      description: null,
    })
    expect(changed).toMatchObject({
      status: 200,
      body: { flag: { name: 'N', description: null, defaultValue: other } },
    })
    const { body } = await call('GET')
    expect(body.flags.find((flag: any) => flag.key === key)).toEqual(changed.body.flag)
    expect((await call('DELETE', `/flags/${key}`)).status).toBe(200)
    expect(JSON.stringify((await call('GET')).body)).not.toContain(key)
    const { body: kept } = await admin('GET', `/environments/${environment}/flags/${key}`)
    expect(kept['archived']).toBe(true)
  }
})

it('refuses a key of a live or archived flag, and a change of type', async () => {
  expect((await call('POST', '/flags', banner)).status).toBe(201)
  expect((await call('POST', '/flags', banner)).status).toBe(409)
  const retyped = await call('PUT', '/flags/banner', { ...banner, type: 'boolean', defaultValue: true })
  expect([retyped.status, retyped.body.error.message]).toEqual([
    409,
    'Flag type cannot be changed from string to boolean.',
  ])
  await call('DELETE', '/flags/banner')
  expect((await call('POST', '/flags', banner)).status).toBe(409)
  expect((await call('PUT', '/flags/banner', banner)).status).toBe(409)
  expect((await call('DELETE', '/flags/banner')).status).toBe(409)
})

it('takes keys with slashes and colons, which are encoded in the path', async () => {
  const named = { ...banner, key: 'apps/web:banner' }
  expect((await call('POST', '/flags', named)).status).toBe(201)
  const path = `/flags/${encodeURIComponent(named.key)}`
  const changed = await call('PUT', path, { ...named, defaultValue: 'some' })
  expect(changed).toMatchObject({ status: 200, body: { flag: { key: named.key, defaultValue: 'some' } } })
  expect((await call('DELETE', path)).status).toBe(200)
})

it('lists the invalid fields of a request', async () => {
  const fieldsOf = async (body: object, method: 'POST' | 'PUT' = 'POST', path = '/flags') => {
    const { status, body: answered } = await call(method, path, body)
    return [status, ...answered.error.details.map(({ field }: any) => field)]
  }
  expect(await fieldsOf({ key: '', type: 'number', more: 1 })).toEqual([
    400,
    'key',
    'type',
    'defaultValue',
    'more',
  ])
  expect(await fieldsOf({ key: 'a', type: 'integer', defaultValue: 1.5 })).toEqual([400, 'defaultValue'])
  expect(await fieldsOf({ key: 'a', type: 'integer', defaultValue: 'x' })).toEqual([400, 'defaultValue'])
  expect(await fieldsOf({ key: 'a', type: 'object', defaultValue: [1] })).toEqual([400, 'defaultValue'])
  expect(await fieldsOf({ ...banner, key: 'other' }, 'PUT', '/flags/nowhere')).toEqual([400, 'key'])
  expect((await call('PUT', '/flags/nowhere', { ...banner, key: 'nowhere' })).status).toBe(404)
  expect((await call('DELETE', '/flags/nowhere')).status).toBe(404)
})

it('authorises by role, and returns the capabilities of the caller in every response', async () => {
  expect(await call('GET', '', undefined, { token: 'viewer' })).toMatchObject({ status: 200, may: 'read' })
  expect((await call('POST', '/flags', banner, { token: 'viewer' })).status).toBe(403)
  expect((await call('GET', '', undefined, { token: 'nobody' })).status).toBe(401)
  expect((await call('GET', '', undefined, { token: '' })).status).toBe(401)
})

it('takes the environment from a token that is limited to one', async () => {
  const atRoot = (method: 'GET' | 'POST', token: string, path?: string, body?: object) =>
    call(method, path, body, { token, base: '' })
  expect((await atRoot('POST', 'editor', '/flags', { ...banner, key: 'rooted' })).status).toBe(201)
  expect((await atRoot('GET', 'viewer')).body).toEqual((await call('GET')).body)
  expect((await atRoot('GET', 'owner')).status).toBe(400)
  expect((await atRoot('GET', '')).status).toBe(401)
})

it('adds a variation for a new default, so that no user gets another value', async () => {
  await call('POST', '/flags', { key: 'kept', type: 'string', defaultValue: 'old' })
  const path = `/environments/${environment}/flags/kept`
  await admin('PATCH', path, { enabled: true })
  await call('PUT', '/flags/kept', { key: 'kept', type: 'string', defaultValue: 'new' })
  const { body } = await admin('GET', path)
  const valueOf = (id: unknown) =>
    (body['variations'] as any[]).find((variation) => variation.id === id).value
  expect(valueOf((body['defaultStrategy'] as any).strategy.variationId)).toBe('old')
  expect(valueOf(body['offVariationId'])).toBe('new')
})

/** The sample of the command line, which pushes flags in the order of their keys. */
const sample = [
  ['discountPercentage', 'float', 0.15, 'Discount percentage applied to purchases.'],
  ['enableFeatureA', 'boolean', false, 'Controls whether Feature A is enabled.'],
  ['greetingMessage', 'string', 'Hello there!', 'The message to use for greeting users.'],
  ['themeCustomization', 'object', { primaryColor: '#007bff', secondaryColor: '#6c757d' }, ''],
  ['usernameMaxLength', 'integer', 50, 'Maximum allowed length for usernames.'],
] as const

it("pushes and pulls the command line's own sample without loss", async () => {
  const base = `/api/v1/environments/${await newEnvironment()}`
  const pull = async () => (await call('GET', '', undefined, { base })).body.flags as any[]
  const local = sample.map(([key, type, defaultValue, description]) => ({
    key,
    type,
    defaultValue,
    ...(description && { description }),
  }))
  // As open-feature/cli, internal/api/sync/client.go: what is not there is posted, what differs is put.
  const push = async () => {
    const remote = new Map((await pull()).map((flag) => [flag.key, flag]))
    const isSame = (flag: any) => {
      const there = remote.get(flag.key)
      const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
      return (
        there.type === flag.type &&
        same(there.defaultValue, flag.defaultValue) &&
        (there.description ?? '') === (flag.description ?? '')
      )
    }
    const created = local.filter(({ key }) => !remote.has(key))
    const updated = local.filter((flag) => remote.has(flag.key) && !isSame(flag))
    for (const flag of created) expect((await call('POST', '/flags', flag, { base })).status).toBe(201)
    for (const flag of updated)
      expect((await call('PUT', `/flags/${flag.key}`, flag, { base })).status).toBe(200)
    return [created.length, updated.length]
  }
  expect(await push()).toEqual([5, 0])
  expect((await pull()).map(({ name: _, ...flag }) => flag)).toEqual(
    local.map((flag) => ({ ...flag, description: flag.description ?? null })),
  )
  expect(await push()).toEqual([0, 0])
  local[0]!.defaultValue = 1 as never
  expect(await push()).toEqual([0, 1])
  expect(await push()).toEqual([0, 0])
  expect((await pull())[0]).toMatchObject({ type: 'float', defaultValue: 1 })
})

it.each([1, -0, 0.5, 1e21, 1e-7, -3, 1.5e300])('remembers that %d is a float', async (number) => {
  const key = `float-${String(number).replaceAll(/[^\w.-]/g, '')}`
  await call('POST', '/flags', { key, type: 'float', defaultValue: number })
  const { body } = await call('GET')
  const flag = body.flags.find((each: any) => each.key === key)
  expect(flag).toMatchObject({ type: 'float', defaultValue: number === 0 ? 0 : number })
  const again = await call('PUT', `/flags/${key}`, { key, type: 'float', defaultValue: 7 })
  expect(again.body.flag).toMatchObject({ type: 'float', defaultValue: 7 })
})

it.each(['float', 'integer'])(
  'refuses an integer beyond 2^53 as %s, which would lose digits',
  async (type) => {
    const sent = await call('POST', '/flags', { key: `large-${type}`, type, defaultValue: 2 ** 53 })
    expect(sent.status).toBe(400)
  },
)

it('omits flags that the manifest has no type for', async () => {
  const make = (key: string, type: string, value: string) =>
    admin('POST', `/environments/${environment}/flags`, {
      key,
      type,
      variations: [{ id: 'a', value }],
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'a' } },
    })
  await make('ratio', 'number', '1.5')
  expect((await make('huge', 'number', '90071992547409930')).status).toBe(400)
  await make('list', 'json', '[1]')
  const { flags } = (await call('GET')).body
  const typeOf = (key: string) => flags.find((flag: any) => flag.key === key)?.type
  expect(['ratio', 'huge', 'list'].map(typeOf)).toEqual(['float', undefined, undefined])
  expect((await call('PUT', '/flags/ratio', { key: 'ratio', type: 'integer', defaultValue: 1 })).status).toBe(
    409,
  )
})
