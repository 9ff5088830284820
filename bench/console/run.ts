// `npm run bench:console`: how fast the console is with 10,000 flags, in headless Chromium on a local stack:
// what the first load weighs, when the list can be used, how long a key takes in the search, whether the list
// drops content when it is scrolled, and how long a flag's page takes to open. Never fails because of a time.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { call } from '../../scripts/admin.ts'
import { firstLoad } from '../../scripts/console-build.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { launchChromium } from '../../test/support/chromium.ts'
import { fillFlags } from '../fill-flags.ts'
import { openMs, readyMs, scrolled, typedMs } from './in-page.ts'

const flags = 10_000
const repeats = 9
const words = ['number 99', 'flag 1234', 'web', 'nothing like it']

const directory = mkdtempSync(join(tmpdir(), 'tackline-bench-console-'))
const start = async (state: 'keep' | 'reset') => startStack({ port: await freePort(), directory, state })
const table: [what: string, measured: string, aim: string][] = []
const say = (...row: [what: string, measured: string, aim: string]) => {
  table.push(row)
  console.error(row.join(' | '))
}

let stack: Stack = await start('reset')
let browser: Browser | undefined
try {
  await call(stack, 'POST', '/environments', { id: 'many' })
  await call(stack, 'POST', '/environments', { id: 'few' })
  await stack.stop()
  fillFlags(directory, 'many', flags)
  fillFlags(directory, 'few', 20)
  stack = await start('keep')
  browser = await launchChromium()
  const weight = firstLoad().reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
  say('first load, JavaScript, gzip', `${(weight / 1000).toFixed(1)} kB`, '150 kB')
  for (const [environment, name] of [
    ['few', '20 flags'],
    ['many', '10,000 flags'],
  ] as const)
    say(`${name}: from an empty cache to a list that answers`, await cold(browser, environment), '1,500 ms')
  const page = await signedIn(browser, 'many')
  say('10,000 flags: from a key in the search to the frame that shows it', await typing(page), '17 ms')
  const { frames, blank, slowest } = await scrolled(page)
  say(`10,000 flags: scrolled in ${frames} frames; frames with missing rows`, String(blank), '0')
  say('10,000 flags: the slowest frame while scrolling', `${slowest.toFixed(0)} ms`, '–')
  say('10,000 flags: from the click to the page of a flag', await opening(page), '200 ms')
} finally {
  await browser?.close()
  await stack.stop()
  rmSync(directory, { recursive: true, force: true })
}
console.log('| what | measured | aim |\n| --- | --- | --- |')
for (const row of table) console.log(`| ${row.join(' | ')} |`)

async function signedIn(chromium: Browser, environment: string): Promise<Page> {
  const page = await chromium.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(`${stack.url}/#token=${stack.token}`)
  await page.waitForSelector('h1')
  await page.goto(`${stack.url}/environments/${environment}/flags`)
  await page.waitForSelector('[role=row] a')
  return page
}

/** Each time a browser that has nothing: only the token is there. */
async function cold(chromium: Browser, environment: string): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < repeats; i++) {
    const context = await chromium.newContext({ viewport: { width: 1440, height: 900 } })
    await context.addInitScript(`sessionStorage.setItem('tackline-token', '${stack.token}')`)
    const page = await context.newPage()
    await page.goto(`${stack.url}/environments/${environment}/flags`, { waitUntil: 'commit' })
    times.push(await readyMs(page))
    await context.close()
  }
  return spread(times)
}

async function typing(page: Page): Promise<string> {
  const times: number[] = []
  for (const word of words) times.push(...(await typedMs(page, word)))
  return spread(times)
}

async function opening(page: Page): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < repeats; i++) times.push(await openMs(page, i + 1))
  return spread(times)
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0)
  return `${at(0.5)} ms (at most ${sorted.at(-1)!.toFixed(0)}, of ${sorted.length})`
}
