// What people do by mistake in the console, in Chromium on a real stack: press twice, press Escape, go back,
// paste a blank, work in two tabs, stay until the session has ended. Nothing typed is lost, nothing is sent
// twice.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { halfNew } from '../support/colleague.ts'
import { handsOn } from '../support/console-hands.ts'
import { type ConsoleTab, openConsole } from '../support/console-tab.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const id = 'console-slips'
const path = `/environments/${id}`
let browser: Browser
let tab: ConsoleTab
let page: Page

const { dialog, open, press, fill, confirm } = handsOn(
  () => page,
  () => stack().url + path,
)
const read = <T>(of: string) => call<T>(stack(), 'GET', `${path}/${of}`)
const answer = (name: string) => dialog().getByRole('button', { name, exact: true })

const clauseOf = (values: readonly string[]) => ({ attribute: 'a'.repeat(90), operator: 'equals', values })
/** How much wider the page or its main part is than what shows it. */
const pixelsBeyond = () =>
  page.evaluate<number>(`Math.max(...['html', 'main'].map((name) => {
    const { scrollWidth, clientWidth } = document.querySelector(name)
    return scrollWidth - clientWidth
  }))`)

beforeAll(async () => {
  if (!hasChromium) return
  await call(stack(), 'POST', '/environments', { id, name: 'Slips' })
  await call(stack(), 'POST', `${path}/flags`, halfNew('banner'))
  browser = await launchChromium()
  tab = await openConsole(browser, stack(), (status) => status === 401)
  page = tab.page
}, 120_000)
afterAll(async () => browser?.close())

