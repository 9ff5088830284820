// OpenFeature's own server SDK with the published OFREP provider, unmodified, against a real stack.
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { type Client, OpenFeature } from '@openfeature/server-sdk'
import { call } from '../../scripts/admin.ts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  changeFlag,
  createTestEnvironment,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'

const stack = useStack()
let environment: TestEnvironment
let client: Client

const connect = async (domain: string, headers: [string, string][]) => {
  await OpenFeature.setProviderAndWait(domain, new OFREPProvider({ baseUrl: environment.url, headers }))
  return OpenFeature.getClient(domain)
}

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'sdk-ofrep')
  await createFlags(environment)
  client = await connect('right', [['Authorization', `Bearer ${environment.clientKey}`]])
})
afterAll(() => OpenFeature.close())

const somebody = { targetingKey: 'user-1' }

it('reads a flag of every type, with variant, reason and metadata', async () => {
  expect(await client.getBooleanDetails('lights', false, somebody)).toEqual({
    flagKey: 'lights',
    value: true,
    variant: 'lit',
    reason: 'STATIC',
    flagMetadata: {
      version: '1',
      variationId: 'on',
      flagSetId: 'sdk-ofrep',
      contextId: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  })
  expect(await client.getStringValue('title', 'none', somebody)).toBe('apple')
  expect(await client.getNumberValue('rate', 0, somebody)).toBe(12.5)
  expect(await client.getObjectValue('layout', {}, somebody)).toEqual({ columns: 2, areas: ['main', 'side'] })
  expect(await client.getObjectValue('menu', {}, somebody)).toEqual({ items: ['tea'] })
  expect(await client.getObjectValue('theme', {}, somebody)).toEqual({ colour: 'red', border: 3 })
})

it('accepts the key in X-API-Key too, also a server key', async () => {
  const other = await connect('server', [['X-API-Key', environment.serverKey]])
  expect(await other.getBooleanValue('lights', false, somebody)).toBe(true)
})

it('evaluates rules, targets, rollouts and off variations, with the right reason', async () => {
  const ada = { targetingKey: 'ada', plan: 'pro' }
  const details = (key: string) => client.getStringDetails(key, 'none', ada)
  expect(await details('by-plan')).toMatchObject({ value: 'banana', reason: 'TARGETING_MATCH' })
  expect(await details('by-name')).toMatchObject({ value: 'cherry', reason: 'TARGETING_MATCH' })
  expect(await details('split')).toMatchObject({ value: 'apple', reason: 'SPLIT' })
  expect(await details('paused')).toMatchObject({ value: 'cherry', reason: 'DISABLED' })
})

it('returns the default for an unknown flag, also if its key is not a valid path', async () => {
  for (const key of ['nowhere', 'a/b c%', '%', '__proto__'])
    expect(await client.getStringDetails(key, 'mine', somebody)).toMatchObject({
      value: 'mine',
      reason: 'ERROR',
      errorCode: 'FLAG_NOT_FOUND',
    })
})

it('returns the default for another type, and for a flag without a variation', async () => {
  expect(await client.getBooleanDetails('title', false, somebody)).toMatchObject({
    value: false,
    errorCode: 'TYPE_MISMATCH',
  })
  expect(await client.getStringValue('retired', 'mine', somebody)).toBe('mine')
})

it('needs a targeting key only where a rollout splits by it', async () => {
  expect(await client.getStringDetails('split', 'mine', {})).toMatchObject({
    value: 'mine',
    errorCode: 'TARGETING_KEY_MISSING',
  })
  expect(await client.getBooleanValue('lights', false, {})).toBe(true)
})

it('refuses a wrong and a missing key, and the application gets its default', async () => {
  const wrong = await connect('wrong', [
    ['Authorization', `Bearer ${environment.clientKey.slice(0, -4)}0000`],
  ])
  expect(await wrong.getStringDetails('title', 'mine', somebody)).toMatchObject({
    value: 'mine',
    reason: 'ERROR',
    errorCode: 'GENERAL',
  })
  const missing = await connect('missing', [])
  expect(await missing.getStringValue('title', 'mine', somebody)).toBe('mine')
})

it('returns plain responses for a plain key, until the key is changed', async () => {
  const path = `/environments/${environment.environmentId}/sdk-keys`
  const { id, key } = await call<{ id: string; key: string }>(environment, 'POST', path, {
    role: 'client',
    answers: 'plain',
  })
  const fields = async () => {
    const answer = await fetch(`${environment.url}/ofrep/v1/evaluate/flags`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: '{}',
    })
    return Object.keys((await answer.json()) as object)
  }
  await expect.poll(fields, { timeout: 3_000 }).toEqual(['flags'])
  await call(environment, 'PATCH', `${path}/${id}`, { answers: 'full' })
  await expect.poll(fields, { timeout: 3_000 }).toEqual(['flags', 'metadata', 'eventStreams'])
})

it('sees a change within a second', async () => {
  await changeFlag(environment, 'title', {
    defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId: 'word-b' } },
  })
  await expect.poll(() => client.getStringValue('title', 'none', somebody), { timeout: 1_000 }).toBe('banana')
  expect(await client.getStringDetails('title', 'none', somebody)).toMatchObject({
    flagMetadata: { version: '2', variationId: 'word-b' },
  })
})
