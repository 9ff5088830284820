// Base URLs with slashes and path prefixes, and compressed request bodies, for every protocol and the admin
// API in workerd. The published OpenFeature providers use the same base URLs.
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
  environment = await createTestEnvironment(stack(), 'base-urls')
  await createFlags(environment)
  await call(environment, 'PATCH', '/environments/base-urls/settings', { pathPrefix: prefix })
  await pause(1_300)
})
afterAll(() => Promise.all([Server.close(), Web.close()]))

interface SampleRequest {
  readonly path: string
  readonly method?: string
  readonly headers: () => Record<string, string>
  readonly body?: object
  readonly expected: unknown
}
const context = { targetingKey: 'user-1' }
const bearer = () => ({ authorization: `Bearer ${environment.clientKey}` })
const key = () => ({ authorization: environment.clientKey })
const serverKey = () => ({ authorization: environment.serverKey })
const xApiKey = () => ({ 'x-api-key': environment.clientKey })
const token = () => ({ authorization: `Bearer ${environment.token}` })

/** At least one route of each protocol, with the path that its SDKs append to a base URL. */
const sdkRequests: Record<string, SampleRequest> = {
  'one flag, by OFREP': {
    path: '/ofrep/v1/evaluate/flags/title',
    headers: bearer,
    body: { context },
    expected: { value: 'apple' },
  },
  'all flags, by OFREP': {
    path: '/ofrep/v1/evaluate/flags',
    headers: bearer,
    body: { context },
    expected: { flags: expect.arrayContaining([expect.objectContaining({ key: 'title' })]) },
  },
  'an event, by OFREP': {
    path: '/ofrep/v1/track',
    headers: bearer,
    body: { context, events: [{ kind: 'goal', name: 'bought' }] },
    expected: { accepted: 1 },
  },
  'evaluations, by Bucketeer': {
    path: '/get_evaluations',
    headers: key,
    body: { user: { id: 'user-1' }, tag: 'web' },
    expected: { state: 'FULL' },
  },
  'definitions, by Bucketeer': {
    path: '/get_feature_flags',
    headers: serverKey,
    body: { tag: 'web', featureFlagsId: '', requestedAt: 0, sourceId: 6, sdkVersion: '0.4.6' },
    expected: { forceUpdate: true },
  },
  'campaigns, by AB Tasty': {
    path: '/v2/base-urls/campaigns',
    headers: xApiKey,
    body: { visitor_id: 'user-1', context: {}, trigger_hit: false },
    expected: { visitorId: 'user-1' },
  },
}
const adminRequests: Record<string, SampleRequest> = {
  'a flag, by the admin API': {
    path: '/api/v1/environments/base-urls/flags/title',
    method: 'PATCH',
    headers: token,
    body: { description: 'seen' },
    expected: { entity: expect.objectContaining({ key: 'title' }) },
  },
}

async function send(
  sample: SampleRequest,
  path = sample.path,
  body?: Uint8Array,
  more: Record<string, string> = {},
) {
  const response = await fetch(environment.url + path, {
    method: sample.method ?? 'POST',
    headers: { 'content-type': 'application/json', ...sample.headers(), ...more },
    body: body ?? JSON.stringify(sample.body),
  })
  const text = await response.text()
  const json = text === '' ? undefined : (JSON.parse(text) as unknown)
  return { status: response.status, body: json, headers: response.headers }
}

describe.each(Object.entries(sdkRequests))('%s', (_, sample) => {
  it.each([
    ['the base URL', sample.path],
    ['a slash at the end of the base URL', `/${sample.path}`],
    ['two slashes at the end', `//${sample.path}`],
    ['a path prefix', prefix + sample.path],
    ['a path prefix with a slash at its end', `${prefix}/${sample.path}`],
    ['a path prefix with slashes everywhere', `//team//flags//${sample.path}`],
    ['a slash at the end of the route', `${sample.path}${sample.path.endsWith('title') ? '' : '/'}`],
    ['doubled slashes within the route', sample.path.replace('v1/', 'v1//').replace('v2/', 'v2//')],
  ])('is served under %s', async (_name, path) => {
    expect(await send(sample, path)).toMatchObject({ status: 200, body: sample.expected })
  })

  it('is not served under another prefix', async () => {
    expect([403, 404]).toContain((await send(sample, `/other/${sample.path}`)).status)
  })
})

