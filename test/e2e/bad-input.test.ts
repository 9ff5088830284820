// Bad input to every route. The response is a refusal in the protocol's own form with a code and a sentence,
// or the documented 2xx that drops the item. Never a 5xx, a hang or a stack trace, and nothing is stored.
import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { flags } from '../support/sdk/flags.ts'
import {
  createFlag,
  createTestEnvironment,
  lakeHolding,
  pause,
  type TestEnvironment,
  readLake,
  useStack,
} from '../support/stack-fixture.ts'
import { seed } from '../support/build/seed.ts'
import { send, statusesOf } from '../support/bad-input/answer.ts'
import { mutation, randomFrom } from '../support/bad-input/mutations.ts'
import { adminRoutes, dataRoutes, goalEvent, type Route } from '../support/bad-input/routes.ts'

/** In addition to the runs in memory, in the `routes.test.ts` of each protocol. */
const mutationsPerDataRoute = 40
const mutationsPerAdminRoute = 100
const lanes = 8

const stack = useStack()
/** Nothing may be stored in this environment. */
let environment: TestEnvironment
/** Accepted items are stored in this one. */
let other: TestEnvironment
let revisionBefore: number
let environmentsBefore: number

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'bad')
  other = await createTestEnvironment(stack(), 'other')
  for (const each of [environment, other]) {
    for (const flag of flags) await createFlag(each, flag)
    await call(each, 'POST', `/environments/${each.environmentId}/goals`, { key: 'purchase' })
  }
  const ofOther = '/environments/other'
  await call(other, 'POST', `${ofOther}/experiments`, {
    id: 'one',
    flagKey: 'split',
    goalKeys: ['purchase'],
    baselineVariationId: 'word-a',
  })
  await call(other, 'POST', `${ofOther}/operations`, {
    id: 'one',
    kind: 'event-rate',
    flagKey: 'title',
    variationId: 'word-a',
    goalKey: 'purchase',
    comparison: 'at-least',
    threshold: 1,
    minimumUsers: 1_000,
  })
  revisionBefore = await revision('bad')
  environmentsBefore = await countEnvironments()
})

async function countEnvironments(): Promise<number> {
  const { environments } = await call<{ environments: object[] }>(stack(), 'GET', '/environments')
  return environments.length
}

