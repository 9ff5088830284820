// Two people edit the same: what was opened in the console goes out on the version that was shown, so that
// nobody's change is overwritten unseen. In Chromium on a real stack; the colleague uses the API.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { colleagueOn, halfNew } from '../support/colleague.ts'
import { handsOn } from '../support/console-hands.ts'
import { type ConsoleTab, openConsole } from '../support/console-tab.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const id = 'console-conflicts'
const path = `/environments/${id}`
const hourMs = 3_600_000
let browser: Browser
let tab: ConsoleTab
let page: Page

const { post, patch, read } = colleagueOn(stack, path)

const { dialog, open, openForm, press, fill, confirm } = handsOn(
  () => page,
  () => stack().url + path,
)
/** The page behind the dialogue is read again. */
const isShown = (text: string) => page.getByText(text).first().waitFor({ state: 'attached' })
const isRefused = async (verb: string) => {
  await dialog().getByRole('button', { name: verb, exact: true }).click()
  await dialog().getByRole('alert').getByText('Somebody else changed this meanwhile').waitFor()
  await dialog().getByRole('button', { name: 'Cancel', exact: true }).click()
  await dialog().waitFor({ state: 'detached' })
}

beforeAll(async () => {
  if (!hasChromium) return
  await call(stack(), 'POST', '/environments', { id, name: 'Conflicts' })
  for (const key of ['first', 'second', 'third']) await post('flags', halfNew(key))
  const strategy = { kind: 'fixed', variationId: 'old' }
  await post('flags', { ...halfNew('plain'), defaultStrategy: { strategy } })
  await post('goals', { key: 'order' })
  browser = await launchChromium()
  // its page may be read again between its deletion and the way to the list
  const isGone = (url: string) => url.includes('/segments/guests')
  tab = await openConsole(
    browser,
    stack(),
    (status, url) => status === 409 || (status === 404 && isGone(url)),
  )
  page = tab.page
}, 120_000)
afterAll(async () => browser?.close())

