// `npm run screenshots`: every page of the console in both themes and at three widths, into
// .tackline/screenshots. With `-- --url http://127.0.0.1:8787 --token tla_…` of a running stack, else of one
// of its own. `-- --only flags`: pages whose name holds it; `--width 768`, `--theme dark`: only these.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions } from '../../scripts/command-line.ts'
import { startStack } from '../../scripts/stack.ts'
import { launchChromium } from '../support/chromium.ts'
import { freePort } from '../../scripts/free-port.ts'
import { pagesEnvironment, seedPages } from './data.ts'
import { addressOf, consolePages } from './pages.ts'
import { meetUsers, seedShowcase } from './showcase.ts'

const { values } = readOptions({
  url: { type: 'string', default: '' },
  token: { type: 'string', default: '' },
  only: { type: 'string', default: '' },
  width: { type: 'string', default: '' },
  theme: { type: 'string', default: '' },
})
const folder = join(import.meta.dirname, '../../.tackline/screenshots')
const isWanted = (wanted: string, each: string | number) => wanted === '' || wanted === String(each)
const widths = [1440, 768, 390].filter((width) => isWanted(values.width, width))
const themes = (['light', 'dark'] as const).filter((theme) => isWanted(values.theme, theme))

mkdirSync(folder, { recursive: true })
const own = values.url === '' ? await ownStack() : undefined
const { url, token } = own ?? values
const clientKey = await seedPages({ url, token })
if (own) {
  await seedShowcase({ url, token }, pagesEnvironment, Date.now())
  await meetUsers(url, clientKey)
}
const browser = await launchChromium()
try {
  for (const theme of themes)
    for (const width of widths) {
      const page = await browser.newPage({
        viewport: { width, height: width < 500 ? 844 : 900 },
        colorScheme: theme,
      })
      page.on('console', (message) => {
        if (message.type() === 'error') console.error(`${theme} ${width}: ${message.text()}`)
      })
      page.on('pageerror', (error) => console.error(`${theme} ${width}: ${error.message}`))
      await page.goto(`${url}/#token=${token}`)
      await page.waitForSelector('main')
      for (const each of consolePages.filter(({ name }) => name.includes(values.only))) {
        const { name, act } = each
        await page.goto(url + addressOf(each))
        await page.waitForSelector('h1')
        // the form that the address names
        if (/[?&]create=/.test(each.path)) await page.waitForSelector('dialog[open]')
        await page.locator('main [role=status][aria-label]').first().waitFor({ state: 'detached' })
        await act?.(page)
        await page.waitForTimeout(700) // what loads when idle
        await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`) })
      }
      await page.close()
    }
} finally {
  await browser.close()
  await own?.end()
}
console.log(folder)

async function ownStack() {
  const directory = mkdtempSync(join(tmpdir(), 'tackline-screenshots-'))
  const stack = await startStack({ port: await freePort(), directory, state: 'reset' })
  const end = async () => {
    await stack.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return { url: stack.url, token: stack.token, end }
}
