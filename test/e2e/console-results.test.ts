// Two journeys through the console on a real stack: an experiment from the planner to its verdict, and the
// operations that change flags by themselves.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { seedDemo } from '../../scripts/demo-data.ts'
import { dayMs, resultsOf } from '../screenshots/showcase-results.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { changedBy } from '../support/console-journeys.ts'
import { calledRoutes, type ConsoleTab, openConsole } from '../support/console-tab.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const environment = 'console-results'
const path = `/environments/${environment}`
let browser: Browser
let tab: ConsoleTab
let page: Page

beforeAll(async () => {
  if (!hasChromium) return
  await seedDemo(stack(), environment)
  browser = await launchChromium()
  tab = await openConsole(browser, stack())
  page = tab.page
}, 120_000)
afterAll(async () => {
  await browser?.close()
})

const open = (below: string) => page.goto(`${stack().url}${path}/${below}`)
const press = (name: string | RegExp) => page.getByRole('button', { name }).click()
const inDialog = () => page.locator('dialog[open]')
/** The dialog's own button, which has the name of the one that opened it. */
const confirm = (name: string) => inDialog().getByRole('button', { name, exact: true }).click()

describe.skipIf(!hasChromium)('an experiment', () => {
  it('is planned, drafted, started, read and stopped', { timeout: 120_000 }, async () => {
    await open('experiments?create=true')
    await inDialog().getByLabel('Name', { exact: true }).fill('Fewer steps')
    await inDialog().getByLabel('Flag', { exact: true }).selectOption('new-checkout')
    await inDialog().getByLabel('Primary goal').selectOption('purchase')
    await inDialog().getByLabel('Share of users who convert today, in %').fill('10')
    await inDialog().getByLabel('Users per day').fill('4000')
    await inDialog().getByLabel('Smallest change worth finding, in %').fill('5')
    const planned = inDialog().getByRole('row', { name: /always valid/ })
    await planned.waitFor()
    await inDialog().getByRole('button', { name: 'Set the end by this plan' }).click()
    await confirm('Create draft')

    await page.getByRole('heading', { name: 'Fewer steps' }).waitFor()
    await page.getByText('This is a draft: it counts nothing yet.').waitFor()
    const { experiments } = await call<{ experiments: { id: string; name: string; startAt: number }[] }>(
      stack(),
      'GET',
      `${path}/experiments`,
    )
    const draft = experiments.find(({ name }) => name === 'Fewer steps')!
    await press('Start experiment')
    await confirm('Start experiment')
    await page.getByText('Nobody was counted yet.').waitFor()

    const { startAt } = await call<{ startAt: number }>(stack(), 'GET', `${path}/experiments/${draft.id}`)
    const arms = ['checkout-classic', 'checkout-express'].map((id) => ({ id, usersPerDay: 5_000, weight: 1 }))
    const results = await resultsOf({
      startAt,
      stopAt: startAt + 21 * dayMs,
      days: 9,
      arms,
      goals: [{ key: 'purchase', rates: [0.1, 0.12] }],
      design: {},
    })
    for (const result of results)
      await call(stack(), 'POST', `${path}/experiments/${draft.id}/results`, result)
    await page.reload()
    await page.getByText(/“express” wins on “Purchase”/).waitFor()
    await page.getByText(/Decided on day \d+, and still so/).waitFor()
    await page.getByText('Split as planned', { exact: true }).waitFor()
    expect(await page.getByRole('row', { name: /Purchase.*Better/ }).count()).toBe(1)
    await page.getByRole('img', { name: /express, .*: \+/ }).waitFor()
    await page.getByText('How was this computed?').click()
    await page.getByText(results.at(-1)!.inputHash).waitFor()

    await open('experiments')
    await page.getByText('“express” wins').waitFor()
    await page.getByRole('link', { name: 'Fewer steps' }).click()
    await press('Stop experiment')
    await confirm('Stop experiment')
    await press('Archive experiment')
    await confirm('Archive experiment')
    await page.getByText('Archived').first().waitFor()
    expect(tab.faults()).toEqual([])
  })
})

describe.skipIf(!hasChromium)('operations', () => {
  it('are created, seen on the timeline, and end', { timeout: 120_000 }, async () => {
    await open('operations?create=switches')
    await inDialog().getByLabel('Flag', { exact: true }).selectOption('welcome-banner')
    await inDialog().getByLabel('Goal', { exact: true }).selectOption('purchase')
    await confirm('Create kill switch')
    await inDialog().waitFor({ state: 'detached' })
    await open('operations?view=switches')
    await page.getByText(/“on”: “Purchase” of more than 5\s% of users within 1\shour/).waitFor()

    await open('operations?create=rollouts')
    await inDialog().getByLabel('Name', { exact: true }).fill('Search for all')
    await inDialog().getByLabel('Flag', { exact: true }).selectOption('fast-search')
    await inDialog().getByLabel('Variation that more users get').selectOption('search-off')
    await inDialog().getByLabel('Whose users get it').selectOption('search-on')
    await confirm('Start rollout')
    await inDialog().waitFor({ state: 'detached' })
    await page.getByText(/Search for all goes to 5\s%/).waitFor()

    await open('operations?view=rollouts')
    await press('Pause: Search for all')
    await confirm('Pause')
    await page.getByText('Paused').waitFor()
    await press('Roll back: Search for all')
    await confirm('Roll back')
    await page.getByText('Rolled back').first().waitFor()

    await open('operations?create=triggers')
    await inDialog().getByLabel('Name', { exact: true }).fill('Alert')
    await inDialog().getByLabel('Flag', { exact: true }).selectOption('welcome-banner')
    await confirm('Create trigger')
    const url = await inDialog().locator('pre').textContent()
    expect((await fetch(url!, { method: 'POST' })).status).toBe(200)
    await inDialog().getByRole('button', { name: 'Close' }).last().click()
    await page.getByText('Alert: changed the flag').waitFor()
    expect(tab.faults()).toEqual([])
  })
})

it.skipIf(!hasChromium)('all of that was asked of the API', () => {
  expect(calledRoutes()).toEqual(expect.arrayContaining([...changedBy['console-results']]))
})
