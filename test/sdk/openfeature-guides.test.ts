// Runs the code of the guides as printed in docs/guides, against a real stack. Only addresses and keys are
// replaced.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  lakeHolding,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'
import { servePage } from '../support/sdk/web-page.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')
const stack = useStack()
const folder = mkdtempSync(join(root, 'node_modules/.tackline-guides-')) // so that packages are found
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const blocksOf = (guide: string, language: string): string[] => {
  const page = readFileSync(join(root, `docs/guides/openfeature-${guide}.md`), 'utf8')
  return [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code!)
}
const put = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function shop(id: string): Promise<TestEnvironment> {
  const environment = await createTestEnvironment(stack(), id)
  await createFlag(environment, {
    key: 'new-checkout',
    type: 'boolean',
    enabled: true,
    variations: [
      { id: 'on', name: 'new', value: 'true' },
      { id: 'off', name: 'old', value: 'false' },
    ],
    offVariationId: 'off',
    defaultStrategy: { id: 'checkout', strategy: { kind: 'fixed', variationId: 'on' } },
  })
  return environment
}

it('Node: evaluates and tracks', async () => {
  const environment = await shop('guide-node')
  const [code = ''] = blocksOf('node', 'js')
  const env = { ...process.env, TACKLINE_URL: environment.url, TACKLINE_KEY: environment.serverKey }
  const { stdout } = await run(process.execPath, [put('app.mjs', code)], { env })
  expect(stdout).toContain("{ value: true, variant: 'new', reason: 'STATIC' }")
  expect(stdout).toContain('{ accepted: 1, rejected: [] }')
  expect(await lakeHolding(1, environment)).toMatchObject([
    { kind: 'tracking', event: 'purchase', value: 25 },
  ])
})

it('Workers: evaluates in workerd', async () => {
  const environment = await shop('guide-worker')
  put('index.js', blocksOf('workers', 'js')[0]!)
  put('wrangler.toml', blocksOf('workers', 'toml')[0]!.replace('http://127.0.0.1:8787', environment.url))
  put('.dev.vars', `TACKLINE_KEY=${environment.serverKey}`)
  const port = await freePort()
  const env = {
    ...process.env,
    CI: '1',
    WRANGLER_SEND_METRICS: 'false',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  }
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
  const options = ['dev', '--port', String(port), '--inspector-port', '0']
  const child = spawn(process.execPath, [wrangler, ...options], {
    cwd: folder,
    env,
    stdio: 'ignore',
    detached: true,
  })
  try {
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/?user=ada`).catch(() => undefined)
      return answer?.text()
    }
    await expect.poll(ask, { timeout: 60_000, interval: 500 }).toBe('the new checkout')
  } finally {
    process.kill(-child.pid!, 'SIGKILL')
  }
})

let closePage = () => {}
beforeAll(() => () => closePage())

it.skipIf(!hasChromium)('browser: evaluates, follows a change, sends exposures and goals', async () => {
  const environment = await shop('guide-browser')
  const page = await servePage()
  closePage = page.close
  const browser = await launchChromium()
  try {
    const tab = await browser.newPage()
    await tab.goto(page.url)
    await tab.waitForFunction("document.title === 'ready'")
    const code = blocksOf('browser', 'js')[0]!
      .replace('http://127.0.0.1:8787', environment.url)
      .replace('<client key>', environment.clientKey)
    await tab.addScriptTag({ type: 'module', content: code })
    const bodyText = () => tab.textContent('body')
    await expect.poll(bodyText, { timeout: 5_000 }).toBe('the new checkout')
    await tab.click('body')
    await tab.waitForTimeout(500) // the stream opens
    await changeFlag(environment, 'new-checkout', { enabled: false })
    await expect.poll(bodyText, { timeout: 5_000 }).toBe('the old checkout')
    const records = await lakeHolding(3, environment)
    expect(records.map(({ kind }) => kind).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'exposure',
      'exposure',
      'tracking',
    ])
  } finally {
    await browser.close()
  }
})
