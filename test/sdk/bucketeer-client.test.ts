// Bucketeer's published client SDK over time: changing attributes and users, polling, offline use and a
// failing server. Then the same SDK in Chromium, with the browser's own CORS and localStorage.
import {
  type BKTStorage,
  defineBKTConfig,
  defineBKTUser,
  destroyBKTClient,
  getBKTClient,
  initializeBKTClient,
} from '@bucketeer/js-client-sdk'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import {
  changeFlag,
  createTestEnvironment,
  lakeHolding,
  type TestEnvironment,
  readLake,
  useStack,
} from '../support/stack-fixture.ts'
import { createFlags } from '../support/sdk/flags.ts'
import { servePage } from '../support/sdk/web-page.ts'

const stack = useStack()
const placeOf = async (id: string): Promise<TestEnvironment> => {
  const environment = await createTestEnvironment(stack(), id)
  await createFlags(environment)
  return environment
}
const titled = (variationId: string) => ({
  defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId } },
})

/** The storage of a device, which outlives a client. */
function device(): <T>(key: string) => BKTStorage<T> {
  const stored = new Map<string, unknown>()
  return <T>(key: string) => ({
    set: (value: T | null) => Promise.resolve(void stored.set(key, structuredClone(value))),
    get: () => Promise.resolve((stored.get(key) ?? null) as T | null),
    clear: () => Promise.resolve(void stored.delete(key)),
  })
}

interface Options {
  readonly attributes?: Record<string, string>
  readonly storageFactory?: ReturnType<typeof device>
  readonly fetch?: typeof fetch
  readonly pollingInterval?: number
}

async function start(
  environment: TestEnvironment,
  id: string,
  { attributes = {}, ...options }: Options = {},
) {
  const config = defineBKTConfig({
    apiKey: environment.clientKey,
    apiEndpoint: environment.url,
    featureTag: 'web',
    appVersion: '1.0.0',
    userAgent: 'test',
    fetch: globalThis.fetch,
    ...options,
  })
  const user = defineBKTUser({ id, customAttributes: attributes })
  const failure = await initializeBKTClient(config, user).then(
    () => undefined,
    (error: Error) => error,
  )
  const client = getBKTClient()
  if (!client) throw new Error('the client did not start')
  return { client, failure }
}

afterEach(() => {
  destroyBKTClient()
  vi.useRealTimers()
})

/** Responses used instead of those of the server, in order. After the last, the server answers. */
function failing(path: string, ...statuses: number[]) {
  const paths: string[] = []
  const through: typeof fetch = async (input, init) => {
    const { pathname } = new URL(input as string)
    paths.push(pathname)
    const status = pathname === path ? statuses.shift() : undefined
    return status === undefined ? fetch(input, init) : new Response('{}', { status })
  }
  return { paths, fetch: through }
}

/** Edge sees a change within a second. */
const untilServed = (environment: TestEnvironment, value: string) =>
  vi.waitUntil(
    async () => {
      const answer = await fetch(`${environment.url}/get_evaluation`, {
        method: 'POST',
        headers: { authorization: environment.clientKey },
        body: JSON.stringify({ user: { id: 'someone' }, featureId: 'title' }),
      })
      return (await answer.text()).includes(value)
    },
    { timeout: 3_000 },
  )