it.each<[method: string, path: string, status: number]>([
  ['GET', '//api/v1/environments/base-urls', 200],
  ['GET', '/api//v1///environments/base-urls', 200],
  ['GET', '/api/v1/environments/base-urls//openfeature/v0/manifest', 200],
  ['GET', '//api/v1/nothing', 404],
  ['PATCH', '//api/v1/environments/base-urls/flags/title', 200],
  ['POST', '///api/v1/triggers', 404],
  ['POST', '//openfeature/v0/manifest/flags', 400],
])('answers the admin API under %s %s itself: %i', async (method, path, status) => {
  const response = await fetch(environment.url + path, {
    method,
    headers: { ...token(), 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: JSON.stringify({ description: 'seen' }) }),
    redirect: 'manual', // where assets are served, `//` is sent on to `/`, and a POST refused
  })
  expect(response.status).toBe(status)
})

it('keeps the slashes of a flag key, plain or encoded', async () => {
  const sample = sdkRequests['one flag, by OFREP']!
  const plain = await send(sample, '//ofrep/v1/evaluate/flags/a//b')
  expect(plain).toMatchObject({ status: 404, body: { key: 'a//b', errorCode: 'FLAG_NOT_FOUND' } })
  const encoded = await send(sample, '//ofrep/v1/evaluate/flags/a%2F%2Fb')
  expect(encoded).toMatchObject({ status: 404, body: { key: 'a//b', errorCode: 'FLAG_NOT_FOUND' } })
})

describe('the published OpenFeature provider', () => {
  const bases = ['', '/', '//', prefix, `${prefix}/`, `${prefix}//`, '/team//flags/']

  it.each(bases)('for servers reads a flag from HOST:PORT%s', async (path) => {
    const headers: [string, string][] = [['Authorization', `Bearer ${environment.clientKey}`]]
    const provider = new OFREPProvider({ baseUrl: environment.url + path, headers })
    await Server.setProviderAndWait(`server${path}`, provider)
    const client = Server.getClient(`server${path}`)
    expect(await client.getStringDetails('title', 'none', context)).toMatchObject({
      value: 'apple',
      reason: 'STATIC',
    })
  })

  it.each(bases)('for the web reads all flags from HOST:PORT%s', async (path) => {
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

describe.each(Object.entries({ ...sdkRequests, ...adminRequests }))('%s, compressed', (_, sample) => {
  const text = JSON.stringify(sample.body)

  it.each(Object.entries(compress))('with %s is accepted', async (encoding, compressed) => {
    const answer = await send(sample, sample.path, compressed(text), { 'content-encoding': encoding })
    expect(answer).toMatchObject({ status: 200, body: sample.expected })
  })

  it.each<[string, Uint8Array, string, number]>([
    ['a gzip bomb', gzipSync(Buffer.alloc(40_000_000, ' ')), 'gzip', 413],
    ['a brotli bomb', brotliCompressSync(Buffer.alloc(40_000_000, ' ')), 'br', 413],
    ['a truncated stream', gzipSync(text).subarray(0, -9), 'gzip', 400],
    ['a wrong checksum', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)]), 'gzip', 400],
    ['plain JSON declared as compressed', Buffer.from(text), 'gzip', 400],
    ['encoded twice', gzipSync(gzipSync(text)), 'gzip, gzip', 415],
    ['an unknown encoding', Buffer.from(text), 'zstd', 415],
  ])('is refused if it is %s', async (_name, bytes, encoding, status) => {
    const answer = await send(sample, sample.path, bytes, { 'content-encoding': encoding })
    expect(answer.status).toBe(status)
    expect(answer.body).toBeDefined()
    if (status === 415) expect(answer.headers.get('accept-encoding')).toBe('gzip, deflate, br')
  })
})

it('allows content-encoding in a CORS preflight', async () => {
  for (const { path } of Object.values(sdkRequests)) {
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
