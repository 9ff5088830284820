// What people do in the console, in Chromium on a real stack, up to what a published SDK then decides.
import { readFileSync } from 'node:fs'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OpenFeature } from '@openfeature/server-sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { pagesEnvironment, productionEnvironment, seedPages } from '../screenshots/data.ts'
import { addressOf, consolePages } from '../screenshots/pages.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { makeLive } from '../support/console-hands.ts'
import { changedBy } from '../support/console-journeys.ts'
import { calledRoutes, openConsole, violationsOf } from '../support/console-tab.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
let browser: Browser
let clientKey: string
beforeAll(async () => {
  if (!hasChromium) return
  browser = await launchChromium()
  clientKey = await seedPages(stack())
})
afterAll(async () => browser?.close())

/** Ends what hangs: some forty pages, in both themes. */
const everyPageMs = 600_000
const themes = [
  ['light', 'everything'],
  ['dark', 'colours'],
] as const
/** In pixels: WCAG's 1,280 at 400 %. */
const narrowest = 320

const environment = `/environments/${pagesEnvironment}`
const boolean = {
  type: 'boolean',
  variations: [
    { id: 'on', name: 'on', value: 'true' },
    { id: 'off', name: 'off', value: 'false' },
  ],
  offVariationId: 'off',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'off' } },
}

