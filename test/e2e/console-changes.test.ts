// What else is changed in the console, in Chromium on a real stack: operations that are approved, called off
// and ended, segments, goals and flags, and what an environment and its organisation are set up with.
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { handsOn } from '../support/console-hands.ts'
import { changedBy } from '../support/console-journeys.ts'
import { calledRoutes, type ConsoleTab, openConsole } from '../support/console-tab.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const id = 'console-changes'
const path = `/environments/${id}`
const [hourMs, dayMs] = [3_600_000, 86_400_000]
const deleted = /\/(segments\/testers|goals\/order|experiments\/idea|flags\/spare-too)\b/
let browser: Browser
let tab: ConsoleTab
let page: Page

const post = (to: string, body: unknown) => call(stack(), 'POST', `${path}/${to}`, body)
const read = <T = Record<string, unknown>>(of: string) => call<T>(stack(), 'GET', `${path}/${of}`)
const { dialog, open, press, fill, confirm, closeOnce } = handsOn(
  () => page,
  () => stack().url + path,
)
/** The button of a row or page, and the same in the dialogue that asks. */
const does = async (action: string, row: string, typed?: string) => {
  await press(`${action}: ${row}`)
  if (typed !== undefined) await fill(/^Type/, typed)
  await confirm(action)
}

const flagOf = (key: string) => ({
  key,
  type: 'boolean',
  enabled: true,
  tags: ['shop'],
  variations: ['on', 'off'].map((each) => ({ id: each, name: each, value: String(each === 'on') })),
  offVariationId: 'off',
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'off' } },
})

beforeAll(async () => {
  if (!hasChromium) return
  await call(stack(), 'POST', '/environments', { id, name: 'Changes' })
  for (const key of ['banner', 'search', 'spare']) await post('flags', flagOf(key))
  const shares = ['on', 'off'].map((variationId) => ({ variationId, weight: 50_000 }))
  await post('flags', { ...flagOf('split'), defaultStrategy: { strategy: { kind: 'rollout', shares } } })
  for (const key of ['order', 'buy']) await post('goals', { key, name: key })
  browser = await launchChromium()
  // a page may ask once more for what is being deleted
  tab = await openConsole(browser, stack(), (status, url) => status === 404 && deleted.test(url))
  page = tab.page
}, 120_000)
afterAll(async () => browser?.close())

