// Edge's HTTP behaviour in workerd: encodings, caching and access of the bucketing file, path prefixes,
// attributes that clients cannot forge, and readiness.
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import {
  createFlag,
  createTestEnvironment,
  pause,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'

const stack = useStack()
let environment: TestEnvironment
const url = (path: string) => stack().url + path

async function changeSettings(settings: object): Promise<void> {
  await call(environment, 'PATCH', `/environments/${environment.environmentId}/settings`, settings)
  await pause(1_300)
}

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'rails')
  await createFlag(environment, {
    key: 'lights',
    type: 'string',
    enabled: true,
    variations: ['on', 'off', 'forged'].map((id) => ({ id, value: `${id}${'.'.repeat(600)}` })),
    rules: [
      {
        name: 'forged',
        anyOf: [[{ attribute: 'cf.country', operator: 'equals', values: ['XX'] }]],
        strategy: { kind: 'fixed', variationId: 'forged' },
      },
      {
        name: 'known',
        anyOf: [[{ attribute: 'cf.device', operator: 'equals', values: ['mobile'] }]],
        strategy: { kind: 'fixed', variationId: 'on' },
      },
    ],
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'off' } },
  })
  await createFlag(environment, {
    key: 'title',
    type: 'string',
    enabled: true,
    variations: [{ id: 'it', value: 'a title '.repeat(400) }],
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'it' } },
  })
  await pause(1_300)
})

describe('the bucketing file', () => {
  const file = (init: RequestInit = {}) => fetch(url('/rails/bucketing.json'), init)

  it.each(['br', 'gzip', 'identity'])('has the same content as %s', async (encoding) => {
    const answer = await file({ headers: { 'accept-encoding': encoding } })
    const plain = await file({ headers: { 'accept-encoding': 'identity' } })
    expect(await answer.json()).toEqual(await plain.json())
    expect(answer.headers.get('etag')).toMatch(encoding === 'identity' ? /^"\w+"$/ : `-${encoding}"`)
  })

  it('answers HEAD without a body, and 304 to each of its entity tags', async () => {
    const answer = await file({ headers: { 'accept-encoding': 'gzip' } })
    const etag = answer.headers.get('etag')!
    const head = await file({ method: 'HEAD', headers: { 'accept-encoding': 'gzip' } })
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([200, etag, ''])
    expect(answer.headers.get('cache-control')).toContain('stale-if-error')
    for (const tag of [etag, `W/${etag}`, '*'])
      expect((await file({ headers: { 'if-none-match': tag } })).status).toBe(304)
    expect((await file({ headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  it('contains no flag that only edge can evaluate', async () => {
    const { campaigns } = (await (await file()).json()) as { campaigns: { id: string }[] }
    expect(campaigns.map(({ id }) => id)).toEqual(['title'])
  })
})

describe('attributes from Cloudflare', () => {
  const decide = async (context: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(url('/ofrep/v1/evaluate/flags/lights'), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${environment.clientKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify({ context }),
    })
    return ((await answer.json()) as { variant: string }).variant
  }

  it('cannot be forged, and match only if the environment enables them', async () => {
    expect(await decide({ 'cf.country': 'XX' })).toBe('off')
    expect(await decide({}, { 'sec-ch-ua-mobile': '?1' })).toBe('off')
    await changeSettings({ enrichContext: true })
    expect(await decide({ 'cf.country': 'XX' })).toBe('off')
    expect(await decide({}, { 'sec-ch-ua-mobile': '?1' })).toBe('on')
  })
})

describe('an environment', () => {
  it('is served under its own path prefix and no other', async () => {
    await changeSettings({ pathPrefix: '/assets/v3' })
    const statusOf = async (path: string) => (await fetch(url(path))).status
    expect(await statusOf('/assets/v3/rails/bucketing.json')).toBe(200)
    expect(await statusOf('/assets/v4/rails/bucketing.json')).toBe(404)
    expect(await statusOf('/rails/bucketing.json')).toBe(200)
  })

  it('can require a key for its bucketing file, or serve none', async () => {
    const statusOf = async (key: string) =>
      (await fetch(url('/rails/bucketing.json'), { headers: { 'x-api-key': key } })).status
    await changeSettings({ bucketingFile: 'by-key' })
    expect([await statusOf(''), await statusOf(environment.serverKey)]).toEqual([401, 200])
    await changeSettings({ bucketingFile: 'off' })
    expect(await statusOf(environment.serverKey)).toBe(404)
  })
})

it('reports readiness', async () => {
  expect(await (await fetch(url('/readyz'))).json()).toEqual({
    status: 'ready',
    kv: 'ok',
    environment: 'ok',
    unpublished: 0,
  })
  expect((await fetch(url('/healthz'))).status).toBe(200)
})