describe.skipIf(!hasChromium)('in the console', () => {
  it('a flag is created, targeted, saved, decided by an SDK, and rolled back', async () => {
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}${environment}/flags`)
    await page.getByRole('button', { name: 'Create flag' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Pay later (EU)')
    expect(await page.getByLabel('Key', { exact: true }).inputValue()).toBe('pay-later-eu')
    await page.getByLabel('Everyone gets, when on').selectOption('off')
    await page.getByLabel('Turn it on at once').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Create flag' }).click()
    await page.getByRole('heading', { name: 'Pay later (EU)' }).waitFor()

    const provider = new OFREPProvider({
      baseUrl: stack().url,
      headers: [['authorization', `Bearer ${clientKey}`]],
    })
    await OpenFeature.setProviderAndWait('console', provider)
    const client = OpenFeature.getClient('console')
    const asked = (country: string) =>
      client.getBooleanValue('pay-later-eu', false, { targetingKey: 'ada', country })

    await page.getByRole('button', { name: 'Add rule' }).click()
    await page.getByLabel('Attribute', { exact: true }).fill('country')
    await page.getByLabel('Operator').selectOption('in')
    await page.getByLabel('Values').fill('DE, FR')
    await page.getByLabel('Values').press('Enter')
    await page.getByText('No problems found').waitFor()
    await page.getByLabel(/^Comment/).fill('Germany and France first')
    await page.reload() // what was typed as targeting is still there
    await page.getByText('Rule 1').first().waitFor()
    await page.getByText('No problems found').waitFor()
    await makeLive(page, () => page.getByRole('button', { name: 'Save changes' }).click())
    await expect.poll(() => asked('DE'), { timeout: 10_000 }).toBe(true)
    expect(await asked('US')).toBe(false)

    await page.getByRole('link', { name: 'Debugger' }).click()
    await page.getByLabel('Targeting key', { exact: true }).fill('ada')
    await page.getByRole('button', { name: 'Add attribute' }).click()
    await page.getByLabel('Name of attribute 1').fill('country')
    await page.getByLabel('Value of attribute 1').fill('FR')
    await page.getByRole('button', { name: 'Evaluate' }).click()
    await page.getByText('Rule 1 fits').waitFor()

    await page
      .getByRole('navigation', { name: 'Parts of the flag' })
      .getByRole('link', { name: 'History' })
      .click()
    await page.getByRole('button', { name: 'Roll back to here' }).last().click()
    await makeLive(page, () =>
      page.getByRole('dialog').getByRole('button', { name: 'Roll back to here' }).click(),
    )
    await expect.poll(() => asked('DE'), { timeout: 10_000 }).toBe(false)
    expect(faults()).toEqual([])
    await page.close()
    await OpenFeature.close()
  })

  it('a flag is created by keyboard alone', async () => {
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}${environment}/flags`)
    await page.getByRole('button', { name: 'Create flag' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog', { name: 'Search or jump to' }).waitFor()
    await page.keyboard.type('create flag')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Create flag' }).waitFor()
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor()
    // on to the switch: the flag is off
    const toggle = page.getByRole('switch')
    const isReached = () => page.evaluate<boolean>(`document.activeElement.role === 'switch'`)
    for (let i = 0; i < 40 && !(await isReached()); i++) await page.keyboard.press('Tab')
    await makeLive(page, () => page.keyboard.press('Space'))
    expect(await toggle.getAttribute('aria-checked')).toBe('true')
    expect(faults()).toEqual([])
    await page.close()
  })

  it('two edits of one flag are merged, and nothing that was typed is lost', async () => {
    await call(stack(), 'POST', `${environment}/flags`, { ...boolean, key: 'merged' })
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}${environment}/flags/merged`)
    await page.getByLabel('When the flag is off').selectOption('on')
    await page.getByText('No problems found').waitFor()
    await call(stack(), 'PATCH', `${environment}/flags/merged`, {
      offVariationId: null,
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
    })
    await page.getByText('Somebody else changed this flag meanwhile').waitFor()
    await page.getByLabel('Yours').check()
    await page.getByRole('button', { name: 'Merge' }).click()
    await page.getByText('No problems found').waitFor()
    await makeLive(page, () => page.getByRole('button', { name: 'Save changes' }).click())
    expect(await call(stack(), 'GET', `${environment}/flags/merged`)).toMatchObject({
      offVariationId: 'on', // mine
      defaultStrategy: { strategy: { variationId: 'on' } }, // theirs
    })
    expect(faults()).toEqual([])
    await page.close()
  })

  it('many flags are archived at once, after a look at what that would do', async () => {
    for (const key of ['stale-one', 'stale-two'])
      await call(stack(), 'POST', `${environment}/flags`, { ...boolean, key })
    const needs = { prerequisites: [{ flagKey: 'stale-one', variationId: 'on' }] }
    await call(stack(), 'POST', `${environment}/flags`, { ...boolean, key: 'stale-needs-one', ...needs })
    const { page, faults } = await openConsole(
      browser,
      stack(),
      (status, url) => status === 409 && url.includes('/flag-changes?dryRun'),
    )
    await page.goto(`${stack().url}${environment}/flags`)
    await page.getByLabel('Search flags').fill('stale-')
    await page.getByText('3 of').waitFor()
    await page.getByLabel('Select all that are shown').check()
    await page.getByLabel('Select stale-needs-one').uncheck()
    const bar = page.getByRole('toolbar')
    await bar.getByRole('button', { name: 'Archive' }).click()
    await page.getByText('this would break flag stale-needs-one').waitFor()
    await page.keyboard.press('Escape')
    await page.getByLabel('Select stale-needs-one').check()
    await bar.getByRole('button', { name: 'Archive' }).click()
    await page.getByText(/3.flags change, in one revision/).waitFor()
    await makeLive(page, () => page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click())
    for (const key of ['stale-one', 'stale-two', 'stale-needs-one'])
      expect(await call(stack(), 'GET', `${environment}/flags/${key}`)).toMatchObject({ archived: true })
    await page.getByRole('button', { name: 'Save view' }).click()
    await page.getByLabel('Name of the view').fill('Stale')
    await page.getByRole('dialog').getByRole('button', { name: 'Save view' }).click()
    await page.goto(`${stack().url}${environment}/flags`)
    await page.getByRole('link', { name: /^Stale/ }).click()
    await page.waitForURL(/q=stale-/)
    expect(faults()).toEqual([])
    await page.close()
  })

  it('a file of another system is imported after its plan, and an export changes nothing', async () => {
    const definitions = {
      flags: {
        'from-flagd': {
          state: 'ENABLED',
          variants: { on: true, off: false },
          defaultVariant: 'off',
          targeting: { if: [{ ends_with: [{ var: 'email' }, '@shop.example'] }, 'on', 'off'] },
        },
      },
    }
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}${environment}/transfer`)
    const file = (name: string, text: string) =>
      page.getByLabel('File').setInputFiles({ name, mimeType: '', buffer: Buffer.from(text) })
    await file('flags.json', JSON.stringify(definitions))
    await page
      .getByRole('region', { name: 'What would change' })
      .getByText('from-flagd', { exact: true })
      .waitFor()
    expect(await page.getByLabel('What it is').inputValue()).toBe('flagd')
    await page.getByRole('button', { name: 'Apply import' }).click()
    await makeLive(page, () => page.getByRole('dialog').getByRole('button', { name: 'Apply import' }).click())
    expect(await call(stack(), 'GET', `${environment}/flags/from-flagd`)).toMatchObject({ enabled: true })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save as YAML' }).click()
    await file('export.yaml', readFileSync(await (await download).path(), 'utf8'))
    await page.getByText('there is nothing to apply').waitFor()
    expect(faults()).toEqual([])
    await page.close()
  })

  it('production asks for a comment, and a viewer is told what is needed', async () => {
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}/environments/${productionEnvironment}/flags`)
    await page.getByRole('switch').click()
    const dialog = page.getByRole('dialog')
    const confirm = dialog.getByRole('button', { name: 'Turn off' })
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel('Comment').fill('An incident')
    await makeLive(page, () => confirm.click())
    expect(faults()).toEqual([])
    await page.close()

    const viewer = await call<{ token: string }>(stack(), 'POST', '/organisations/default/tokens', {
      name: 'looks only',
      role: 'viewer',
    })
    const seen = await openConsole(browser, { url: stack().url, token: viewer.token })
    await seen.page.goto(`${stack().url}/environments/${productionEnvironment}/flags`)
    await seen.page.getByRole('switch').waitFor()
    expect(await seen.page.getByRole('switch').isDisabled()).toBe(true)
    const create = seen.page.getByRole('button', { name: 'Create flag' })
    expect(await create.getAttribute('title')).toContain('This needs the role editor')
    expect(seen.faults()).toEqual([])
    await seen.page.close()
  })

  it('an unknown token, a flag that is not there and an unreachable API are said, and lead on', async () => {
    const { page } = await openConsole(browser, { url: stack().url, token: 'tla_unknown' })
    await page.getByText('The API does not know this token').waitFor()
    await page.getByLabel('API token').fill(stack().token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Flags' }).waitFor()
    await page.goto(`${stack().url}${environment}/flags/not-there`)
    await page.getByText('There is nothing under this address').waitFor()
    await page.route('**/api/v1/**', (route) => route.abort('connectionrefused'))
    await page.goto(`${stack().url}${environment}/history`)
    await page.getByText('The admin API cannot be reached').waitFor()
    await page.unroute('**/api/v1/**')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Audit log' }).waitFor()
    await page.close()
  })

  it(
    'every page is accessible in both themes, fits 320 pixels, and nothing fails on any',
    async () => {
      const { page, faults } = await openConsole(browser, stack())
      const found: string[] = []
      for (const each of consolePages) {
        await page.goto(stack().url + addressOf(each))
        await expect.poll(() => page.locator('h1').count(), { message: each.name, timeout: 20_000 }).toBe(1)
        await each.act?.(page)
        for (const [colorScheme, asked] of themes) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          const violations = await violationsOf(page, asked)
          found.push(...violations.map((line) => `${each.name} ${colorScheme}: ${line}`))
        }
        await page.setViewportSize({ width: narrowest, height: 700 })
        const width = await page.evaluate<number>('document.scrollingElement.scrollWidth')
        if (width > narrowest) found.push(`${each.name}: scrolls sideways, ${width} px`)
        await page.setViewportSize({ width: 1280, height: 900 })
      }
      expect(found).toEqual([])
      expect(faults()).toEqual([])
      await page.close()
    },
    everyPageMs,
  )

  it('all of that was asked of the API', () => {
    expect(calledRoutes()).toEqual(expect.arrayContaining([...changedBy['console-journeys']]))
  })
})
