// Rules of the response text that parsed JSON does not show (numbers by type), withheld values, entity tags,
// and the responses for strict clients.
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { goldenKeys, memoryPorts } from '../../../test/support/golden-cases.ts'
import { compile } from '../../../core/evaluation/compile.ts'
import { type Snapshot, defaultSettings } from '../../../core/model/snapshot.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import { ofrepRoutes } from './routes.ts'
import { holdsFractions, numberText } from './value-text.ts'
import { callHandler } from '../../../test/support/call-handler.ts'

const flag = (key: string, type: string, values: readonly string[], changes: object = {}) => ({
  key,
  type,
  enabled: true,
  variations: values.map((value, i) => ({ id: `v${i}`, value })),
  offVariationId: 'v0',
  defaultStrategy: { id: `${key}-default`, strategy: { kind: 'fixed', variationId: 'v0' } },
  ...changes,
})
const split = {
  defaultStrategy: {
    id: 'half',
    strategy: {
      kind: 'rollout',
      shares: [
        { variationId: 'v0', weight: 50_000 },
        { variationId: 'v1', weight: 50_000 },
      ],
    },
  },
}

const setUp = (flags: readonly object[], changes: Partial<Snapshot> = {}, more: Partial<Ports> = {}) => {
  const { ports, sent } = memoryPorts({ flags })
  const reading = ports.snapshots.read('shop')
  if (!('status' in reading) || reading.status !== 'ready') throw new Error('not ready')
  const compiled = compile({ ...reading.compiled.snapshot, ...changes })
  const snapshots = { read: () => ({ status: 'ready', compiled, staleMs: 0 }) as const }
  const app = ofrepRoutes({ ...ports, snapshots, ...more })
  const post = (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    requestContext: RequestContext = {},
  ) =>
    callHandler(
      app,
      `http://edge.test/ofrep/v1${path}`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${goldenKeys.clientKey}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      },
      requestContext,
    )
  return { app, post, sent }
}
const ada = { context: { targetingKey: 'ada' } }

it.each([
  [['1', '2'], '1'],
  [['1', '2.5'], '1.0'],
  [['1.0'], '1.0'],
  [['2.50'], '2.5'],
  [['-3'], '-3'],
  [['1e3'], '1000'],
  [['0.5', '0'], '0.5'],
])('prints a number of %j as %s', async (values, text) => {
  const { post } = setUp([flag('rate', 'number', values)])
  for (const path of ['/evaluate/flags/rate', '/evaluate/flags'])
    expect(await (await post(path, ada)).text()).toContain(`"key":"rate","value":${text},`)
})

it('prints every float so that it is read as that float, and never as an integer', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const text = numberText(number, 'float')
      expect(JSON.parse(text)).toBe(number === 0 ? 0 : number)
      expect(text).toMatch(/[.e]/)
    }),
  )
})

it('prints every integer flag without a point', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (number) => {
      expect(holdsFractions({ variations: [{ value: String(number) }] as never })).toBe(false)
      expect(numberText(number, 'integer')).toMatch(/^-?\d+$/)
    }),
  )
})

it('keeps the numbers inside a JSON value as written', async () => {
  const { post } = setUp([
    flag('layout', 'json', ['{ "width": 1.0,\n "text": "a \\"b\\" : 1",\t"n": [1, 2.50] }']),
  ])
  expect(await (await post('/evaluate/flags/layout', ada)).text()).toContain(
    '"value":{"width":1.0,"text":"a \\"b\\" : 1","n":[1,2.50]},',
  )
})

it('withholds only values of disabled flags, and only if the environment says so', async () => {
  const flags = [
    flag('off', 'string', ['a'], { enabled: false }),
    flag('child', 'string', ['a', 'b'], { prerequisites: [{ flagKey: 'off', variationId: 'v1' }] }),
  ]
  flags[0]!.variations.push({ id: 'v1', value: 'b' })
  const valuesOf = async (disabledFlags: 'with-value' | 'without-value') => {
    const { post } = setUp(flags, { settings: { ...defaultSettings, disabledFlags } })
    const { flags: answered } = await (await post('/evaluate/flags', ada)).json<any>()
    return answered.map(({ key, value, reason, variant }: any) => [key, value, reason, variant])
  }
  expect(await valuesOf('with-value')).toEqual([
    ['child', 'a', 'DISABLED', 'v0'],
    ['off', 'a', 'DISABLED', 'v0'],
  ])
  expect(await valuesOf('without-value')).toEqual([
    ['child', undefined, 'DISABLED', 'v0'],
    ['off', undefined, 'DISABLED', 'v0'],
  ])
})

it('announces the stream to client keys without plain answers, if the environment has one', async () => {
  const { snapshot } = (memoryPorts({ flags: [] }).ports.snapshots.read('shop') as any).compiled
  const [client, server] = snapshot.sdkKeys
  const fieldsOf = async (changes: Partial<Snapshot>, key = goldenKeys.clientKey) => {
    const { post } = setUp([], changes)
    const answer = await post('/evaluate/flags', ada, { authorization: `Bearer ${key}` })
    return Object.keys(await answer.json<any>())
  }
  expect(await fieldsOf({})).toEqual(['flags', 'metadata', 'eventStreams'])
  expect(await fieldsOf({ sdkKeys: [{ ...client, answers: 'plain' }, server] })).toEqual(['flags'])
  expect(await fieldsOf({}, goldenKeys.serverKey)).toEqual(['flags', 'metadata'])
  expect(await fieldsOf({ settings: { ...defaultSettings, streams: false } })).toEqual(['flags', 'metadata'])
})

