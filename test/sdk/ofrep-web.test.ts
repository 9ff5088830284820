// OpenFeature's web SDK with the published OFREP web provider against a real stack: in Node with an
// EventSource whose connection the test can break, and in Chromium with the browser's own CORS, EventSource
// and localStorage.
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature, type Provider, ProviderEvents } from '@openfeature/web-sdk'
import { EventSource as NodeEventSource } from 'eventsource'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import {
  changeFlag,
  createTestEnvironment,
  lakeHolding,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'
import { broken } from '../support/sdk/ofrep-rules.ts'
import { servePage } from '../support/sdk/web-page.ts'

const stack = useStack()
let environment: TestEnvironment
beforeAll(async () => {
  environment = await createTestEnvironment(stack(), 'web')
  await createFlags(environment)
})

const titled = (word: string) => ({
  defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId: word } },
})
const authorization = (): [string, string][] => [['Authorization', `Bearer ${environment.clientKey}`]]

/** Connections that the test can break and keep from reconnecting. */
const wire = {
  open: new Set<() => void>(),
  urls: [] as string[],
  gate: Promise.resolve(),
  cut() {
    for (const end of this.open) end()
    this.open.clear()
  },
}
class CuttableEventSource extends NodeEventSource {
  constructor(url: string | URL) {
    wire.urls.push(String(url))
    super(url, {
      fetch: async (input, init) => {
        await wire.gate
        const { body, status, headers } = await fetch(input, init as RequestInit)
        return { body: body && cuttable(body), status, headers, url: String(input), redirected: false }
      },
    })
  }
}

