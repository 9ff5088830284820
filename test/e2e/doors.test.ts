// The doors of every protocol and of the admin API, in workerd: base URLs as people type them, through the
// published OpenFeature providers too, and bodies that are compressed.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature as Server } from '@openfeature/server-sdk'
import { type Provider, OpenFeature as Web } from '@openfeature/web-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { createTestEnvironment, pause, type TestEnvironment, useStack } from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'

const stack = useStack()
const prefix = '/team/flags'
let environment: TestEnvironment
beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'doors')
  await createFlags(environment)
  await call(environment, 'PATCH', '/environments/doors/settings', { pathPrefix: prefix })
  await pause(1_300)
})
afterAll(() => Promise.all([Server.close(), Web.close()]))

interface Door {
  readonly path: string
  readonly method?: string
  readonly headers: () => Record<string, string>
  readonly body?: object
  readonly answers: unknown
}
const context = { targetingKey: 'user-1' }
const bearer = () => ({ authorization: `Bearer ${environment.clientKey}` })
const key = () => ({ authorization: environment.clientKey })
const serverKey = () => ({ authorization: environment.serverKey })
const xApiKey = () => ({ 'x-api-key': environment.clientKey })
const token = () => ({ authorization: `Bearer ${environment.token}` })

/** One route or more of each protocol, as its SDKs append it to a base URL. */
const sdkDoors: Record<string, Door> = {
  'one flag, by OFREP': {
    path: '/ofrep/v1/evaluate/flags/title',
    headers: bearer,
    body: { context },
    answers: { value: 'apple' },
  },
  'all flags, by OFREP': {
    path: '/ofrep/v1/evaluate/flags',
    headers: bearer,
    body: { context },
    answers: { flags: expect.arrayContaining([expect.objectContaining({ key: 'title' })]) },
  },
  'an event, by OFREP': {
    path: '/ofrep/v1/track',
    headers: bearer,
    body: { context, events: [{ kind: 'goal', name: 'bought' }] },
    answers: { accepted: 1 },
  },
  'evaluations, by Bucketeer': {
    path: '/get_evaluations',
    headers: key,
    body: { user: { id: 'user-1' }, tag: 'web' },
    answers: { state: 'FULL' },
  },
  'definitions, by Bucketeer': {
    path: '/get_feature_flags',
    headers: serverKey,
    body: { tag: 'web', featureFlagsId: '', requestedAt: 0, sourceId: 6, sdkVersion: '0.4.6' },
    answers: { forceUpdate: true },
  },
  'campaigns, by AB Tasty': {
    path: '/v2/doors/campaigns',
    headers: xApiKey,
    body: { visitor_id: 'user-1', context: {}, trigger_hit: false },
    answers: { visitorId: 'user-1' },
  },
}
const adminDoors: Record<string, Door> = {
  'a flag, by the admin API': {
    path: '/api/v1/environments/doors/flags/title',
    method: 'PATCH',
    headers: token,
    body: { description: 'seen' },
    answers: { entity: expect.objectContaining({ key: 'title' }) },
  },
}

async function open(door: Door, path = door.path, body?: Uint8Array, more: Record<string, string> = {}) {
  const response = await fetch(environment.url + path, {
    method: door.method ?? 'POST',
    headers: { 'content-type': 'application/json', ...door.headers(), ...more },
    body: body ?? JSON.stringify(door.body),
  })
  const text = await response.text()
  const json = text === '' ? undefined : (JSON.parse(text) as unknown)
  return { status: response.status, body: json, headers: response.headers }
}

describe.each(Object.entries(sdkDoors))('%s', (_, door) => {
  it.each([
    ['the base URL', door.path],
    ['a slash at the end of the base URL', `/${door.path}`],
    ['two slashes at the end', `//${door.path}`],
    ['a path prefix', prefix + door.path],
    ['a path prefix with a slash at its end', `${prefix}/${door.path}`],
    ['a path prefix with slashes everywhere', `//team//flags//${door.path}`],
    ['a slash at the end of the route', `${door.path}${door.path.endsWith('title') ? '' : '/'}`],
    ['doubled slashes within the route', door.path.replace('v1/', 'v1//').replace('v2/', 'v2//')],
  ])('is served under %s', async (_name, path) => {
    expect(await open(door, path)).toMatchObject({ status: 200, body: door.answers })
  })

  it('is not served under the prefix of somebody else', async () => {
    expect([403, 404]).toContain((await open(door, `/other/${door.path}`)).status)
  })
})