describe.skipIf(!hasChromium)('a slip', { timeout: 120_000 }, () => {
  it('does not lose what was typed', async () => {
    await open('segments')
    await press('Create segment')
    await fill('Name', 'Beta testers')
    const isAsked = () => dialog().getByText('What you typed is not saved').waitFor()
    const goesOn = async () => {
      await answer('Keep editing').click()
      expect(await dialog().getByLabel('Name', { exact: true }).inputValue()).toBe('Beta testers')
    }
    await page.keyboard.press('Escape')
    await isAsked()
    await goesOn()
    await answer('Close').click()
    await isAsked()
    await goesOn()
    await page.goBack()
    await isAsked()
    await goesOn()
    // before a reload, the browser asks if the page prevents this
    const leaves = () =>
      page.evaluate<boolean>(`dispatchEvent(new Event('beforeunload', { cancelable: true }))`)
    expect(await leaves()).toBe(false)
    await page.keyboard.press('Escape')
    await answer('Discard').click()
    await dialog().waitFor({ state: 'detached' })
    expect(await leaves()).toBe(true)
    // a chip is taken out by a button, not by a key
    const clause = { attribute: 'email', operator: 'matches', values: ['^a', '^b'] }
    const segment = { key: 'patterns', name: 'Patterns', anyOf: [[clause]] }
    await call(stack(), 'POST', `/environments/${id}/segments`, segment)
    await open('segments/patterns')
    await press('Edit segment')
    await answer('Remove ^b').click()
    await page.keyboard.press('Escape')
    await isAsked()
    await answer('Discard').click()
    await dialog().waitFor({ state: 'detached' })
    await open('segments')
    // nothing typed: nothing to ask
    await press('Create segment')
    await dialog().waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    expect(tab.faults()).toEqual([])
  })

  it('sends a form once, however often its button is pressed', async () => {
    await open('flags?create=true')
    await fill(/^Name$/, 'Headline')
    await fill('Key', ' headline ')
    await answer('Create flag').dblclick()
    await page.getByRole('heading', { name: 'Headline' }).waitFor()
    await page.getByRole('link', { name: 'Variations' }).click()
    await page.getByLabel('Description').first().fill('For the sale')
    await press('Schedule…')
    await fill('When', '2099-12-01T09:00')
    await answer('Schedule').dblclick()
    await dialog().waitFor({ state: 'detached' })
    await page.getByText('changes variations').waitFor()
    const { schedules } = await read<{ schedules: object[] }>('schedules')
    expect(schedules).toHaveLength(1)
    await press('Cancel change')
    await answer('Keep it').click()
    await dialog().waitFor({ state: 'detached' })
    expect(tab.faults()).toEqual([])
  })

  it('of a second tab does not wipe out the draft of the first', async () => {
    const context = await browser.newContext()
    const [first, second] = [await context.newPage(), await context.newPage()]
    const add = async (to: Page, key: string) => {
      const targets = to.getByLabel('Targeting keys that get new')
      await targets.pressSequentially(key)
      await targets.press('Enter')
    }
    for (const each of [first, second]) {
      await each.goto(`${stack().url}/#token=${stack().token}`)
      await each.goto(`${stack().url}${path}/flags/banner`)
      await each.getByLabel('Targeting keys that get new').waitFor()
    }
    await add(first, 'ada')
    await second.getByRole('button', { name: 'Remove ada' }).waitFor()
    await add(second, '"Lovelace, Ada"')
    await first.getByRole('button', { name: 'Remove Lovelace, Ada' }).waitFor()
    await add(first, 'bob')
    await first.reload()
    for (const key of ['ada', 'Lovelace, Ada', 'bob'])
      await first.getByRole('button', { name: `Remove ${key}`, exact: true }).waitFor()
    await context.close()
  })

  it('of a name that is one long word, in any script, widens no page', async () => {
    const names = ['W'.repeat(190), 'ميزة'.repeat(45), '🏳️‍🌈'.repeat(30)]
    const word = names[0]!
    const rules = [{ name: word, strategy: { kind: 'fixed', variationId: 'v0' }, anyOf: [[clauseOf(names)]] }]
    const post = (to: string, body: unknown) => call(stack(), 'POST', to, body)
    await post('/environments', { id: `${id}-long`, name: word.slice(0, 100) })
    const long = `/environments/${id}-long`
    await post(`${long}/flags`, {
      key: 'long',
      name: word,
      type: 'string',
      variations: names.map((name, place) => ({ id: `v${place}`, name, value: name })),
      offVariationId: 'v0',
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'v1' } },
      targets: [{ variationId: 'v1', targetingKeys: names }],
      rules,
    })
    for (const kind of ['segments', 'goals']) await post(`${long}/${kind}`, { key: 'long', name: word })
    const ofLong = ['flags/long', 'flags/long/variations', 'segments/long', 'goals/long']
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      for (const each of ['flags', ...ofLong, 'segments', 'goals', 'environments']) {
        await page.goto(`${stack().url}${long}/${each}`)
        await page.getByText(word.slice(0, 100)).first().waitFor({ state: 'attached' })
        expect.soft(await pixelsBeyond(), `${each} at ${width}`).toBeLessThanOrEqual(0)
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 })
    expect(tab.faults()).toEqual([])
  })

  it('of the session is mended in place', async () => {
    await open('segments')
    await press('Create segment')
    await fill('Name', 'Kept')
    await page.evaluate(() => sessionStorage.setItem('tackline-token', 'tla_expired'))
    await answer('Create segment').click()
    const again = page.getByRole('dialog', { name: 'Your session has ended' })
    await again.getByLabel('API token').fill('tla_wrong')
    await again.getByRole('button', { name: 'Sign in' }).click()
    await again.getByText('This token is not known').waitFor()
    await again.getByLabel('API token').fill(stack().token)
    await again.getByRole('button', { name: 'Sign in' }).click()
    await again.waitFor({ state: 'detached' })
    await confirm('Create segment')
    expect(await read('segments/kept')).toMatchObject({ name: 'Kept' })
    await page
      .getByText(/^Live at revision/)
      .first()
      .waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('of a token that was replaced meanwhile is no end of the session', async () => {
    await open('segments')
    const replaced = Promise.withResolvers<void>()
    let late = 0
    await page.route('**/api/v1/**', async (route) => {
      if (route.request().headers()['authorization'] === 'Bearer tla_expired') {
        late++
        await replaced.promise
      }
      await route.continue()
    })
    await page.evaluate(() => sessionStorage.setItem('tackline-token', 'tla_expired'))
    await page.getByRole('link', { name: 'Experiments' }).click()
    await expect.poll(() => late).toBeGreaterThan(0)
    await page.evaluate((token) => sessionStorage.setItem('tackline-token', token), stack().token)
    const refused = page.waitForResponse((response) => response.status() === 401)
    replaced.resolve()
    await refused
    await page.unroute('**/api/v1/**')
    await page.getByRole('link', { name: 'Segments' }).click()
    await page.getByRole('link', { name: 'Patterns' }).waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    expect(tab.faults()).toEqual([])
  })

  it('of a session of Cloudflare Access too, which answers with a way to its own sign-in', async () => {
    await page.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 302, headers: { location: 'https://team.cloudflareaccess.com/login' } }),
    )
    await page.evaluate(() => sessionStorage.setItem('tackline-token', ''))
    await page.getByRole('link', { name: 'Goals' }).click()
    const again = page.getByRole('dialog', { name: 'Your session has ended' })
    await again.getByRole('link', { name: 'Sign in in another tab' }).waitFor()
    await page.unroute('**/api/v1/**')
    await page.evaluate((token) => sessionStorage.setItem('tackline-token', token), stack().token)
    await again.getByRole('button', { name: 'Go on' }).click()
    await again.waitFor({ state: 'detached' })
    await page.getByText('No goal yet').waitFor()
    expect(tab.faults()).toEqual([])
  })
})