describe.skipIf(!hasChromium)('what a colleague changed meanwhile', { timeout: 120_000 }, () => {
  it('is not overwritten by the form of a rollout; opened again, it shows the change', async () => {
    const stepsTo = (last: number) =>
      [1_000, last].map((weight) => ({ weight, holdMs: hourMs, approval: false }))
    const at = Date.now() + 24 * hourMs
    await post('progressive-rollouts', {
      id: 'grow',
      flagKey: 'plain',
      variationId: 'new',
      fromVariationId: 'old',
      startAt: at,
      steps: stepsTo(50_000),
    })
    await open('operations?view=rollouts')
    await openForm('Edit: grow', 'Users, in %, step 1')
    await patch('progressive-rollouts/grow', { name: 'Slower', steps: stepsTo(10_000) })
    await isShown('Slower')
    await fill('Users, in %, step 1', '2')
    await isRefused('Save changes')
    expect(await read('progressive-rollouts/grow')).toMatchObject({ steps: stepsTo(10_000) })
    await press('Edit: Slower')
    expect(await dialog().getByLabel('Users, in %, step 2').inputValue()).toBe('10')
    await fill('Users, in %, step 1', '2')
    await confirm('Save changes')
    const { steps } = await read<{ steps: { weight: number }[] }>('progressive-rollouts/grow')
    expect(steps.map(({ weight }) => weight)).toEqual([2_000, 10_000])
    expect(tab.faults()).toEqual([])
  })

  it('is not overwritten by the form of a segment, which sends only what was edited', async () => {
    const anyOf = [
      [
        { attribute: 'city', operator: 'equals', values: ['Washington, DC'] },
        { attribute: 'plan', operator: 'matches', values: ['^a{1,3}$'] },
      ],
    ]
    await post('segments', { key: 'staff', included: [' ada ', 'bob'], anyOf })
    const before = await read('segments/staff')
    await open('segments/staff')
    await press('Edit segment')
    await fill('Name', 'Staff')
    await confirm('Save changes')
    await page.getByRole('heading', { name: 'Staff', exact: true }).waitFor()
    expect(await read('segments/staff')).toMatchObject({ name: 'Staff', included: before['included'], anyOf })
    await press('Edit segment')
    await dialog().getByLabel('Values, separated by commas').first().fill('Bern, "Washington, DC"')
    await confirm('Save changes')
    expect(await read('segments/staff')).toMatchObject({
      included: before['included'],
      anyOf: [[{ values: ['Bern', 'Washington, DC'] }, { values: ['^a{1,3}$'] }]],
    })
    await openForm('Edit segment', 'Listed users')
    await patch('segments/staff', { included: ['ada', 'bob', 'by-a-colleague'] })
    await isShown('by-a-colleague')
    await fill('Listed users', 'ada')
    await isRefused('Save changes')
    expect(await read('segments/staff')).toMatchObject({ included: ['ada', 'bob', 'by-a-colleague'] })
    expect(tab.faults()).toEqual([])
  })

  it('does not release another rule than the one that was chosen', async () => {
    const flagKeys = ['second', 'third']
    await post('holdouts', { id: 'year', name: 'Year', slices: 500, flagKeys, goalKeys: ['order'] })
    for (const flagKey of flagKeys)
      await post('experiments', { id: flagKey, flagKey, goalKeys: ['order'], baselineVariationId: 'old' })
    const held = async () =>
      (await read<{ held: { flagKey: string; ruleId: string }[] }>('holdouts/year')).held
    const [one, two] = await held()
    for (const flagKey of flagKeys) await post(`experiments/${flagKey}/stop`, undefined)
    await open('holdouts')
    await press('Release a rule: Year')
    const choice = dialog().getByLabel('Rule that is released')
    await choice.selectOption({ index: 1 })
    const { version } = await read('holdouts/year')
    await post('holdouts/year/release', { flagKey: one!.flagKey, ruleId: one!.ruleId, version })
    await patch('holdouts/year', { name: 'The year' })
    await isShown('The year')
    expect(await choice.locator('option:checked').innerText()).toContain(two!.flagKey)
    await isRefused('Release a rule')
    expect(await held()).toMatchObject([{ flagKey: two!.flagKey }])
    expect(tab.faults()).toEqual([])
  })

  it('is not overwritten by a part of a layer, or by the name of a tag', async () => {
    await post('layers', { id: 'till', name: 'Till' })
    await open('layers')
    await press('Give a part: Till')
    await dialog().getByLabel('Flag', { exact: true }).selectOption('first')
    await patch('layers/till', { description: 'Ours alone.' })
    await isShown('Ours alone.')
    await isRefused('Give a part')
    expect(await read('layers/till')).toMatchObject({ allotments: [] })

    await open('settings')
    await openForm('Rename tag: shop', 'Name')
    await patch('tags/shop', { name: 'The shop' })
    await isShown('The shop')
    await fill('Name', 'A shop')
    await isRefused('Rename tag')
    expect(await read('tags/shop')).toMatchObject({ name: 'The shop' })
    await press('Rename tag: shop')
    expect(await dialog().getByLabel('Name').inputValue()).toBe('The shop')
    expect(tab.faults()).toEqual([])
  })

  it('is not overwritten by the settings of a flag, which follow it while nothing is typed', async () => {
    const tags = ['shop', 'one, two']
    await patch('flags/first', { tags })
    await open('flags/first/settings')
    const field = (label: string) => page.getByLabel(label, { exact: true })
    await patch('flags/first', { description: 'Of a colleague.' })
    await expect.poll(() => field('Description').inputValue(), { timeout: 20_000 }).toBe('Of a colleague.')
    await field('Name').fill('First')
    await press('Save settings')
    await confirm('Save settings')
    expect(await read('flags/first')).toMatchObject({ name: 'First', description: 'Of a colleague.', tags })
    await field('Maintainer').fill('me@example.com')
    await patch('flags/first', { name: 'First of all', maintainer: 'ada@example.com' })
    await isShown('First of all')
    await press('Save settings')
    await isRefused('Save settings')
    expect(await read('flags/first')).toMatchObject({ maintainer: 'ada@example.com', tags })
    expect(tab.faults()).toEqual([])
  })

  it('is nothing that one made oneself: a switch that is pressed again at once goes back', async () => {
    const { version, enabled } = await read('flags/third')
    await open('flags/third')
    await page.getByRole('switch').click()
    await page.getByRole('switch').click()
    await expect.poll(async () => (await read('flags/third')).version).toBe(version + 2)
    expect(await read('flags/third')).toMatchObject({ enabled })
    expect(tab.faults()).toEqual([])
  })

  it('is told of before it is deleted, or before a step is made that would mean another thing', async () => {
    const meanwhile = () => dialog().getByRole('alert').getByText('Somebody else changed this meanwhile')
    const asks = (verb: string) => dialog().getByRole('button', { name: verb, exact: true }).click()
    await post('segments', { key: 'guests' })
    await open('segments/guests')
    await press('Delete: guests')
    await fill(/^Type/, 'guests')
    await patch('segments/guests', { description: 'Needed for the sale.' })
    await isShown('Needed for the sale.')
    await asks('Delete')
    await meanwhile().waitFor()
    expect(await read('segments/guests')).toMatchObject({ description: 'Needed for the sale.' })
    await confirm('Delete')
    await page.getByText('guests is deleted').waitFor()

    const at = Date.now() + 24 * hourMs
    const changes = { enabled: false }
    await post('schedules', { id: 'sale', name: 'Sale', flagKey: 'plain', at, changes })
    await open('operations?view=schedules')
    await press('Do it now: Sale')
    await patch('schedules/sale', { name: 'Sale of the year', changes: { description: 'Sold out.' } })
    await isShown('Sale of the year')
    await asks('Do it now')
    await meanwhile().waitFor()
    expect(await read('flags/plain')).toMatchObject({ enabled: true, description: '' })
    await confirm('Do it now')
    expect(await read('flags/plain')).toMatchObject({ enabled: true, description: 'Sold out.' })
    expect(tab.faults()).toEqual([])
  })
})
