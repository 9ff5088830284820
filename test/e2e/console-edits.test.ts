// What was made is edited in the console, in Chromium on a real stack: operations, dynamic allocations,
// layers and holdouts, webhooks; and what is done once: an enrolment frozen, users forgotten, a log read.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { seedDemo } from '../../scripts/demo-data.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { calledRoutes, type ConsoleTab, openConsole } from '../support/console-tab.ts'
import { handsOn } from '../support/console-hands.ts'
import { changedBy } from '../support/console-journeys.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const path = '/environments/console-edits'
const [hourMs, dayMs] = [3_600_000, 86_400_000]
/** When an experiment ends by itself. */
const soonMs = 2_000
let browser: Browser
let tab: ConsoleTab
let page: Page

const post = (to: string, body: unknown) => call(stack(), 'POST', `${path}/${to}`, body)
const read = <T = Record<string, unknown>>(of: string) => call<T>(stack(), 'GET', `${path}/${of}`)

/** On which nothing runs. */
const split = {
  type: 'string',
  enabled: true,
  variations: ['old', 'new'].map((id) => ({ id, name: id, value: id })),
  offVariationId: 'old',
  defaultStrategy: {
    strategy: {
      kind: 'rollout',
      shares: ['old', 'new'].map((variationId) => ({ variationId, weight: 50_000 })),
    },
  },
}

beforeAll(async () => {
  if (!hasChromium) return
  await seedDemo(stack(), 'console-edits')
  for (const key of ['headline', 'till']) await post('flags', { ...split, key })
  browser = await launchChromium()
  // the report on requests exists on Cloudflare only; a page may ask once more for what is being deleted
  tab = await openConsole(
    browser,
    stack(),
    (status, url) => status === 404 && /\/(requests|deliveries)\?/.test(url),
  )
  page = tab.page
}, 120_000)
afterAll(async () => browser?.close())

const { dialog, open, press, choose, fill, confirm, closeOnce } = handsOn(
  () => page,
  () => stack().url + path,
)