/** Breaks with an error, because an abort would look like the client's own. */
function cuttable(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream({
    start(controller) {
      wire.open.add(() => {
        controller.error(new TypeError('the connection broke'))
        reader.cancel().catch(() => undefined)
      })
    },
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

describe('in Node', () => {
  const requests: string[] = []
  const fetchImplementation = async (input: RequestInfo | URL, init?: RequestInit) => {
    const response = await fetch(input, init)
    const path = String(input instanceof Request ? input.url : input)
    expect(await broken(path.split('?')[0]!, response.clone())).toBeUndefined()
    requests.push(`${path.replace(environment.url, '')} ${response.status}`)
    return response
  }
  const connect = async (options: object = {}) => {
    requests.length = 0
    wire.urls.length = 0
    await OpenFeature.setContext({ targetingKey: 'ada' })
    const base = {
      baseUrl: environment.url,
      headers: authorization(),
      fetchImplementation,
      cacheMode: 'disabled',
    }
    const provider = new OFREPWebProvider({ ...base, ...options } as never) as Provider
    await OpenFeature.setProviderAndWait(provider)
    return OpenFeature.getClient()
  }
  beforeAll(() => {
    Object.assign(globalThis, { EventSource: CuttableEventSource })
  })
  afterEach(async () => {
    await OpenFeature.clearProviders()
    wire.cut()
    await changeFlag(environment, 'title', titled('word-a'))
  })

  it('gets a change from the stream at once, and fetches with its revision', async () => {
    const client = await connect()
    await expect.poll(() => client.getStringValue('title', ''), { timeout: 3_000 }).toBe('apple')
    await expect.poll(() => wire.open.size).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const changed: (string[] | undefined)[] = []
    client.addHandler(
      ProviderEvents.ConfigurationChanged,
      (details) => void changed.push(details?.flagsChanged),
    )
    await changeFlag(environment, 'title', titled('word-b'))
    await expect.poll(() => client.getStringValue('title', ''), { timeout: 3_000 }).toBe('banana')
    expect(requests.at(-1)).toMatch(/flagConfigEtag=%22\d+%22.* 200$/)
    expect(changed).toEqual([['title']])
  })

  it('gets a change that was published just before it connected and missing in its first response', async () => {
    await changeFlag(environment, 'title', titled('word-b'))
    const client = await connect()
    await expect.poll(() => client.getStringValue('title', ''), { timeout: 3_000 }).toBe('banana')
  })

  it('gets a change that was made while its connection was broken', async () => {
    const client = await connect()
    await expect.poll(() => client.getStringValue('title', ''), { timeout: 3_000 }).toBe('apple')
    await expect.poll(() => wire.open.size).toBe(1)
    let letIn = () => {}
    wire.gate = new Promise((resolve) => (letIn = resolve))
    wire.cut()
    await changeFlag(environment, 'title', titled('word-c'))
    letIn()
    await expect.poll(() => client.getStringValue('title', ''), { timeout: 10_000 }).toBe('cherry')
  })

  it('works under a path prefix, also the stream', async () => {
    const settings = (pathPrefix: string | null) =>
      call(environment, 'PATCH', `/environments/${environment.environmentId}/settings`, { pathPrefix })
    await settings('/team/a')
    const atPrefix = () =>
      fetch(`${environment.url}/team/a/ofrep/v1/evaluate/flags`, {
        method: 'POST',
        headers: authorization(),
        body: '{}',
      })
    await expect.poll(async () => (await atPrefix()).status, { timeout: 3_000 }).toBe(200)
    const client = await connect({ baseUrl: `${environment.url}/team/a` })
    await expect.poll(() => wire.open.size).toBe(1)
    expect(wire.urls).toEqual([`${environment.url}/team/a/ofrep/v1/stream/${environment.clientKey}`])
    await new Promise((resolve) => setTimeout(resolve, 300))
    await changeFlag(environment, 'title', titled('word-b'))
    await expect.poll(() => client.getStringValue('title', ''), { timeout: 3_000 }).toBe('banana')
    await OpenFeature.clearProviders()
    await settings(null)
  })

  it('opens no stream if the environment has none', async () => {
    const settings = (streams: boolean) =>
      call(environment, 'PATCH', `/environments/${environment.environmentId}/settings`, { streams })
    await settings(false)
    await expect
      .poll(async () => (await fetch(`${environment.url}/ofrep/v1/stream/${environment.clientKey}`)).status, {
        timeout: 3_000,
      })
      .toBe(404)
    await connect()
    expect(wire.urls).toEqual([])
    await settings(true)
  })

  it('refuses a stream with a wrong key as a problem, and answers the CORS preflight', async () => {
    const wrong = await fetch(`${environment.url}/ofrep/v1/stream/nonsense`)
    expect([wrong.status, await wrong.json()]).toEqual([
      403,
      { errorCode: 'GENERAL', errorDetails: expect.any(String) },
    ])
    const preflight = await fetch(`${environment.url}/ofrep/v1/evaluate/flags`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,if-none-match',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('if-none-match')
    expect(preflight.headers.get('access-control-max-age')).toBe('86400')
  })

  it('delivers exposures and goals to the lake', async () => {
    const client = await connect({ headers: [...authorization(), ['X-Exposure-Tokens', 'true']] })
    const { flagMetadata } = client.getStringDetails('split', '')
    expect(flagMetadata['exposureToken']).toMatch(/\./)
    const answer = await fetch(`${environment.url}/ofrep/v1/track`, {
      method: 'POST',
      headers: { authorization: `Bearer ${environment.clientKey}` },
      body: JSON.stringify({
        context: { targetingKey: 'ada', country: 'NL' },
        events: [
          { kind: 'exposure', exposureToken: flagMetadata['exposureToken'] },
          { kind: 'exposure', exposureToken: `${String(flagMetadata['exposureToken'])}x` },
          { kind: 'goal', id: 'order-1', name: 'purchase', value: 25 },
          { kind: 'goal', id: 'order-1', name: 'purchase', value: 25 },
        ],
      }),
    })
    expect(await answer.json()).toMatchObject({ accepted: 3, rejected: [{ index: 1, errorCode: 'GENERAL' }] })
    const records = await lakeHolding(2, environment)
    expect(records).toHaveLength(2)
    expect(records).toContainEqual(
      expect.objectContaining({
        kind: 'exposure',
        flagKey: 'split',
        ruleId: 'split-default',
        targetingKey: 'ada',
      }),
    )
    expect(records).toContainEqual(
      expect.objectContaining({ kind: 'tracking', event: 'purchase', value: 25 }),
    )
  })
})

describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser
  let page: Awaited<ReturnType<typeof servePage>>
  beforeAll(async () => {
    page = await servePage()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    page?.close()
  })

  it('evaluates, follows a change, fetches with its entity tag, and starts from localStorage', async () => {
    const tab = await browser.newPage()
    const failures: string[] = []
    tab.on('pageerror', (error) => failures.push(error.message))
    tab.on('console', (message) => {
      if (message.type() === 'error') failures.push(message.text())
    })
    const statuses: number[] = []
    tab.on('response', (response) => {
      if (response.request().method() === 'POST') statuses.push(response.status())
    })
    const start = async () => {
      await tab.goto(page.url)
      await tab.waitForFunction("document.title === 'ready'")
      await tab.evaluate(
        async ({ url, key }) => {
          const { OpenFeature: sdk, OFREPWebProvider: Provider } = globalThis as any
          await sdk.setContext({ targetingKey: 'ada', plan: 'free' })
          const headers = [['Authorization', `Bearer ${key}`]]
          await sdk.setProviderAndWait(new Provider({ baseUrl: url, headers }))
        },
        { url: environment.url, key: environment.clientKey },
      )
    }
    const valueOf = (key: string) =>
      tab.evaluate((flag) => (globalThis as any).OpenFeature.getClient().getStringValue(flag, 'mine'), key)
    await start()
    await expect.poll(() => valueOf('title')).toBe('apple')
    await tab.waitForTimeout(500) // the stream opens
    await changeFlag(environment, 'title', titled('word-b'))
    await expect.poll(() => valueOf('title'), { timeout: 5_000 }).toBe('banana')
    expect(await valueOf('by-plan')).toBe('apple')
    await tab.evaluate(() => (globalThis as any).OpenFeature.setContext({ targetingKey: 'ada', plan: 'pro' }))
    await expect.poll(() => valueOf('by-plan')).toBe('banana')
    await tab.evaluate(() =>
      (globalThis as any).OpenFeature.setContext({ targetingKey: 'ada', plan: 'pro', more: 1 }),
    )
    await expect.poll(() => statuses).toContain(304)
    await start()
    expect(await valueOf('title')).toBe('banana')
    expect(failures).toEqual([])
    await tab.close()
  })
})