it.each([
  ['//api/v1/environments/doors', 200],
  ['/api//v1///environments/doors', 200],
  ['/api/v1/environments/doors//openfeature/v0/manifest', 200],
  ['//api/v1/nothing', 404],
])('serves the admin API under %s: %i', async (path, status) => {
  expect((await fetch(environment.url + path, { headers: token() })).status).toBe(status)
})

it('keeps the slashes of a flag key, plain or encoded', async () => {
  const door = sdkDoors['one flag, by OFREP']!
  const plain = await open(door, '//ofrep/v1/evaluate/flags/a//b')
  expect(plain).toMatchObject({ status: 404, body: { key: 'a//b', errorCode: 'FLAG_NOT_FOUND' } })
  const encoded = await open(door, '//ofrep/v1/evaluate/flags/a%2F%2Fb')
  expect(encoded).toMatchObject({ status: 404, body: { key: 'a//b', errorCode: 'FLAG_NOT_FOUND' } })
})

describe('the published OpenFeature providers', () => {
  const bases = ['', '/', '//', prefix, `${prefix}/`, `${prefix}//`, '/team//flags/']

  it.each(bases)('of the server read a flag from HOST:PORT%s', async (path) => {
    const headers: [string, string][] = [['Authorization', `Bearer ${environment.clientKey}`]]
    const provider = new OFREPProvider({ baseUrl: environment.url + path, headers })
    await Server.setProviderAndWait(`server${path}`, provider)
    const client = Server.getClient(`server${path}`)
    expect(await client.getStringDetails('title', 'none', context)).toMatchObject({
      value: 'apple',
      reason: 'STATIC',
    })
  })

  it.each(bases)('of the web read all flags from HOST:PORT%s', async (path) => {
    const headers: [string, string][] = [['Authorization', `Bearer ${environment.clientKey}`]]
    const provider = new OFREPWebProvider({
      baseUrl: environment.url + path,
      headers,
      pollInterval: 0,
    })
    await Web.setProviderAndWait(`web${path}`, provider as Provider, context)
    const client = Web.getClient(`web${path}`)
    expect(client.getStringDetails('title', 'none')).toMatchObject({ value: 'apple', reason: 'STATIC' })
  })
})

const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }

describe.each(Object.entries({ ...sdkDoors, ...adminDoors }))('%s, compressed', (_, door) => {
  const text = JSON.stringify(door.body)

  it.each(Object.entries(compress))('is read: %s', async (encoding, compressed) => {
    const answer = await open(door, door.path, compressed(text), { 'content-encoding': encoding })
    expect(answer).toMatchObject({ status: 200, body: door.answers })
  })

  it.each<[string, Uint8Array, string, number]>([
    ['a bomb', gzipSync(Buffer.alloc(40_000_000, ' ')), 'gzip', 413],
    ['a bomb of brotli', brotliCompressSync(Buffer.alloc(40_000_000, ' ')), 'br', 413],
    ['a stream that breaks off', gzipSync(text).subarray(0, -9), 'gzip', 400],
    ['a wrong checksum', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)]), 'gzip', 400],
    ['plain JSON that says it is compressed', Buffer.from(text), 'gzip', 400],
    ['one encoding in another', gzipSync(gzipSync(text)), 'gzip, gzip', 415],
    ['an unknown encoding', Buffer.from(text), 'zstd', 415],
  ])('is refused if it is %s', async (_name, bytes, encoding, status) => {
    const answer = await open(door, door.path, bytes, { 'content-encoding': encoding })
    expect(answer.status).toBe(status)
    expect(answer.body).toBeDefined()
    if (status === 415) expect(answer.headers.get('accept-encoding')).toBe('gzip, deflate, br')
  })
})

it('lets a page of another origin say that its body is compressed', async () => {
  for (const { path } of Object.values(sdkDoors)) {
    const preflight = await fetch(environment.url + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-encoding,content-type',
      },
    })
    expect(preflight.headers.get('access-control-allow-headers')).toContain('content-encoding')
  }
})
