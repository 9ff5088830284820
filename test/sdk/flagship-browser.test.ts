// AB Tasty's published browser build in Chromium, on an origin of its own. The bootstrap module is loaded
// from edge. CORS, fetch and localStorage are the browser's own.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { DecisionMode, Flagship, FSFetchStatus, Visitor } from '@flagship.io/js-sdk'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import {
  changeFlag,
  createTestEnvironment,
  type TestEnvironment,
  readLake,
  useStack,
} from '../support/stack-fixture.ts'
import { subjectOf } from '../support/record-subject.ts'
import { createFlags } from '../support/sdk/flags.ts'
import { type FaultProxy, startFaultProxy } from '../support/sdk/fault-proxy.ts'

const dist = join(import.meta.dirname, '../../node_modules/@flagship.io/js-sdk/dist')
const stack = useStack()

/** Globals that the page keeps between two `evaluate` calls. */
declare const window: { Flagship: typeof Flagship; visitor: Visitor }

async function servePage(edge: string) {
  const page = `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="icon" href="data:,">
<script src="/index.browser.umd.js"></script>
<script type="module">
  import '${edge}/flagship-io/bootstrap.js'
  document.title = 'ready'
</script>`
  const server = createServer((request, response) => {
    const file = join(dist, request.url ?? '')
    const isScript = /^\/[\w./-]+\.js$/.test(request.url ?? '') && existsSync(file)
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? readFileSync(file) : page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

it.skipIf(!hasChromium)('the browser build evaluates and sends hits in both modes', async () => {
  const environment = await createTestEnvironment(stack(), 'browser')
  await createFlags(environment)
  const page = await servePage(environment.url)
  const browser = await launchChromium()
  try {
    for (const mode of ['DECISION-API', 'BUCKETING']) {
      const tab = await browser.newPage()
      const hosts = new Set<string>()
      const errors: string[] = []
      tab.on('pageerror', (error) => void errors.push(error.message))
      tab.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
      tab.on('request', (request) => void hosts.add(new URL(request.url()).host))
      await tab.goto(page.url)
      await expect.poll(async () => [await tab.title(), ...errors]).toEqual(['ready'])
      const answers = await tab.evaluate(
        async ([environmentId, key, decisionMode]) => {
          const started = await window.Flagship.start(environmentId!, key!, {
            decisionMode: decisionMode as DecisionMode.BUCKETING,
            fetchNow: false,
            disableDeveloperUsageTracking: true,
            trackingManagerConfig: { batchIntervals: 1 },
          })
          const visitor = started.newVisitor({
            visitorId: `${decisionMode}-reader`,
            hasConsented: true,
            context: { plan: 'pro' },
          })
          await visitor.fetchFlags()
          const read = <T>(flag: string, fallback: T) => visitor.getFlag(flag).getValue<T>(fallback, false)
          const values = [read('title', ''), read('rate', 0), read('lights', false), read('colour', '')]
          visitor.getFlag('by-plan').getValue('none')
          await visitor.sendHit({
            type: 'PAGEVIEW' as never,
            documentLocation: `https://shop.example/${decisionMode}`,
          })
          return {
            values,
            status: visitor.flagsStatus.status as FSFetchStatus,
            byPlan: read('by-plan', 'none'),
          }
        },
        [environment.environmentId, environment.clientKey, mode],
      )
      expect(answers).toEqual({ values: ['apple', 12.5, true, 'red'], status: 'FETCHED', byPlan: 'banana' })
      const sent = async () =>
        (await readLake(environment)).flatMap((record) =>
          record.targetingKey !== `${mode}-reader` || record.kind === 'sdk-report' ? [] : [subjectOf(record)],
        )
      await expect
        .poll(sent, { timeout: 15_000 })
        .toEqual(expect.arrayContaining(['word-b', `https://shop.example/${mode}`]))
      expect([...hosts].filter((host) => host.endsWith('.io') || host.endsWith('.com'))).toEqual([])
      await tab.close()
    }
  } finally {
    await browser.close()
    page.close()
  }
})

describe.skipIf(!hasChromium)('in a browser', () => {
  let environment: TestEnvironment
  let proxy: FaultProxy
  let browser: Browser
  let page: Awaited<ReturnType<typeof servePage>>
  beforeAll(async () => {
    environment = await createTestEnvironment(stack(), 'tab')
    await createFlags(environment)
    proxy = await startFaultProxy(environment.url)
    page = await servePage(proxy.url)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    page?.close()
    proxy?.close()
  })

  /** Opens a page with the SDK and the bootstrap module, which redirects it to the proxy. */
  async function openTab(profile: BrowserContext) {
    const tab = await profile.newPage()
    const errors: string[] = []
    tab.on('pageerror', (error) => void errors.push(error.message))
    tab.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
    await tab.goto(page.url)
    await expect.poll(() => tab.title()).toBe('ready')
    const createVisitor = (mode: string, visitorId: string, environmentId = environment.environmentId) =>
      tab.evaluate(
        async ([id, apiKey, decisionMode, who]) => {
          const started = await window.Flagship.start(id!, apiKey!, {
            decisionMode: decisionMode as DecisionMode.BUCKETING,
            fetchNow: false,
            timeout: 1,
            pollingInterval: 1,
            fetchFlagsBufferingTime: 0,
            disableDeveloperUsageTracking: true,
            trackingManagerConfig: { batchIntervals: 1 },
          })
          window.visitor = started.newVisitor({
            visitorId: who!,
            hasConsented: true,
            context: { plan: 'pro' },
          })
        },
        [environmentId, environment.clientKey, mode, visitorId],
      )
    const fetchAndRead = () =>
      tab.evaluate(async () => {
        await window.visitor.fetchFlags()
        const { status, reason: why } = window.visitor.flagsStatus
        return `${status} ${why} ${window.visitor.getFlag('title').getValue('mine', false)}`
      })
    return { tab, errors, createVisitor, fetchAndRead }
  }
  /** The visitors' exposures and hits in the lake, duplicates included. */
  const inLake = async (visitorIds: readonly string[]) => {
    const ids = new Set<string>()
    return (await readLake(environment))
      .flatMap((record) => {
        if (!visitorIds.includes(record.targetingKey)) return []
        if (record.kind === 'sdk-report') return []
        const isRepeated = record.kind === 'alias' && ids.has(record.id) // each request after login names both ids
        ids.add(record.id)
        return isRepeated ? [] : [`${record.targetingKey} ${subjectOf(record)}`]
      })
      .toSorted()
  }

  const waitForCall = async (wanted: string) => {
    await expect.poll(() => proxy.calls, { timeout: 5_000 }).toContain(wanted)
  }

  describe.each(['DECISION-API', 'BUCKETING'])('%s', (mode) => {
    const isBucketing = mode === 'BUCKETING'
    let profile: BrowserContext
    beforeAll(async () => {
      profile = await browser.newContext()
    })
    afterAll(() => profile.close())

    it('follows a change and panic mode, and sends hits of every type before and after login', async () => {
      const [guest, member] = [`${mode}-guest`, `${mode}-member`]
      const { tab, createVisitor, fetchAndRead } = await openTab(profile)
      proxy.calls.length = 0
      await createVisitor(mode, guest)
      expect(await fetchAndRead()).toBe('FETCHED NONE apple')
      if (isBucketing) await waitForCall('GET /tab/bucketing.json 304')
      proxy.calls.length = 0
      const titled = (variationId: string) => ({
        defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId } },
      })
      await changeFlag(environment, 'title', titled('word-b'))
      await expect.poll(fetchAndRead, { timeout: 4_000 }).toBe('FETCHED NONE banana')
      if (isBucketing) expect(proxy.calls).toContain('GET /tab/bucketing.json 200')
      await changeFlag(environment, 'title', titled('word-a'))
      const panic = (isOn: boolean) =>
        call(environment, 'PATCH', '/environments/tab/settings', { panic: isOn })
      await panic(true)
      await expect.poll(fetchAndRead, { timeout: 4_000 }).toBe('PANIC NONE mine')
      await panic(false)
      await expect.poll(fetchAndRead, { timeout: 4_000 }).toBe('FETCHED NONE apple')

      await tab.evaluate(
        async ([who]) => {
          const { visitor } = window
          const send = (type: string, fields: object) => visitor.sendHit({ type, ...fields } as never)
          await send('SCREENVIEW', { documentLocation: 'home' })
          visitor.authenticate(who!)
          await visitor.fetchFlags()
          await send('EVENT', { category: 'Action Tracking', action: 'basket', value: 2 })
          await send('TRANSACTION', { transactionId: 't1', affiliation: 'purchase', totalRevenue: 20 })
          await send('ITEM', { transactionId: 't1', productName: 'Tea', productSku: 'tea', itemPrice: 10 })
          visitor.unauthenticate()
          await visitor.fetchFlags()
          await send('PAGEVIEW', { documentLocation: 'https://shop.example/' })
          visitor.getFlag('by-plan').getValue('none')
        },
        [member],
      )
      const wanted = [
        ...['home', 'https://shop.example/', 'word-b'].map((what) => `${guest} ${what}`),
        ...[`was ${guest}`, 'basket', 'purchase', 'tea'].map((what) => `${member} ${what}`),
      ].toSorted()
      await expect.poll(() => inLake([guest, member]), { timeout: 15_000 }).toEqual(wanted)
      await tab.close()
    })

    it('uses cached flags while nothing answers, and sends its hits from the next page', async () => {
      const who = `${mode}-kept`
      const first = await openTab(profile)
      await first.createVisitor(mode, who)
      expect(await first.fetchAndRead()).toBe('FETCHED NONE apple')
      for (const fault of ['breaks', 'hangs'] as const) {
        proxy.set(fault)
        expect(await first.fetchAndRead()).toBe(
          isBucketing ? 'FETCHED NONE apple' : 'FETCH_REQUIRED FLAGS_FETCHED_FROM_CACHE apple',
        )
      }
      await first.tab.evaluate(() =>
        window.visitor.sendHit({ type: 'SCREENVIEW' as never, documentLocation: 'last page' }),
      )
      await first.tab.close()
      proxy.set('passes')
      const second = await openTab(profile)
      await second.createVisitor(mode, who)
      expect(await second.fetchAndRead()).toBe('FETCHED NONE apple')
      await expect.poll(() => inLake([who]), { timeout: 15_000 }).toEqual([`${who} last page`])
      await second.tab.close()
    })

    it('gets 404, not a CORS error, for an unknown environment, and uses the defaults', async () => {
      const { tab, errors, createVisitor, fetchAndRead } = await openTab(profile)
      proxy.calls.length = 0
      await createVisitor(mode, `${mode}-lost`, 'nowhere')
      expect(await fetchAndRead()).toBe(
        isBucketing ? 'FETCHED NONE mine' : 'FETCH_REQUIRED FLAGS_FETCHING_ERROR mine',
      )
      expect(proxy.calls).toContain(
        isBucketing ? 'GET /nowhere/bucketing.json 404' : 'POST /v2/nowhere/campaigns 404',
      )
      await waitForCall('POST / 404')
      expect(errors.join('\n')).toMatch(/404/)
      expect(errors.join('\n')).not.toMatch(/CORS|access control/i)
      await tab.close()
    })
  })
})
