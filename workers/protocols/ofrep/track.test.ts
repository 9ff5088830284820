// The tracking route: which events are accepted, which are refused and why, and that an exposure token proves
// its evaluation and no other.
import { clockAheadMaxMs, eventAgeMaxMs } from '../../../analytics/event-time.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { EventRecord } from '../../../analytics/records.ts'
import { goldenKeys, goldenNow, memoryPorts } from '../../../test/support/golden-cases.ts'
import type { Ports } from '../../contracts/ports.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import { ofrepRoutes } from './routes.ts'
import { refusingSink } from '../../../test/support/memory-sink.ts'
import { callHandler } from '../../../test/support/call-handler.ts'

const words = [
  { id: 'a', value: 'apple' },
  { id: 'b', value: 'banana' },
]
const flags = [
  {
    key: 'title',
    type: 'string',
    enabled: true,
    variations: words,
    defaultStrategy: {
      id: 'title-default',
      strategy: {
        kind: 'rollout',
        shares: [
          { variationId: 'a', weight: 50_000 },
          { variationId: 'b', weight: 50_000 },
        ],
      },
    },
  },
  {
    key: 'off',
    type: 'string',
    enabled: false,
    variations: words,
    defaultStrategy: { id: 'off-default', strategy: { kind: 'fixed', variationId: 'a' } },
  },
]