describe.skipIf(!hasChromium)('in the console', { timeout: 120_000 }, () => {
  it('operations are edited in the form that made them, and what it does not show stays', async () => {
    await post('operations', {
      id: 'watch',
      kind: 'event-rate',
      flagKey: 'welcome-banner',
      variationId: 'on',
      goalKey: 'purchase',
      comparison: 'at-least',
      threshold: 0.05,
      minimumUsers: 100,
      alpha: 0.01,
    })
    await open('operations?view=switches')
    await press('Edit: watch')
    expect(await dialog().getByLabel('Flag', { exact: true }).isDisabled()).toBe(true)
    await fill('this share of users, in %', '7,5')
    await fill(/^Armed again by itself/, '12')
    await confirm('Save changes')
    expect(await read('operations/watch')).toMatchObject({
      threshold: 0.075,
      rearmAfterMs: 12 * hourMs,
      alpha: 0.01,
      minimumUsers: 100,
    })
    await page.getByText(/7.5\s% of users/).waitFor()
    await press('Edit: watch')
    await fill(/^Armed again by itself/, '')
    await confirm('Save changes')
    expect(await read('operations/watch')).not.toHaveProperty('rearmAfterMs')

    await post('progressive-rollouts', {
      id: 'grow',
      flagKey: 'fast-search',
      variationId: 'search-off',
      fromVariationId: 'search-on',
      steps: [5_000, 50_000].map((weight) => ({ weight, holdMs: hourMs, approval: false })),
    })
    await open('operations?view=rollouts')
    await press('Edit: grow')
    expect(await dialog().getByLabel('Users, in %, step 1').isDisabled()).toBe(true)
    await fill('Users, in %, step 2', '40')
    await press('Add step')
    await fill('Waits for users, step 3', '500')
    await confirm('Save changes')
    expect(await read('progressive-rollouts/grow')).toMatchObject({
      steps: [
        { weight: 5_000, holdMs: hourMs },
        { weight: 40_000, holdMs: hourMs },
        { weight: 100_000, holdMs: hourMs, minimumUsers: 500 },
      ],
    })

    await post('schedules', {
      id: 'later',
      name: 'Later',
      flagKey: 'welcome-banner',
      changes: { description: 'For the sale.' },
      at: Date.now() + 7 * dayMs,
      experiment: 'stop',
    })
    await open('operations?view=schedules')
    await press('Edit: Later')
    await dialog().getByLabel('Repeat').selectOption('week')
    await dialog().getByLabel('If an experiment runs on it').selectOption('')
    await confirm('Save changes')
    const later = await read('schedules/later')
    expect(later).toMatchObject({ repeat: { every: 'week' }, changes: { description: 'For the sale.' } })
    expect(later).not.toHaveProperty('experiment')

    await post('triggers', { id: 'alert', name: 'Alert', flagKey: 'welcome-banner', action: 'turn-off' })
    await open('operations?view=triggers')
    await press('Edit: Alert')
    await dialog().getByLabel('What').selectOption('turn-on')
    await confirm('Save changes')
    expect(await read('triggers/alert')).toMatchObject({ action: 'turn-on', name: 'Alert' })
    expect(tab.faults()).toEqual([])
  })

  it('a dynamic allocation is started at its flag, edited, held, and ended', async () => {
    await open('flags/headline/running')
    await page.getByRole('link', { name: 'Start allocation' }).click()
    await dialog().getByText('It decides; it measures nothing.').waitFor()
    await fill('Name', 'Checkout by itself')
    await expect
      .poll(() => dialog().getByLabel('Flag', { exact: true }).inputValue(), { timeout: 20_000 })
      .toBe('headline')
    await dialog().getByLabel('Goal that decides').selectOption('purchase')
    await confirm('Start allocation')
    await open('operations?view=allocations')
    const shown = page.getByRole('region', { name: 'Checkout by itself' })
    await shown.getByRole('img', { name: /^Shares over time: .*50/ }).waitFor()
    await press('Edit: Checkout by itself')
    await fill('Each variation keeps at least, in % of users', '10')
    await confirm('Save changes')
    await shown.getByText(/10\s%/).first().waitFor()
    for (const [action, status] of [
      ['Pause', 'Paused'],
      ['Resume', 'Running'],
      ['Stop here', 'Stopped'],
    ] as const) {
      await press(`${action}: Checkout by itself`)
      await confirm(action)
      await shown.getByText(status, { exact: true }).waitFor()
    }
    const { dynamicAllocations } = await read<{ dynamicAllocations: { id: string }[] }>('dynamic-allocations')
    expect(dynamicAllocations).toMatchObject([{ floor: 10_000, status: 'stopped' }])
    await press('Delete: Checkout by itself')
    await fill(/^Type/, dynamicAllocations[0]!.id)
    await confirm('Delete')
    await page.getByText('No dynamic allocation').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('a layer and a holdout are edited, and a held rule is released', async () => {
    await open('layers?create=true')
    await fill('Name', 'Till')
    await confirm('Create layer')
    await press('Edit: Till')
    await fill('Description', 'All that happens at the till.')
    await confirm('Save changes')
    await page.getByText('All that happens at the till.').waitFor()
    await press('Give a part: Till')
    await dialog().getByLabel('Flag', { exact: true }).selectOption('headline')
    await dialog().getByLabel('What the others get').selectOption('old')
    await fill('Part of all users, in percent', '30')
    await confirm('Give a part')
    await press('Release headline: Till')
    await confirm('Release headline')
    await press('Delete: Till')
    await confirm('Delete')
    await page.getByText('No layer yet').waitFor()

    await open('holdouts?create=true')
    await fill('Name', 'Year')
    await fill(/^Goals/, 'purchase')
    await confirm('Create holdout')
    await press('Edit: Year')
    expect(await dialog().getByLabel('Users held back, in percent').isDisabled()).toBe(true)
    const end = new Date(Date.now() + 40 * dayMs).toLocaleDateString('sv')
    await fill(/^Last day/, end)
    await confirm('Save changes')
    const experiment = { goalKeys: ['purchase'], baselineVariationId: 'old' }
    await post('experiments', { id: 'held', flagKey: 'till', ...experiment })
    expect(await read('holdouts/year')).toMatchObject({
      stopAt: Date.parse(`${end}T00:00`) + dayMs,
      held: expect.arrayContaining([expect.objectContaining({ flagKey: 'till' })]),
    })

    await open('experiments/held')
    await press('Freeze enrolment')
    await confirm('Freeze enrolment')
    expect(await read('experiments/held')).toMatchObject({ exposuresUntil: expect.any(Number) })
    await post('experiments/held/stop', undefined)
    const stopAt = Date.now() + soonMs
    await post('experiments', { id: 'over', flagKey: 'headline', ...experiment, stopAt })
    await expect.poll(() => Date.now() > stopAt, { timeout: 10 * soonMs }).toBe(true)
    await open('experiments/over')
    await press('Write down its status')
    await confirm('Write down its status')
    expect(await read('experiments/over')).toMatchObject({ status: 'stopped' })

    await open('holdouts')
    await press('Release a rule: Year')
    await dialog()
      .getByLabel('Rule that is released')
      .selectOption({ label: await dialog().getByRole('option', { name: /^till/ }).innerText() })
    await confirm('Release a rule')
    const { held } = await read<{ held: { flagKey: string }[] }>('holdouts/year')
    expect(held.map(({ flagKey }) => flagKey)).not.toContain('till')
    await press('End holdout: Year')
    await confirm('End holdout')
    await press('Delete: Year')
    await fill(/^Type/, 'year')
    await confirm('Delete')
    await page.getByText('No holdout yet').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('a webhook is edited, and its secret replaced', async () => {
    await open('webhooks?create=true')
    await fill('Name', 'Deploys')
    await fill('Address', 'https://hooks.example.com/a')
    await dialog().getByRole('button', { name: 'Create webhook' }).click()
    const first = await dialog().locator('pre').textContent()
    await closeOnce()
    await press('Edit: Deploys')
    await fill('Address', 'https://hooks.example.com/b')
    await fill(/^Collected for/, '5')
    await dialog().getByLabel('Flag changed').check()
    await fill('Search what happens', 'kill')
    await dialog().getByLabel('Kill switch: everything').check()
    await dialog().getByLabel('Kill switch created').uncheck()
    await dialog().getByLabel('Search what happens').press('Enter')
    await confirm('Save changes')
    await page.getByText('https://hooks.example.com/b').waitFor()
    const { webhooks } = await read<{ webhooks: object[] }>('webhooks')
    const events = ['flag.updated', 'operation.fired', 'operation.updated', 'operation.deleted']
    expect(webhooks).toMatchObject([{ digestMs: 300_000, events, format: 'standard' }])
    await choose('Replace secret', 'Deploys')
    await dialog().getByRole('button', { name: 'Replace secret' }).click()
    const second = page.getByRole('region', { name: 'The signing secret' })
    await second.waitFor()
    expect(await second.textContent()).toMatch(/^whsec_/)
    expect(await second.textContent()).not.toBe(first)
    await closeOnce()
    await press('Show deliveries: Deploys')
    await page.getByRole('heading', { name: 'Deliveries: Deploys' }).waitFor()
    await press('Send test')
    await page.getByText('A test is on its way').waitFor()
    await choose('Disable', 'Deploys')
    await confirm('Disable')
    await choose('Delete', 'Deploys')
    await fill(/^Type/, 'Deploys')
    await confirm('Delete')
    await page.getByText('Nobody is told yet').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('users are forgotten once the environment is named, and the organisation’s log says so', async () => {
    await open('settings')
    await press('Forget users…')
    await fill('Targeting keys', 'ada\ngrace')
    const forget = dialog().getByRole('button', { name: 'Forget users' })
    expect(await forget.isDisabled()).toBe(true)
    await fill(/^Type/, 'console-edits')
    await confirm('Forget users')
    await page.getByText('0 assignments are forgotten').waitFor()

    await open('history')
    await page.getByRole('group', { name: 'Whose changes' }).getByText('Organisation').click()
    const entry = page.getByRole('listitem').filter({ hasText: 'Forget assignments' }).first()
    await entry.getByText('console-edits').waitFor()
    expect(await entry.textContent()).not.toContain('grace')
    await page.getByRole('button', { name: 'Create environment' }).first().click()
    await page.getByRole('list', { name: 'What would change' }).waitFor()
    await page.getByRole('group', { name: 'Whose changes' }).getByText('Environment').click()
    await page.getByRole('button', { name: /^Create webhook/ }).click()
    await page.getByRole('list', { name: 'What would change' }).getByText('Webhook').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('insights tell the size of the snapshot, and why requests are not counted here', async () => {
    await open('insights')
    await page.getByRole('meter', { name: 'Size' }).waitFor()
    await press('Count requests')
    await page.getByText('This report is read from Analytics Engine').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('all of that was asked of the API', () => {
    expect(calledRoutes()).toEqual(expect.arrayContaining([...changedBy['console-edits']]))
  })
})
