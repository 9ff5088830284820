// Bucketeer's published client SDK, unmodified, against a real stack.
import {
  defineBKTConfig,
  defineBKTUser,
  destroyBKTClient,
  getBKTClient,
  initializeBKTClient,
} from '@bucketeer/js-client-sdk'
import { afterEach, beforeAll, expect, it } from 'vitest'
import {
  changeFlag,
  createTestEnvironment,
  lakeHolding,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'

const stack = useStack()
let environment: TestEnvironment

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'sdk-bucketeer')
  await createFlags(environment)
})
afterEach(() => destroyBKTClient())

interface Options {
  readonly key?: string
  readonly tag?: string
  readonly fetch?: typeof fetch
}

async function start(id: string, attributes: Record<string, string> = {}, options: Options = {}) {
  const config = defineBKTConfig({
    apiKey: options.key ?? environment.clientKey,
    apiEndpoint: environment.url,
    featureTag: options.tag ?? 'web',
    appVersion: '1.0.0',
    userAgent: 'test',
    fetch: options.fetch ?? globalThis.fetch,
  })
  const initialized = initializeBKTClient(config, defineBKTUser({ id, customAttributes: attributes }))
  await initialized.catch(() => undefined) // where the server refuses, the client works from its defaults
  const client = getBKTClient()
  if (!client) throw new Error('the client did not start')
  return { client, initialized }
}

it('reads a flag of every type, with details', async () => {
  const { client } = await start('user-1')
  expect(client.booleanVariation('lights', false)).toBe(true)
  expect(client.numberVariation('rate', 0)).toBe(12.5)
  expect(client.objectVariation('layout', {})).toEqual({ columns: 2, areas: ['main', 'side'] })
  expect(client.objectVariation('menu', {})).toEqual({ items: ['tea'] })
  expect(client.objectVariation('theme', {})).toEqual({ colour: 'red', border: 3 })
  expect(client.stringVariationDetails('title', 'none')).toEqual({
    featureId: 'title',
    featureVersion: 1,
    userId: 'user-1',
    variationId: 'word-a',
    variationName: 'A',
    variationValue: 'apple',
    reason: 'DEFAULT',
  })
})

it('evaluates rules, targets, rollouts and off variations, with the right reason', async () => {
  const { client } = await start('ada', { plan: 'pro' })
  const details = (key: string) => client.stringVariationDetails(key, 'none')
  expect(details('by-plan')).toMatchObject({ variationValue: 'banana', reason: 'RULE' })
  expect(details('by-name')).toMatchObject({ variationValue: 'cherry', reason: 'TARGET' })
  expect(details('split')).toMatchObject({ variationValue: 'apple', reason: 'DEFAULT' })
  expect(details('paused')).toMatchObject({ variationValue: 'cherry', reason: 'OFF_VARIATION' })
})

it('returns the default for an unknown flag, type or tag, and for a disabled flag without off variation', async () => {
  const { client } = await start('user-1')
  const notFound = { variationValue: 'mine', reason: 'ERROR_FLAG_NOT_FOUND' }
  expect(client.stringVariationDetails('nowhere', 'mine')).toMatchObject(notFound)
  expect(client.stringVariationDetails('retired', 'mine')).toMatchObject(notFound)
  expect(client.numberVariationDetails('title', 7)).toMatchObject({
    variationValue: 7,
    reason: 'ERROR_WRONG_TYPE',
  })
  destroyBKTClient()
  const elsewhere = await start('user-1', {}, { tag: 'mobile' })
  expect(elsewhere.client.stringVariation('title', 'mine')).toBe('mine')
})

it('refuses a wrong key, and the client returns the defaults', async () => {
  const { client, initialized } = await start(
    'user-1',
    {},
    { key: `${environment.clientKey.slice(0, -4)}0000` },
  )
  await expect(initialized).rejects.toMatchObject({ name: 'ForbiddenException' })
  expect(client.stringVariation('title', 'mine')).toBe('mine')
  destroyBKTClient()
  const server = await start('user-1', {}, { key: environment.serverKey })
  await expect(server.initialized).rejects.toMatchObject({ name: 'ForbiddenException' })
})

it('gets no evaluations while nothing changes, and sees a change within a second', async () => {
  const answers: { evaluations: { id: string; evaluations: unknown[] } }[] = []
  const recording: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (new URL(input as string).pathname === '/get_evaluations')
      answers.push((await response.clone().json()) as never)
    return response
  }
  const { client } = await start('user-1', {}, { fetch: recording })
  await client.fetchEvaluations()
  expect(answers.at(-1)!.evaluations).toMatchObject({ id: 'no_evaluations', evaluations: [] })
  expect(client.stringVariation('title', 'none')).toBe('apple')
  await changeFlag(environment, 'title', {
    defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId: 'word-b' } },
  })
  const value = async () => {
    await client.fetchEvaluations()
    return client.stringVariation('title', 'none')
  }
  await expect.poll(value, { timeout: 1_000 }).toBe('banana')
  expect(client.stringVariationDetails('title', 'none')).toMatchObject({ featureVersion: 2 })
})

it('has every exposure and goal in the lake once', async () => {
  const shop = await createTestEnvironment(stack(), 'sdk-events')
  await createFlags(shop)
  environment = shop
  const { client } = await start('shopper', { plan: 'team' })
  client.stringVariation('by-plan', 'none')
  client.stringVariation('by-plan', 'none') // the SDK suppresses the second
  client.booleanVariation('lights', false)
  client.stringVariation('nowhere', 'mine')
  await client.track('purchase', 99.5)
  await client.flush()
  await client.flush()
  const records = await lakeHolding(6, shop)
  const of = (wanted: string) => records.filter(({ kind }) => kind === wanted)
  const common = {
    targetingKey: 'shopper',
    protocol: 'bucketeer',
    sdk: 'bucketeer-7/2.6.1',
    attributes: { plan: 'team' },
    environmentId: 'sdk-events',
  }
  const exposures = new Map(of('exposure').map((record) => ['flagKey' in record && record.flagKey, record]))
  expect(Object.fromEntries(exposures)).toMatchObject({
    'by-plan': { ...common, flagVersion: 1, variationId: 'word-b', ruleId: 'by-plan-paying' },
    lights: { ...common, flagVersion: 1, variationId: 'on', ruleId: 'lights-default' },
  })
  expect(of('exposure')).toHaveLength(2)
  expect(of('tracking')).toMatchObject([{ ...common, event: 'purchase', value: 99.5 }])
  const reports = of('sdk-report').map((record) => String('event' in record && record.event))
  expect(reports.toSorted((a, b) => a.localeCompare(b))).toEqual([
    'default-used:ERROR_FLAG_NOT_FOUND',
    'LatencyMetricsEvent/GET_EVALUATIONS',
    'SizeMetricsEvent/GET_EVALUATIONS',
  ])
})
