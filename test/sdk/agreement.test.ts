// AB Tasty's SDK in bucketing mode (local evaluation), Bucketeer's client and the OFREP provider (remote
// evaluation) agree with each other and with core.
import {
  defineBKTConfig,
  defineBKTUser,
  destroyBKTClient,
  getBKTClient,
  initializeBKTClient,
} from '@bucketeer/js-client-sdk'
import type { Flagship } from '@flagship.io/js-sdk/edge'
import type { OFREPProvider } from '@openfeature/ofrep-provider'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CompiledSnapshot, compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import type { Flag } from '../../core/model/flag.ts'
import { buildSnapshot } from '../../core/model/snapshot.ts'
import { call } from '../../scripts/admin.ts'
import { openFeatureProvider, redirectFlagshipHosts, startFlagship } from '../demo/clients.ts'
import {
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags, flags } from '../support/sdk/flags.ts'

const stack = useStack()
let environment: TestEnvironment
let restoreFetch: () => void
let core: CompiledSnapshot
let flagship: Flagship
let openFeature: OFREPProvider

/** Tackline compares numbers as text, AB Tasty's SDK by value and type. */
const frequent = {
  ...flags.find(({ key }) => key === 'by-plan')!,
  key: 'frequent',
  rules: [
    {
      id: 'frequent-rule',
      anyOf: [
        [{ attribute: 'visits', operator: 'in', values: ['3', '7', '12'] }],
        [{ attribute: 'country', operator: 'not-equals', values: ['AR', 'NO', 'FR'] }],
      ],
      strategy: { kind: 'fixed', variationId: 'word-c' },
    },
  ],
  defaultStrategy: { id: 'frequent-default', strategy: { kind: 'fixed', variationId: 'word-a' } },
}
const compared = ['by-plan', 'by-name', 'split', 'frequent'] as const

beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'agreement')
  await createFlags(environment)
  await createFlag(environment, frequent)
  restoreFetch = redirectFlagshipHosts(environment.url)
  flagship = await startFlagship(environment)
  openFeature = openFeatureProvider(environment)
  const stored = await call<{ flags: Flag[] }>(environment, 'GET', '/environments/agreement/flags')
  core = compile(
    buildSnapshot({
      environmentId: 'agreement',
      revision: 1,
      modifiedAt: 0,
      flags: stored.flags,
      segments: [],
      sdkKeys: [],
    }),
  )
})
afterAll(() => restoreFetch())

type Context = Record<string, string | number>
/** The variation id of each flag; empty if the application should use its default. */
type Answers = Record<string, string>

const answers = (read: (key: string) => string | undefined): Answers =>
  Object.fromEntries(compared.map((key) => [key, read(key) ?? '']))

const decide = (targetingKey: string, attributes: Context) =>
  answers((key) => evaluate(core, key, { targetingKey, attributes }).variation?.id)

async function meetFlagship(visitorId: string, context: Context): Promise<Answers> {
  const visitor = flagship.newVisitor({ visitorId, hasConsented: true, context })
  await visitor.fetchFlags()
  return answers((key) => visitor.getFlag(key).metadata.variationId)
}

async function meetBucketeer(id: string, context: Context): Promise<Answers> {
  const config = defineBKTConfig({
    apiKey: environment.clientKey,
    apiEndpoint: environment.url,
    featureTag: 'web',
    appVersion: '1.0.0',
    userAgent: 'test',
    fetch: globalThis.fetch,
  })
  const customAttributes = Object.fromEntries(
    Object.entries(context).map(([name, value]) => [name, String(value)]),
  )
  await initializeBKTClient(config, defineBKTUser({ id, customAttributes }))
  const client = getBKTClient()!
  const read = answers((key) => client.stringVariationDetails(key, 'none').variationId)
  destroyBKTClient()
  return read
}

/** Only two flags, because each is one request. */
async function meetOpenFeature(targetingKey: string, context: Context): Promise<Answers> {
  const read = async (key: 'split' | 'frequent') => {
    // The published provider throws on a response without a value, and the application gets its default.
    const details = await openFeature
      .resolveStringEvaluation(key, 'none', { targetingKey, ...context })
      .catch(() => undefined)
    return String(details?.flagMetadata?.['variationId'] ?? '')
  }
  const [split, often] = await Promise.all([read('split'), read('frequent')])
  return { split, frequent: often }
}

const visitors = Array.from({ length: 300 }, (_, n) => ({
  id: [`visitor-${n}`, `user.${n}@example.com`, String(n * 7919), `ADA${n}`, 'grace'][n % 5]!,
  context: {
    plan: ['free', 'pro', 'team'][n % 3]!,
    country: ['CH', 'AR', 'NO', 'FR'][n % 4]!,
    visits: n % 20,
  },
}))

/** All visitors in sequence, because Bucketeer's client is a singleton. */
async function meetAll(meet: (id: string, context: Context) => Promise<Answers>): Promise<Answers[]> {
  const all: Answers[] = []
  for (const { id, context } of visitors) all.push(await meet(id, context))
  return all
}

it('gives 300 visitors the same variations through every SDK as core', async () => {
  const expected = visitors.map(({ id, context }) => decide(id, context))
  const [inProcess, bucketeer, ofrep] = await Promise.all([
    meetAll(meetFlagship),
    meetAll(meetBucketeer),
    meetAll(meetOpenFeature),
  ])
  expect(inProcess).toEqual(expected)
  expect(bucketeer).toEqual(expected)
  expect(ofrep).toEqual(expected.map(({ split, frequent: often }) => ({ split, frequent: often })))
  // Every kind of decision occurred, including the untracked remainder.
  const met = expected.flatMap((all) =>
    Object.entries(all).map(([key, variationId]) => `${key} ${variationId}`),
  )
  expect([...new Set(met)].toSorted()).toEqual([
    'by-name word-a',
    'by-name word-c',
    'by-plan word-a',
    'by-plan word-b',
    'frequent word-a',
    'frequent word-c',
    'split ',
    'split word-a',
    'split word-b',
    'split word-c',
  ])
})