it('has a different entity tag for each different response, and the same for the same', async () => {
  const { post } = setUp([
    flag('pro', 'string', ['a', 'b'], {
      rules: [
        {
          id: 'pro-rule',
          anyOf: [[{ attribute: 'plan', operator: 'in', values: ['pro'] }]],
          strategy: { kind: 'fixed', variationId: 'v1' },
        },
      ],
    }),
    flag('half', 'string', ['a', 'b'], split),
  ])
  const answerTo = async (context: object) => {
    const answer = await post('/evaluate/flags', { context })
    return { etag: answer.headers.get('etag')!, text: await answer.text() }
  }
  const texts = new Map<string, string>()
  await fc.assert(
    fc.asyncProperty(
      fc.stringMatching(/^[a-f]{1,3}$/),
      fc.constantFrom('pro', 'free'),
      async (targetingKey, plan) => {
        const { etag, text } = await answerTo({ targetingKey, plan })
        expect(texts.get(etag) ?? text).toBe(text)
        texts.set(etag, text)
      },
    ),
  )
  expect(new Set(texts.values()).size).toBe(texts.size)
  const { etag } = await answerTo({ targetingKey: 'ada', plan: 'free' })
  const conditional = (plan: string) =>
    post('/evaluate/flags', { context: { targetingKey: 'ada', plan } }, { 'if-none-match': etag })
  expect((await conditional('free')).status).toBe(304)
  expect((await conditional('pro')).status).toBe(200)
})

it('answers no 304 while it is older than the revision that the client requests', async () => {
  const { post } = setUp([flag('a', 'string', ['x'])])
  const etag = (await post('/evaluate/flags', ada)).headers.get('etag')!
  const again = (requestContext: RequestContext) =>
    post('/evaluate/flags', ada, { 'if-none-match': etag }, requestContext)
  expect((await again({ atLeast: 4 })).status).toBe(304)
  expect((await again({ atLeast: 5 })).status).toBe(200)
})

it('keeps the path prefix in the address of the stream', async () => {
  const { post } = setUp([], { settings: { ...defaultSettings, pathPrefix: '/team/a' } })
  const answer = await post('/evaluate/flags', ada, {}, { prefix: '/team/a' })
  expect((await answer.json<any>()).eventStreams[0].endpoint).toEqual({
    requestUri: `/team/a/ofrep/v1/stream/${goldenKeys.clientKey}`,
  })
})

it('accepts null for absent fields, and an empty targeting key as none', async () => {
  const { post } = setUp([flag('half', 'string', ['a', 'b'], split)])
  for (const context of [null, { targetingKey: null }, { targetingKey: '' }, {}]) {
    const answer = await post('/evaluate/flags/half', { context })
    expect([answer.status, (await answer.json<any>()).errorCode]).toEqual([400, 'TARGETING_KEY_MISSING'])
  }
})

it.each([
  ['401', { authorization: '' }, 401],
  ['403', { authorization: 'Bearer nonsense' }, 403],
])('answers %s with a body that every client can read', async (_, headers, status) => {
  const { post } = setUp([])
  const answer = await post('/evaluate/flags/a%2Fb', ada, headers)
  expect(answer.status).toBe(status)
  expect(await answer.json()).toEqual({ key: 'a/b', errorCode: 'GENERAL', errorDetails: expect.any(String) })
})

it('answers 429 and 500 with Retry-After of at least a second', async () => {
  const limited = setUp([], {}, { limits: { allows: () => false, countRecords: () => undefined } })
  const unavailable = setUp([], {}, { snapshots: { read: () => ({ status: 'unavailable' }) } })
  const broken = setUp(
    [],
    {},
    {
      snapshots: {
        read: () => {
          throw new Error('for the test')
        },
      },
    },
  )
  for (const [{ post }, status] of [
    [limited, 429],
    [unavailable, 500],
    [broken, 500],
  ] as const) {
    const answer = await post('/evaluate/flags/a', ada)
    expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([status, 1])
    expect(await answer.json()).toEqual({ key: 'a', errorCode: 'GENERAL', errorDetails: expect.any(String) })
  }
})

it('names every invalid field', async () => {
  const { post } = setUp([])
  const answer = await post('/track', {
    kind: 'goal',
    name: '',
    value: 'x',
    nonsense: 1,
    context: { targetingKey: 5 },
  })
  expect((await answer.json<any>()).errorDetails).toMatch(/name: .*value: .*/)
})

it('reads contexts of ten thousand attributes and of a thousand levels, and refuses a megabyte', async () => {
  const { post } = setUp([flag('a', 'string', ['x'])])
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`name-${i}`, i]))
  const deep = `{"context":{"targetingKey":"ada","deep":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}}}`
  for (const path of ['/evaluate/flags', '/evaluate/flags/a']) {
    expect((await post(path, { context: { targetingKey: 'ada', ...many } })).status).toBe(200)
    expect((await post(path, deep)).status).toBe(200)
    const large = await post(path, { context: { targetingKey: 'ada', large: 'x'.repeat(1_000_000) } })
    expect([large.status, (await large.json<any>()).errorCode]).toEqual([413, 'GENERAL'])
  }
})

it.each([0, 1, 2])(
  'is whole JSON about %i flags, constant ones and others beside each other',
  async (count) => {
    const keys = ['a', 'b', 'c', 'd'].slice(0, 2 * count)
    const flags = keys.map((key, i) =>
      flag(key, 'string', ['on', 'off'], i % 2 === 0 ? {} : { ...split, key }),
    )
    const { post } = setUp(
      flags.map((each, i) => ({ ...each, defaultStrategy: { ...each.defaultStrategy, id: `rule-${i}` } })),
    )
    const answer: any = await (await post('/evaluate/flags', ada)).json()
    expect(answer.flags.map(({ key }: { key: string }) => key)).toEqual(keys)
    expect(answer.metadata.flagSetId).toBe('shop')
  },
)
