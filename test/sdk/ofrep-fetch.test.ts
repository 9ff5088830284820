// The published providers call the routes directly, through `fetchImplementation`, with limits, failures and
// clocks as each test needs them. Every response is checked against the protocol's OpenAPI file.
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature as Server } from '@openfeature/server-sdk'
import { type Provider, OpenFeature as Web } from '@openfeature/web-sdk'
import { afterEach, describe, expect, it } from 'vitest'
import type { Ports } from '../../workers/contracts/ports.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { goldenKeys, memoryPorts } from '../support/golden-cases.ts'
import { flags } from '../support/sdk/flags.ts'
import { broken } from '../support/sdk/ofrep-rules.ts'
import { callHandler } from '../support/call-handler.ts'

afterEach(async () => {
  await Promise.all([Server.clearProviders(), Web.clearProviders()])
})

/** Options for a provider, and a log of its requests and responses. */
function setUp(changes: Partial<Ports> = {}) {
  const { ports } = memoryPorts({ flags })
  const app = ofrepRoutes({ ...ports, ...changes })
  const log: { path: string; status: number }[] = []
  const fetchImplementation = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init)
    const path = request.url.replace('http://edge.test', '')
    const response = await callHandler(app, request, undefined, {})
    expect(await broken(path, response.clone()), `${path} ${response.status}`).toBeUndefined()
    log.push({ path, status: response.status })
    return response
  }
  const headers: [string, string][] = [['Authorization', `Bearer ${goldenKeys.clientKey}`]]
  return { options: { baseUrl: 'http://edge.test', headers, fetchImplementation }, log }
}

describe('the server provider', () => {
  const connect = async (changes: Partial<Ports> = {}) => {
    const { options, log } = setUp(changes)
    await Server.setProviderAndWait(new OFREPProvider(options as never))
    return { client: Server.getClient(), log }
  }

  it('reads a flag of every type', async () => {
    const { client } = await connect()
    const ada = { targetingKey: 'ada' }
    expect(await client.getBooleanValue('lights', false, ada)).toBe(true)
    expect(await client.getStringValue('title', '', ada)).toBe('apple')
    expect(await client.getNumberValue('rate', 0, ada)).toBe(12.5)
    expect(await client.getObjectValue('layout', {}, ada)).toEqual({ columns: 2, areas: ['main', 'side'] })
  })

  it('sends a flag key unchanged and gets it back', async () => {
    const { client, log } = await connect()
    for (const key of ['a/b c%', '%', '__proto__', 'ä'])
      expect(await client.getStringDetails(key, 'mine', {})).toMatchObject({ errorCode: 'FLAG_NOT_FOUND' })
    expect(log.map(({ status }) => status)).toEqual([404, 404, 404, 404])
  })

  it('pauses as long as Retry-After says when it is rate-limited', async () => {
    let isOver = true
    const { client, log } = await connect({
      limits: { allows: () => !isOver, countRecords: () => undefined },
    })
    expect(await client.getStringDetails('title', 'mine', {})).toMatchObject({
      value: 'mine',
      reason: 'ERROR',
    })
    isOver = false
    for (let i = 0; i < 3; i++) expect(await client.getStringValue('title', 'mine', {})).toBe('mine')
    expect(log).toHaveLength(1)
    await expect.poll(() => client.getStringValue('title', 'mine', {}), { timeout: 3_000 }).toBe('apple')
  })

  it('reports a server failure as an error of the flag', async () => {
    const { client } = await connect({ snapshots: { read: () => ({ status: 'unavailable' }) } })
    expect(await client.getStringDetails('title', 'mine', {})).toMatchObject({
      value: 'mine',
      reason: 'ERROR',
      errorCode: 'GENERAL',
    })
  })
})

describe('the web provider', () => {
  const connect = async (context: object, changes: Partial<Ports> = {}) => {
    const { options, log } = setUp(changes)
    await Web.setContext(context as never)
    const provider = new OFREPWebProvider({
      ...options,
      cacheMode: 'disabled',
      changeDetection: 'none',
    } as never)
    await Web.setProviderAndWait(provider as Provider)
    return { client: Web.getClient(), log }
  }

  it('gets a new result for a new context of the same user, although it sends the old entity tag', async () => {
    const { client, log } = await connect({ targetingKey: 'ada', plan: 'free' })
    expect(client.getStringValue('by-plan', '')).toBe('apple')
    await Web.setContext({ targetingKey: 'ada', plan: 'pro' })
    expect(client.getStringValue('by-plan', '')).toBe('banana')
    await Web.setContext({ targetingKey: 'ada', plan: 'team' })
    expect(client.getStringValue('by-plan', '')).toBe('banana')
    expect(log.map(({ status }) => status)).toEqual([200, 200, 304])
  })

  it('reads flags that need no targeting key, besides one that misses it', async () => {
    const { client } = await connect({})
    expect(client.getStringDetails('title', 'mine')).toMatchObject({ value: 'apple' })
    expect(client.getStringDetails('split', 'mine')).toMatchObject({
      value: 'mine',
      errorCode: 'TARGETING_KEY_MISSING',
    })
  })

  it('passes environment and revision to telemetry, and the user without the targeting key', async () => {
    const { client } = await connect({ targetingKey: 'ada@shop.example' })
    expect(client.getStringDetails('nowhere', 'mine').flagMetadata).toEqual({
      flagSetId: 'shop',
      version: String(3 + flags.length),
      contextId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  it('ends in a fatal error with a wrong key', async () => {
    const { options } = setUp()
    const headers: [string, string][] = [['Authorization', 'Bearer nonsense']]
    const provider = new OFREPWebProvider({ ...options, headers, cacheMode: 'disabled' } as never)
    await expect(Web.setProviderAndWait(provider as Provider)).rejects.toThrow('Initialization failed')
  })
})