let ports: Ports
let sent: EventRecord[]
beforeEach(() => {
  ;({ ports, sent } = memoryPorts({ flags }))
})

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const requestContext: RequestContext = {}
  const answer = await callHandler(
    ofrepRoutes(ports),
    `http://edge.test/ofrep/v1${path}`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${goldenKeys.clientKey}`, ...headers },
      body: JSON.stringify(body),
    },
    requestContext,
  )
  return { status: answer.status, body: await answer.json<any>(), requestContext }
}
const track = (body: unknown) => post('/track', body)

/** The records sent to the queue, each validated against the lake's schema. */
const taken = () => sent.splice(0).map((record) => EventRecord.parse(record))

const ada = { targetingKey: 'ada', plan: 'pro' }
const goal = { kind: 'goal', name: 'purchase', value: 12.5, context: ada, attributes: { currency: 'EUR' } }

const tokensOf = async (context: object = ada): Promise<Record<string, string>> => {
  const { body } = await post('/evaluate/flags', { context }, { 'x-exposure-tokens': 'true' })
  return Object.fromEntries(body.flags.map(({ key, metadata }: any) => [key, metadata?.exposureToken]))
}

describe('a goal', () => {
  it('is stored with its value, and with the attributes of context and event', async () => {
    expect(await track(goal)).toMatchObject({ status: 200, body: { accepted: 1, rejected: [] } })
    expect(taken()).toMatchObject([
      {
        kind: 'tracking',
        protocol: 'ofrep',
        environmentId: 'shop',
        event: 'purchase',
        value: 12.5,
        at: goldenNow,
        targetingKey: 'ada',
        attributes: { plan: 'pro', currency: 'EUR' },
      },
    ])
  })

  it('has the same record for the same id of the same user, and another for another', async () => {
    for (const [id, targetingKey] of [
      ['1', 'ada'],
      ['1', 'ada'],
      ['2', 'ada'],
      ['1', 'bob'],
    ])
      await track({ ...goal, id, context: { targetingKey } })
    // Events are told apart by environment, kind, targeting key and id.
    const identities = taken().map(({ id, targetingKey }) => `${targetingKey} ${id}`)
    expect(identities).toEqual(['ada 1', 'ada 1', 'ada 2', 'bob 1'])
  })

  it('without an id is an event of its own, also beside one with the same name and value', async () => {
    await track({ events: [goal, { ...goal, page: '/other' }, goal] })
    await track(goal)
    const ids = taken().map(({ id }) => id)
    expect(new Set(ids).size).toBe(3) // on Cloudflare, where requests have ids, it would be four
    expect(ids).toHaveLength(4)
    await post('/track', goal, { 'cf-ray': 'one' })
    await post('/track', goal, { 'cf-ray': 'two' })
    expect(new Set(taken().map(({ id }) => id)).size).toBe(2)
  })

  it('has the time of the client, in either form, if it is plausible', async () => {
    const at = goldenNow - 60_000
    const fine = [at, goldenNow - eventAgeMaxMs, goldenNow + clockAheadMaxMs]
    for (const timestamp of [...fine, new Date(at).toISOString()]) await track({ ...goal, timestamp })
    expect(taken().map((record) => record.at)).toEqual([...fine, at])
    for (const timestamp of [
      0,
      goldenNow - eventAgeMaxMs - 1,
      goldenNow + clockAheadMaxMs + 1,
      1e300,
      'yesterday',
      null,
    ])
      expect((await track({ ...goal, timestamp })).status).toBe(400)
    expect(taken()).toEqual([])
  })

  it('keeps its time in a body that is sent again, and is refused once that is too old', async () => {
    const body = { events: [{ ...goal, id: '1', timestamp: goldenNow - 1_000 }], sentAt: goldenNow }
    const receivedAfter = (days: number) => {
      ports = { ...ports, now: () => goldenNow + days * 86_400_000 }
      return track(body)
    }
    for (const days of [0, 2, 30]) expect((await receivedAfter(days)).status).toBe(200)
    expect(taken().map((record) => record.at)).toEqual(Array.from({ length: 3 }, () => goldenNow - 1_000))
    expect((await receivedAfter(40)).status).toBe(400)
    expect(taken()).toEqual([])
  })
})

describe('a batch', () => {
  it('stores valid events, names invalid ones, and is counted as refused', async () => {
    const { status, body, requestContext } = await track({
      context: ada,
      events: [
        { kind: 'goal', name: 'a' },
        { kind: 'goal' },
        5,
        { kind: 'goal', name: 'b', context: { targetingKey: 'bob' } },
      ],
    })
    expect([status, body.accepted, body.rejected.map(({ index }: any) => index)]).toEqual([200, 2, [1, 2]])
    expect(requestContext.refused).toBe('INVALID')
    expect(taken().map(({ targetingKey }) => targetingKey)).toEqual(['ada', 'bob'])
  })

  it('is refused as a whole if it has no valid event', async () => {
    const { status, body } = await track({ events: [{ kind: 'goal' }, goal.name] })
    expect(status).toBe(400)
    expect(Object.keys(body)).toEqual(['errorCode', 'errorDetails'])
    expect(body.errorDetails).toMatch(/events\.0\.name: .*events\.1/)
    expect(taken()).toEqual([])
  })

  it('may be empty, and has a maximum length', async () => {
    expect(await track({ events: [] })).toMatchObject({ status: 200, body: { accepted: 0 } })
    expect((await track({ events: Array.from({ length: 501 }, () => goal) })).status).toBe(400)
  })

  it('is refused as retriable if the queue does not take it', async () => {
    ports = { ...ports, events: refusingSink({ code: 'UNAVAILABLE', message: 'try again' }) }
    expect(await track(goal)).toMatchObject({ status: 503, body: { errorCode: 'GENERAL' } })
  })
})

describe('an exposure', () => {
  const exposure = { kind: 'exposure', context: ada }

  it('is proved by its token (flag, version, variation, rule), and counts once however often it is sent', async () => {
    const { title } = await tokensOf()
    for (let i = 0; i < 2; i++)
      expect((await track({ ...exposure, exposureToken: title, id: String(i) })).status).toBe(200)
    const records = taken()
    const decided = (await post('/evaluate/flags/title', { context: ada })).body.metadata.variationId
    expect(records[0]).toMatchObject({
      kind: 'exposure',
      flagKey: 'title',
      flagVersion: 1,
      variationId: decided,
      ruleId: 'title-default',
      targetingKey: 'ada',
    })
    expect(records[0]!.id).toBe(records[1]!.id)
  })

  it('has the same token from the bulk route and the route for one flag, for a week', async () => {
    const { title } = await tokensOf()
    const one = await post('/evaluate/flags/title', { context: ada }, { 'x-exposure-tokens': '1' })
    expect(one.body.metadata.exposureToken).toBe(title)
    expect(await tokensOf()).toEqual(await tokensOf({ ...ada, more: 1 }))
    expect(title).not.toContain('ada')
  })

  it('gets no token if none is requested, or without targeting key or variation', async () => {
    const { body } = await post('/evaluate/flags', { context: ada })
    expect(JSON.stringify(body)).not.toContain('exposureToken')
    expect((await tokensOf({}))['off']).toBeUndefined()
    expect((await tokensOf())['off']).toBeUndefined()
  })

  it('is refused and not stored if its token is forged, truncated, expired or of another user', async () => {
    const { title = '' } = await tokensOf()
    const [content = '', mac] = title.split('.')
    const decoded = atob(content.replaceAll('-', '+').replaceAll('_', '/'))
    const other = btoa(
      decoded.includes('"a"') ? decoded.replace('"a"', '"b"') : decoded.replace('"b"', '"a"'),
    )
    const forged = [
      `${other.replaceAll('=', '')}.${mac}`,
      `${title}x`,
      title.slice(1),
      `${title}.${title}`,
      '',
      '.',
      'ä.ö',
      `${content}.AAAA`,
    ]
    for (const exposureToken of forged) {
      const { status, body, requestContext } = await track({ ...exposure, exposureToken })
      expect([exposureToken, status, body, requestContext.refused]).toEqual([
        exposureToken,
        400,
        {
          errorCode: 'GENERAL',
          errorDetails: expect.stringContaining('exposureToken: was not given out here'),
        },
        'INVALID',
      ])
    }
    expect(
      (await track({ ...exposure, context: { targetingKey: 'bob' }, exposureToken: title })).status,
    ).toBe(400)
    ports = { ...ports, now: () => goldenNow + 15 * 24 * 3_600_000 }
    const late = await track({ ...exposure, exposureToken: title })
    expect([late.status, late.body.errorDetails]).toEqual([400, 'exposureToken: has expired'])
    ports = { ...ports, now: () => goldenNow, exposureSecret: 'another' }
    expect((await track({ ...exposure, exposureToken: title })).status).toBe(400)
    ports = { ...ports, exposureSecret: undefined }
    expect((await track({ ...exposure, exposureToken: title })).status).toBe(400)
    expect(taken()).toEqual([])
  })

  it('has a token for at least a week, and a new entity tag afterwards', async () => {
    const tagAt = async (now: number) => {
      ports = { ...ports, now: () => now }
      const answer = await callHandler(
        ofrepRoutes(ports),
        'http://edge.test/ofrep/v1/evaluate/flags',
        {
          method: 'POST',
          headers: { authorization: `Bearer ${goldenKeys.clientKey}`, 'x-exposure-tokens': '1' },
          body: JSON.stringify({ context: ada }),
        },
        {},
      )
      return answer.headers.get('etag')
    }
    const week = 7 * 24 * 3_600_000
    const { title } = await tokensOf()
    ports = { ...ports, now: () => goldenNow + week }
    expect((await track({ ...exposure, exposureToken: title })).status).toBe(200)
    expect(await tagAt(goldenNow)).not.toBe(await tagAt(goldenNow + week))
  })

  it('without a token is attributed to a rule only if the same is evaluated now', async () => {
    const decided = (await post('/evaluate/flags/title', { context: ada })).body.metadata.variationId
    const other = decided === 'a' ? 'b' : 'a'
    for (const variationId of [decided, other]) await track({ ...exposure, flagKey: 'title', variationId })
    expect(taken()).toMatchObject([
      { variationId: decided, ruleId: 'title-default' },
      { variationId: other, ruleId: '' },
    ])
    for (const named of [
      {},
      { flagKey: 'title' },
      { flagKey: 'nowhere', variationId: 'a' },
      { flagKey: 'title', variationId: 'z' },
    ])
      expect((await track({ ...exposure, ...named })).status).toBe(400)
    expect(taken()).toEqual([])
  })
})

it('logs no event data', async () => {
  const log = vi.spyOn(console, 'error')
  await track({ kind: 'exposure', context: ada, exposureToken: 'ä.ö' })
  expect(log).not.toHaveBeenCalled()
})