describe('in Node', () => {
  it('gets new evaluations for a changed attribute and for another user', async () => {
    const environment = await placeOf('client-users')
    const storageFactory = device()
    const { client } = await start(environment, 'user-1', { attributes: { plan: 'free' }, storageFactory })
    expect(client.stringVariation('by-plan', 'none')).toBe('apple')
    await client.updateUserAttributes({ plan: 'pro' })
    await client.fetchEvaluations()
    expect(client.stringVariation('by-plan', 'none')).toBe('banana')
    destroyBKTClient()
    const other = await start(environment, 'ada', { storageFactory })
    expect(other.client.stringVariationDetails('by-name', 'none')).toMatchObject({
      userId: 'ada',
      variationValue: 'cherry',
      reason: 'TARGET',
    })
  })

  it('sees a change at its next poll and notifies its listeners', async () => {
    const environment = await placeOf('client-polls')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    const { client } = await start(environment, 'user-1', { pollingInterval: 60_000 })
    const listener = vi.fn<() => void>()
    client.addEvaluationUpdateListener(listener)
    await changeFlag(environment, 'title', titled('word-b'))
    await untilServed(environment, 'banana')
    expect(client.stringVariation('title', 'none')).toBe('apple')
    await vi.advanceTimersByTimeAsync(60_000)
    vi.useRealTimers()
    await expect.poll(() => client.stringVariation('title', 'none'), { timeout: 3_000 }).toBe('banana')
    expect(listener).toHaveBeenCalledOnce()
  })

  it('starts offline from its storage and is current after it reconnects', async () => {
    const environment = await placeOf('client-offline')
    const storageFactory = device()
    await start(environment, 'user-1', { storageFactory })
    destroyBKTClient()
    await changeFlag(environment, 'title', titled('word-b'))
    let isOffline = true
    const wire: typeof fetch = (input, init) =>
      isOffline ? Promise.reject(new TypeError('offline')) : fetch(input, init)
    const { client, failure } = await start(environment, 'user-1', { storageFactory, fetch: wire })
    expect(failure).toMatchObject({ name: 'NetworkException' })
    expect(client.stringVariation('title', 'none')).toBe('apple')
    await untilServed(environment, 'banana')
    isOffline = false
    await client.fetchEvaluations()
    expect(client.stringVariation('title', 'none')).toBe('banana')
  })

  it('retries after 499, and reports 503 and returns the defaults', async () => {
    const environment = await placeOf('client-fails')
    const busy = failing('/get_evaluations', 499, 499)
    const patient = await start(environment, 'user-1', { fetch: busy.fetch })
    expect(patient.failure).toBeUndefined()
    expect(busy.paths.filter((path) => path === '/get_evaluations')).toHaveLength(3)
    expect(patient.client.stringVariation('title', 'none')).toBe('apple')
    destroyBKTClient()
    const away = failing('/get_evaluations', 503)
    const { client, failure } = await start(environment, 'user-2', { fetch: away.fetch })
    expect(failure).toMatchObject({ name: 'ServiceUnavailableException' })
    expect(client.stringVariation('title', 'mine')).toBe('mine')
    await client.fetchEvaluations()
    expect(client.stringVariation('title', 'mine')).toBe('apple')
    await client.flush()
    const reports = async () =>
      (await readLake(environment)).map((record) => (record.kind === 'sdk-report' ? record.event : ''))
    await expect
      .poll(reports, { timeout: 15_000 })
      .toContain('ServiceUnavailableErrorMetricsEvent/GET_EVALUATIONS')
  })

  it('keeps events that were not accepted, and sends them once', async () => {
    const environment = await placeOf('client-events')
    const wire = failing('/register_events', 503)
    const { client } = await start(environment, 'shopper', { fetch: wire.fetch })
    client.stringVariation('title', 'none')
    await client.track('purchase', 5)
    await client.flush().catch(() => undefined)
    await client.flush()
    const records = await lakeHolding(4, environment)
    expect(wire.paths.filter((path) => path === '/register_events').length).toBeGreaterThan(1)
    expect(
      records
        .filter(({ kind }) => kind !== 'sdk-report')
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['exposure', 'tracking'])
  })
})

const html = `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="icon" href="data:,">
<script type="importmap">{"imports":{"async-mutex":"/async-mutex/index.mjs"}}</script>
<script type="module">
  import * as sdk from '/@bucketeer/js-client-sdk/dist/main.browser.mjs'
  Object.assign(window, { sdk })
  document.title = 'ready'
</script>`

describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser
  let page: Awaited<ReturnType<typeof servePage>>
  beforeAll(async () => {
    page = await servePage(html)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    page?.close()
  })

  it('evaluates across origins, starts offline from localStorage, and sends events', async () => {
    const environment = await placeOf('client-browser')
    const tab = await browser.newPage()
    const open = async () => {
      await tab.goto(page.url)
      await tab.waitForFunction("document.title === 'ready'")
      return tab.evaluate(
        async ({ url, key }) => {
          const { sdk } = globalThis as any
          const config = { apiKey: key, apiEndpoint: url, featureTag: 'web', appVersion: '1.0.0' }
          const user = sdk.defineBKTUser({ id: 'ada', customAttributes: { plan: 'pro' } })
          return sdk.initializeBKTClient(sdk.defineBKTConfig(config), user).then(
            () => 'current',
            ({ name }: Error) => name,
          ) as Promise<string>
        },
        { url: environment.url, key: environment.clientKey },
      )
    }
    const value = (key: string) =>
      tab.evaluate(
        (flag) => (globalThis as any).sdk.getBKTClient().stringVariation(flag, 'mine') as string,
        key,
      )
    expect(await open()).toBe('current')
    expect([await value('by-plan'), await value('by-name')]).toEqual(['banana', 'cherry'])
    await tab.evaluate(async () => {
      const client = (globalThis as any).sdk.getBKTClient()
      client.track('purchase', 5)
      await client.flush()
    })
    const records = await lakeHolding(5, environment)
    expect(records.map(({ kind }) => kind).toSorted()).toEqual([
      'exposure',
      'exposure',
      'sdk-report',
      'sdk-report',
      'tracking',
    ])
    await tab.route(`${environment.url}/**`, (route) => route.abort())
    expect(await open()).not.toBe('current')
    expect(await value('by-name')).toBe('cherry')
  })
})