async function revision(environmentId: string): Promise<number> {
  const { environments } = await call<{ environments: { id: string; revision: number }[] }>(
    stack(),
    'GET',
    '/environments',
  )
  return environments.find(({ id }) => id === environmentId)!.revision
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const titled = (routes: readonly Route[]) =>
  routes.map((route) => [`${route.method} ${route.path}`, route] as const)

describe.each(titled([...dataRoutes('bad', Date.now()), ...adminRoutes('bad')]))('%s', (title, route) => {
  const statuses = (...bodies: (string | Uint8Array<ArrayBuffer> | ReadableStream)[]) =>
    statusesOf(
      environment,
      route,
      bodies.map((body) => ({ body })),
    )
  const isStop = /\/(stop|freeze)$/.test(title) // reads no body beyond that it is JSON

  it('refuses bodies that are not JSON or not UTF-8', async () => {
    const notUtf8 = new Uint8Array([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d])
    expect(
      await statuses(
        '{',
        '{"a":}',
        '{"a":1}}',
        "{'a':1}",
        'undefined',
        'NaN',
        '\u0000',
        '{"a":"\n"}',
        notUtf8,
      ),
    ).toEqual([400])
  })

  it('refuses JSON of the wrong type', async () => {
    expect(await statuses('null', '5', 'true', '"text"', '[]', '[{}]')).toEqual([isStop ? 404 : 400])
  })

  it('refuses JSON that is nested without end', async () => {
    const deepObject = `[${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}]`
    expect(await statuses(nested(50_000), deepObject)).toEqual([400])
  })

  it('refuses a body over the limit, with and without content-length', async () => {
    const large = `{"a":"${'x'.repeat(route.bodyBytesMax ?? 4_200_000)}"}`
    expect(await statuses(large, new Blob([large]).stream())).toEqual([413])
  })

  it('refuses other methods', async () => {
    if (route.path === '/') return // the console's, for every method but POST
    const methods = route.dialect === 'admin' ? ['PUT'] : ['GET', 'PUT', 'PATCH', 'DELETE']
    const answers = await statusesOf(
      environment,
      route,
      methods.map((method) => ({ method })),
    )
    expect([[400], [404], [405]]).toContainEqual(answers)
  })

  it('refuses a missing and an unknown key', async () => {
    if (route.path === '/') return // hits carry none
    const wrong = `${environment.clientKey.slice(0, -4)}0000`
    const nowhere = `tl_client_nowhere_${'0'.repeat(48)}`
    const keys = [
      '',
      'x',
      'x'.repeat(8_000),
      wrong,
      nowhere,
      '__proto__',
      `${environment.clientKey} `.repeat(2),
    ]
    const body = JSON.stringify(route.body)
    const answers = await statusesOf(
      environment,
      route,
      keys.map((key) => ({ key, body })),
    )
    expect([[401], [401, 403]]).toContainEqual(answers)
  })
})

describe('what does not exist', () => {
  it('as an environment in the path', async () => {
    const odd = [
      'undefined',
      '__proto__',
      'constructor',
      '%',
      '%ff',
      '%00',
      '..%2f',
      'BAD',
      'x'.repeat(8_000),
    ]
    for (const id of ['nowhere', ...odd]) {
      const get = (dialect: Route['dialect'], path: string) => ({ dialect, method: 'GET', path })
      const reads = [
        get('flagship-io', `/${id}/bucketing.json`),
        get('flagship-io', `/${id}/accountSettings.json`),
        ...['flags', 'flags/title', 'segments', 'revisions', 'portability', 'sdk-keys'].map((list) =>
          get('admin', `/api/v1/environments/${id}/${list}`),
        ),
      ]
      const writes = [
        ...dataRoutes(id, Date.now()).filter(({ path }) => path.startsWith(`/v2/${id}/`)),
        ...adminRoutes(id).filter(({ path }) => path.startsWith('/api/v1/environments/')),
      ].map((route) => ({ ...route, body: JSON.stringify(route.body) }))
      const answers = [...reads, ...writes].map(async (sent) => ({
        sent,
        status: await send(environment, sent),
      }))
      expect((await Promise.all(answers)).filter(({ status }) => status !== 404)).toEqual([])
    }
  })

  it('as an environment in the body', async () => {
    const statusesFor = async (cid: string) => {
      const routes = dataRoutes(cid, Date.now()).filter(({ path }) => ['/', '/v2/activate'].includes(path))
      return Promise.all(
        routes.map((each) => send(environment, { ...each, body: JSON.stringify(each.body) })),
      )
    }
    for (const cid of ['nowhere', '__proto__', '%', 'BAD', ''])
      expect([
        [400, 404],
        [400, 400],
      ]).toContainEqual(await statusesFor(cid))
    // from an SDK that was not started: dropped, so that it stops retrying
    expect(await statusesFor('undefined')).toEqual([204, 204])
  })

  it('as a flag', async () => {
    for (const key of ['nowhere', '__proto__', 'constructor', '%', '%ff', 'a%2Fb', 'x'.repeat(8_000)]) {
      const ask = (dialect: Route['dialect'], method: string, path: string, body?: object) =>
        send(environment, { dialect, method, path, ...(body && { body: JSON.stringify(body) }) })
      expect(await ask('ofrep', 'POST', `/ofrep/v1/evaluate/flags/${key}`, {})).toBe(404)
      expect(await ask('bucketeer', 'POST', '/get_evaluation', { user: { id: 'a' }, featureId: key })).toBe(
        404,
      )
      expect(await ask('admin', 'GET', `/api/v1/environments/bad/flags/${key}`)).toBe(404)
      expect([400, 404]).toContain(await ask('admin', 'PATCH', `/api/v1/environments/bad/flags/${key}`, {}))
      const batch = [{ vid: 'ada', caid: key, vaid: 'word-a' }]
      // and is dropped
      expect(await ask('flagship-io', 'POST', '/v2/activate', { cid: 'bad', batch })).toBe(204)
    }
  })

  it('as a route', async () => {
    for (const [dialect, path] of [
      ['ofrep', '/ofrep/v1/configuration'],
      ['ofrep', '/ofrep/v2/evaluate/flags'],
      ['flagship-io', '/v2/bad/nothing'],
      ['admin', '/api/v1/nothing'],
    ] as const)
      for (const method of ['GET', 'POST'])
        expect(await send(environment, { dialect, method, path })).toBe(404)
  })

  it('as a page of revisions before an invalid number', async () => {
    for (const query of ['before=x', 'before=1e999', 'before=0.5', 'limit=0', 'limit=-1', 'limit=x']) {
      const path = `/api/v1/environments/bad/revisions?${query}`
      const status = await send(environment, { dialect: 'admin', method: 'GET', path })
      expect({ query, status }).toEqual({ query, status: 400 })
    }
  })
})

it('drops an event that is too large for a record, with a response that stops retries', async () => {
  const long = 'x'.repeat(900_000)
  const events = [{ goalId: long }, { userId: long, timestamp: 5 }, { value: 1e300 }].map((changes, i) => ({
    id: `long-${i}`,
    event: goalEvent(Date.now(), changes),
  }))
  for (const each of events) {
    const response = await fetch(`${environment.url}/register_events`, {
      method: 'POST',
      headers: { authorization: environment.clientKey },
      body: JSON.stringify({ events: [each] }),
    })
    expect(await response.json()).toMatchObject({ errors: { [each.id]: { retriable: false } } })
  }
  const post = (path: string, body: object) =>
    send(environment, { dialect: 'flagship-io', method: 'POST', path, body: JSON.stringify(body) })
  expect(await post('/', { cid: 'bad', t: 'EVENT', vid: 'ada', ea: long })).toBe(204)
  expect(await post('/', { cid: 'bad', t: 'EVENT', vid: long, ea: 'x' })).toBe(204)
  expect(
    await post('/v2/activate', { cid: 'bad', batch: [{ vid: 'ada', caid: 'title-default', vaid: long }] }),
  ).toBe(204)
})

it('has stored nothing', async () => {
  await pause(3_500) // the queue waits three seconds for a batch to fill
  expect(await readLake(environment)).toEqual([])
  expect(await revision('bad')).toBe(revisionBefore)
  expect(await countEnvironments()).toBe(environmentsBefore)
})

it('stores accepted events as valid records', async () => {
  const half = '\\ud800' // as an escape, the only way to send one
  const attributes = `{"half":"${half}","__proto__":"x","constructor":"y","large":"${'x'.repeat(200_000)}"}`
  const goal = goalEvent(Date.now(), { userId: 'HALF', goalId: 'HALF', user: { data: 'DATA' } })
  const event = JSON.stringify({ id: 'half', event: goal })
    .replaceAll('HALF', half)
    .replace('"DATA"', attributes)
  const hit = `{"cid":"other","t":"EVENT","vid":"${half}","ea":"x${half}y"}`
  const post = (dialect: Route['dialect'], path: string, body: string) =>
    send(other, { dialect, method: 'POST', path, body })
  expect(await post('bucketeer', '/register_events', `{"events":[${event}]}`)).toBe(200)
  expect(await post('flagship-io', '/', hit)).toBe(204)
  const records = await lakeHolding(2, other)
  expect(records).toHaveLength(2)
  expect(records.find(({ protocol }) => protocol === 'bucketeer')).toMatchObject({
    targetingKey: '\ufffd',
    event: '\ufffd',
    attributes: { half: '\ufffd', constructor: 'y' },
  })
  expect(records.find(({ protocol }) => protocol === 'flagship-io')).toMatchObject({
    targetingKey: '\ufffd',
    event: 'x\ufffdy',
  })
  expect(JSON.stringify(records)).not.toMatch(/xxxx|\\ud8/)
})

describe('a damaged request', () => {
  const routes = titled([...dataRoutes('other', Date.now()), ...adminRoutes('other')])
  it.each(routes)('to %s is answered or refused in the right form', async (_, { body, ...to }) => {
    const random = randomFrom(seed)
    const length = to.dialect === 'admin' ? mutationsPerAdminRoute : mutationsPerDataRoute
    const bodies = Array.from({ length }, () => mutation(body, random)).values()
    const lane = async () => {
      for (const each of bodies) await send(other, { ...to, body: each })
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  })
})

it('has logged no unexpected error', () => {
  expect(stack().log()).not.toContain('"level":"error"')
})