describe.skipIf(!hasChromium)('in the console', { timeout: 120_000 }, () => {
  it('a rollout is approved, taken a step back, resumed, stopped and deleted', async () => {
    await post('progressive-rollouts', {
      id: 'grow',
      flagKey: 'search',
      variationId: 'on',
      fromVariationId: 'off',
      steps: [10_000, 100_000].map((weight) => ({ weight, holdMs: hourMs, approval: true })),
    })
    await open('operations?view=rollouts')
    await does('Step back', 'grow')
    await page.getByText('Paused').waitFor()
    await does('Resume', 'grow')
    await page.getByText('At 0').or(page.getByText('At 10')).first().waitFor()
    await does('Stop here', 'grow')
    await page.getByText('Stopped').waitFor()
    await does('Delete', 'grow', 'grow')
    await page.getByText('No progressive rollout').waitFor()
    await post('progressive-rollouts', {
      id: 'held',
      flagKey: 'search',
      variationId: 'on',
      fromVariationId: 'off',
      steps: [20_000, 100_000].map((weight) => ({ weight, holdMs: 1_000, approval: true })),
    })
    await page.reload()
    await does('Approve step', 'held')
    await expect
      .poll(() => read('progressive-rollouts/held'), { timeout: 20_000 })
      .toMatchObject({ stepsMade: 2 })
    expect(tab.faults()).toEqual([])
  })

  it('a change is scheduled, made at once, called off, and deleted', async () => {
    await open('operations?create=schedules')
    await fill('Name', 'Off for the sale')
    await dialog().getByLabel('Flag', { exact: true }).selectOption('banner')
    await dialog().getByLabel('What').selectOption('off')
    await fill('When', '2035-01-01T09:00')
    await confirm('Schedule change')
    await open('operations?view=schedules')
    await does('Do it now', 'Off for the sale')
    await page.getByText('Made', { exact: true }).waitFor()
    expect(await read('flags/banner')).toMatchObject({ enabled: false })
    await post('schedules', {
      id: 'again',
      flagKey: 'banner',
      changes: { enabled: true },
      at: Date.now() + dayMs,
    })
    await page.reload()
    await does('Cancel change', 'turns on')
    await page.getByText('Cancelled').waitFor()
    await does('Delete', 'turns on', 'again')
    await page.getByRole('button', { name: 'Delete: turns on' }).waitFor({ state: 'detached' })
    expect(tab.faults()).toEqual([])
  })

  it('a trigger gets another secret and is deleted; so is a kill switch', async () => {
    await post('triggers', { id: 'alert', flagKey: 'banner', action: 'turn-off' })
    await open('operations?view=triggers')
    await press('Replace secret: alert')
    await dialog().getByRole('button', { name: 'Replace secret' }).click()
    const url = await page
      .getByRole('dialog', { name: 'The URL of the trigger' })
      .locator('pre')
      .textContent()
    expect((await fetch(url!, { method: 'POST' })).status).toBe(200)
    await closeOnce()
    await does('Disable', 'alert')
    await page.getByText('Disabled').waitFor()
    await does('Delete', 'alert', 'alert')
    await page.getByText('No trigger').waitFor()
    await post('operations', {
      id: 'watch',
      kind: 'event-rate',
      flagKey: 'banner',
      variationId: 'on',
      goalKey: 'order',
      comparison: 'at-least',
      threshold: 0.05,
      minimumUsers: 100,
    })
    await open('operations?view=switches')
    await does('Delete', 'watch', 'watch')
    await page.getByText('No kill switch').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('segments and goals are made, edited and deleted', async () => {
    await open('segments?create=true')
    await fill('Name', 'Testers')
    await fill('Listed users', 'ada')
    await confirm('Create segment')
    await open('segments/testers')
    await press('Edit segment')
    await fill('Listed users', 'ada\ngrace')
    await confirm('Save changes')
    await page.getByText('grace', { exact: true }).waitFor()
    for (const [mode, ids, count] of [
      ['Keep them, and add these', 'a\nb', '2 members'],
      ['Remove these from them', 'b', '1 member'],
    ] as const) {
      await press('Upload list')
      await dialog()
        .locator('input[type=file]')
        .setInputFiles({ name: 'ids.txt', mimeType: 'text/plain', buffer: Buffer.from(ids) })
      await dialog().getByLabel(mode).check()
      await confirm('Upload list')
      await page.getByText(count, { exact: true }).waitFor()
    }
    await does('Delete', 'Testers', 'testers')
    await page.getByRole('heading', { name: 'Segments' }).waitFor()
    await open('goals/order')
    await press('Edit goal')
    await fill('Name', 'Order completed')
    await confirm('Save changes')
    await page.getByRole('heading', { name: 'Order completed' }).waitFor()
    await does('Delete', 'Order completed', 'order')
    await page.getByRole('heading', { name: 'Goals' }).waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('a key and a token are replaced, a member is added and removed', async () => {
    await post('sdk-keys', { name: 'web', role: 'client' })
    await open('keys')
    await press('Replace key: web')
    await dialog().getByRole('button', { name: 'Replace key' }).click()
    await page.getByText('It is shown only now').waitFor()
    await closeOnce()
    await does('Disable', 'web')
    await page.getByRole('button', { name: 'Enable: web' }).waitFor()
    await does('Delete', 'web', 'web')
    await page.getByText('No SDK key yet').waitFor()
    await press('Create API token')
    await fill('Name', 'deploys')
    await dialog().getByRole('button', { name: 'Create API token' }).click()
    await page.getByText('It is shown only now').waitFor()
    await closeOnce()
    await press('Replace token: deploys')
    await dialog().getByRole('button', { name: 'Replace token' }).click()
    await page.getByText('It is shown only now').waitFor()
    await closeOnce()
    await page
      .getByRole('button', { name: /^Disable: deploys/ })
      .first()
      .click()
    await page
      .getByRole('button', { name: /^Enable: deploys/ })
      .first()
      .waitFor()

    await open('members')
    await press('Add member')
    await fill('Email address', 'grace@shop.example')
    await confirm('Add member')
    await press('Edit: grace@shop.example')
    await fill('Name', 'Grace')
    await confirm('Save member')
    await press('Delete: grace@shop.example')
    await confirm('Delete')
    await page.getByText('No member yet').waitFor()
    expect(tab.faults()).toEqual([])
  })

  it('environments and projects are edited, tags renamed, flags copied, cloned and deleted', async () => {
    await open('settings')
    await press('Edit environment')
    await fill('Description', 'For what changes.')
    await confirm('Save environment')
    await page.getByText('For what changes.').waitFor()
    await press('Edit project')
    await fill('Description of the project', 'One product.')
    await confirm('Edit project')
    await press('Rename tag: shop')
    await fill('Name', 'The shop')
    await confirm('Rename tag')
    await page.getByText('The shop').waitFor()
    await post('tags', { key: 'unused' })
    await page.reload()
    await does('Delete tag', 'unused')

    await open('environments')
    await press('Create environment')
    await fill('Name', 'Copied from changes')
    await dialog().getByLabel('Start with the flags of').selectOption(id)
    await confirm('Create environment')
    await page.waitForURL(`**/copied-from-changes/environments?compare=${id}`)
    await page.reload() // the address alone says what is compared
    await page
      .getByRole('button', { name: /^Copy here/ })
      .first()
      .click()
    await confirm('Copy here')

    await post('experiments', {
      id: 'idea',
      flagKey: 'split',
      goalKeys: ['buy'],
      baselineVariationId: 'off',
      status: 'draft',
    })
    await open('experiments/idea')
    await press('Edit draft')
    await dialog().getByLabel('Name', { exact: true }).fill('An idea')
    await confirm('Save draft')
    await page.getByRole('heading', { name: 'An idea' }).waitFor()
    await press('Delete draft')
    await fill(/^Type/, 'idea')
    await confirm('Delete draft')
    await page.getByRole('heading', { name: 'Experiments' }).waitFor()

    await open('flags/spare/settings')
    await page.getByLabel('Key of the copy').fill('spare-too')
    await press('Copy the flag…')
    await confirm('Copy the flag')
    await open('flags/spare-too/settings')
    await press('Archive flag…')
    await fill(/^Type/, 'spare-too')
    await confirm('Archive flag')
    await press('Delete flag…')
    await fill(/^Type/, 'spare-too')
    await confirm('Delete flag')
    await page.getByRole('heading', { name: 'Flags' }).waitFor()

    await call(stack(), 'POST', `/environments/${id}/triggers`, {
      id: 'alarm',
      flagKey: 'spare',
      action: 'turn-off',
    })
    await open('history')
    await page.getByRole('button', { name: 'Roll back to here' }).first().click()
    await fill(/^Type/, id)
    await dialog().getByRole('button', { name: 'Roll back the environment', exact: true }).click()
    await dialog().getByText('Not all of it is as it was then').waitFor()
    await dialog().getByRole('link', { name: 'alarm' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
    expect(tab.faults()).toEqual([])
  })

  it('the audit log holds what its address asks for, and a failed export is told', async () => {
    const titles = () => page.locator('main ol > li')
    await open('history')
    await titles().first().waitFor()
    await page.getByLabel('What', { exact: true }).selectOption('Flag')
    await page.getByLabel('Its key').fill('banner')
    await page.getByLabel('From').fill('2020-01-01')
    await press('Filter')
    await page.waitForURL(/entity=flag%3Abanner/)
    await page.reload()
    await expect
      .poll(async () => (await titles().allTextContents()).every((text) => text.includes('banner')))
      .toBe(true)
    expect(await page.getByLabel('Its key').inputValue()).toBe('banner')
    await page.getByLabel('Until').fill('2020-01-02')
    await press('Filter')
    await page.getByText('No change fits').waitFor()
    await press('Clear filters')
    await titles().first().waitFor()

    const saved = page.waitForEvent('download')
    await press('Export')
    const lines = readFileSync(await (await saved).path(), 'utf8')
      .trim()
      .split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { number: number }).number)).toContain(1)
    expect(tab.faults()).toEqual([])

    await page.route(/\/audit(\?|$)/, (route) => route.abort('connectionrefused'))
    await press('Export')
    const notice = page.getByRole('status').filter({ hasText: 'That did not work' })
    await notice.getByText('The admin API cannot be reached').waitFor()
    await page.unroute(/\/audit(\?|$)/)
    // of the request that was cut, and nothing else
    expect(tab.faults().filter((fault) => !fault.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  })

  it('all of that was asked of the API', () => {
    expect(calledRoutes()).toEqual(expect.arrayContaining([...changedBy['console-changes']]))
  })
})
