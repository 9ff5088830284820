// AB Tasty's published browser build in Chromium, on an origin of its own: the bootstrap module is loaded from edge, and CORS, fetch and
// localStorage are the browser's.
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { DecisionMode, Flagship, FSFetchStatus } from '@flagship.io/js-sdk'
import { chromium } from 'playwright-core'
import { expect, it } from 'vitest'
import { createPlace, readLake, useStack } from '../stack-fixture.ts'
import { createFlags } from './flags.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const sdk = join(import.meta.dirname, '../../node_modules/@flagship.io/js-sdk/dist/index.browser.umd.js')
const stack = useStack()

declare const window: { Flagship: typeof Flagship }

async function servePage(edge: string) {
  const page = `<!doctype html><meta charset="utf-8"><title>waiting</title><link rel="icon" href="data:,">
<script src="/sdk.js"></script>
<script type="module">
  import '${edge}/flagship-io/bootstrap.js'
  document.title = 'ready'
</script>`
  const server = createServer((request, response) => {
    const isSdk = request.url === '/sdk.js'
    response.setHeader('content-type', isSdk ? 'text/javascript' : 'text/html')
    response.end(isSdk ? readFileSync(sdk) : page)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

const reason = existsSync(executablePath)
  ? ''
  : `: skipped, there is no ${executablePath} (CHROMIUM names another)`

it.skipIf(reason)(`the browser build decides and sends in both modes${reason}`, async () => {
  const place = await createPlace(stack(), 'browser')
  await createFlags(place)
  const page = await servePage(place.url)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    for (const mode of ['DECISION-API', 'BUCKETING']) {
      const tab = await browser.newPage()
      const hosts = new Set<string>()
      const complaints: string[] = []
      tab.on('pageerror', (error) => void complaints.push(error.message))
      tab.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
      tab.on('request', (request) => void hosts.add(new URL(request.url()).host))
      await tab.goto(page.url)
      await expect.poll(async () => [await tab.title(), ...complaints]).toEqual(['ready'])
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
        [place.environmentId, place.clientKey, mode],
      )
      expect(answers).toEqual({ values: ['apple', 12.5, true, 'red'], status: 'FETCHED', byPlan: 'banana' })
      const sent = async () =>
        (await readLake(place)).flatMap((record) =>
          record.targetingKey !== `${mode}-reader` || record.kind === 'sdk-report'
            ? []
            : [record.kind === 'exposure' ? record.variationId : record.event],
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
