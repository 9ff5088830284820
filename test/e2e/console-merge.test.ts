// Two people edit the same, and neither loses anything: after a refusal, a form is merged with what the
// colleague stored. In Chromium on a real stack; the colleague uses the API.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { colleagueOn, halfNew, type Stored } from '../support/colleague.ts'
import { handsOn } from '../support/console-hands.ts'
import { type ConsoleTab, openConsole } from '../support/console-tab.ts'
import { mergedForms } from '../support/merged-forms.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const id = 'console-merge'
const path = `/environments/${id}`
const hourMs = 3_600_000
const tomorrow = Date.now() + 24 * hourMs
let browser: Browser
let tab: ConsoleTab
let page: Page

const { post, patch, read } = colleagueOn(stack, path)

const { dialog, open, openForm, press, fill, confirm } = handsOn(
  () => page,
  () => stack().url + path,
)
/** Sends the form, which was overtaken: it stays open. */
const isOvertaken = async (verb: string) => {
  await dialog().getByRole('button', { name: verb, exact: true }).click()
  await dialog().getByRole('alert').getByText('Somebody else changed this meanwhile').waitFor()
}
const sideOf = (field: string, side: 'Yours' | 'Theirs') =>
  dialog().getByRole('group', { name: field, exact: true }).getByRole('radio', { name: side })
const button = (name: string) => dialog().getByRole('button', { name, exact: true })

const kinds = mergedForms(post, tomorrow)

beforeAll(async () => {
  if (!hasChromium) return
  await call(stack(), 'POST', '/environments', { id, name: 'Merge' })
  for (const key of ['first', 'second', 'third']) await post('flags', halfNew(key))
  await post('flags', {
    ...halfNew('plain'),
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'old' } },
  })
  await post('goals', { key: 'order' })
  browser = await launchChromium()
  tab = await openConsole(browser, stack(), (status) => status === 409)
  page = tab.page
}, 120_000)
afterAll(async () => browser?.close())

describe.skipIf(!hasChromium)('a form that a colleague overtook', { timeout: 120_000 }, () => {
  it.each(kinds)('$kind: both changes are kept', async (kind) => {
    const { made, at, opens, verb = 'Save changes', typed, mine, theirs } = kind
    await made()
    const url = at === '' ? path : `${path}/${at}`
    await open(kind.page)
    await openForm(opens, typed[0])
    await call(stack(), 'PATCH', url, theirs)
    await dialog().getByLabel(typed[0], { exact: true }).fill(typed[1])
    await isOvertaken(verb)
    expect(await call(stack(), 'GET', url)).not.toMatchObject(mine)
    expect(await dialog().getByLabel(typed[0], { exact: true }).inputValue()).toBe(typed[1])
    await dialog().getByText('Taken over from them').waitFor()
    await confirm(verb)
    expect(await call(stack(), 'GET', url)).toMatchObject({ ...mine, ...theirs })
    expect(tab.faults()).toEqual([])
  })

  it('asks where both changed the same, and sends nothing before that is answered', async () => {
    await patch('settings', { requireComment: true })
    await open('goals/order')
    await openForm('Edit goal', 'Comment')
    const comment = 'As the shop says it'
    const theirs = { name: 'Purchase', event: 'purchase' }
    await call(stack(), 'PATCH', `${path}/goals/order`, theirs, 'As the bank says it')
    await fill('Name', 'Bought')
    await fill('Event', 'bought')
    await fill('Comment', comment)
    await isOvertaken('Save changes')
    expect(await button('Save changes').isDisabled()).toBe(true)
    expect(await dialog().getByRole('group', { name: 'Name', exact: true }).innerText()).toMatch(
      /Before: nothing[^]*Bought[^]*Purchase/,
    )
    await sideOf('Name', 'Theirs').check()
    expect(await button('Save changes').isDisabled()).toBe(true)
    await sideOf('Event', 'Yours').check()
    expect(await dialog().getByLabel('Name', { exact: true }).inputValue()).toBe('Purchase')
    await confirm('Save changes')
    expect(await read('goals/order')).toMatchObject({ name: 'Purchase', event: 'bought' })
    const { entries } = await read<{ entries: { comment: string }[] }>('audit?limit=1')
    expect(entries[0]!.comment).toBe(comment)
    await call(stack(), 'PATCH', `${path}/settings`, { requireComment: false }, 'Done')
    expect(tab.faults()).toEqual([])
  })

  it('keeps who was put into a segment by either, and takes out whom either took out', async () => {
    await post('segments', { key: 'staff', name: 'Staff', included: ['ada', 'bob', 'cy'] })
    await open('segments/staff')
    await openForm('Edit segment', 'Listed users')
    await patch('segments/staff', { included: ['bob', 'cy', 'dan'] })
    await fill('Listed users', 'ada\nbob\neve')
    await isOvertaken('Save changes')
    await confirm('Save changes')
    expect((await read('segments/staff'))['included']).toEqual(['bob', 'dan', 'eve'])
    expect(tab.faults()).toEqual([])
  })

  it('keeps what is typed while a save is on its way', async () => {
    await post('layers', { id: 'slow', name: 'Slow' })
    await open('layers')
    await openForm('Edit: Slow', 'Name')
    await patch('layers/slow', { description: 'One at a time.' })
    const { promise: isTyped, resolve: send } = Promise.withResolvers<void>()
    await page.route(
      '**/layers/slow',
      async (route) => {
        await isTyped
        await route.continue()
      },
      { times: 1 },
    )
    const name = dialog().getByLabel('Name', { exact: true })
    await name.fill('Slower')
    await button('Save changes').click()
    await expect.poll(() => button('Save changes').isDisabled()).toBe(true)
    await name.fill('Slower still')
    send()
    await dialog().getByRole('alert').getByText('Somebody else changed this meanwhile').waitFor()
    expect(await name.inputValue()).toBe('Slower still')
    await confirm('Save changes')
    expect(await read('layers/slow')).toMatchObject({ name: 'Slower still', description: 'One at a time.' })
    expect(tab.faults()).toEqual([])
  })

  it('keeps to the flag that a colleague moved a draft to', async () => {
    await post('experiments', {
      id: 'moved',
      name: 'Moved',
      status: 'draft',
      flagKey: 'first',
      goalKeys: ['order'],
      baselineVariationId: 'old',
      design: { breakdownBy: ['country'] },
    })
    await open('experiments/moved')
    await openForm('Edit draft', 'Name')
    const { defaultStrategy } = await read<{ defaultStrategy: { id: string } }>('flags/second')
    const theirs = { flagKey: 'second', ruleId: defaultStrategy.id }
    await patch('experiments/moved', theirs)
    await fill(/^Name/, 'The moved')
    await isOvertaken('Save draft')
    const flag = dialog().getByLabel('Flag', { exact: true })
    // its rollout is there once the flag has loaded
    await dialog().locator(`option[value="${defaultStrategy.id}"]`).waitFor({ state: 'attached' })
    expect(await flag.inputValue()).toBe('second')
    await confirm('Save draft')
    expect(await read('experiments/moved')).toMatchObject({
      ...theirs,
      name: 'The moved',
      design: { breakdownBy: ['country'] },
    })
    expect(tab.faults()).toEqual([])
  })

  it('says what else is in the way, and stays the form of what was opened', async () => {
    const at = tomorrow + hourMs
    const changes = { dusk: { enabled: false }, dawn: { archived: true } }
    await post('flags', halfNew('evening'))
    for (const [each, change] of Object.entries(changes))
      await post('schedules', { id: each, name: each, flagKey: 'evening', at, changes: change })
    await open('operations?view=schedules')
    await openForm('Edit: dawn', 'Name')
    const dusk = await read('schedules/dusk')
    const what = dialog().getByLabel('What', { exact: true })
    await what.selectOption('on')
    await button('Save changes').click()
    await dialog().getByRole('alert').getByText('is set otherwise by scheduled change dusk').waitFor()
    expect(await dialog().getByText('Somebody else changed this').count()).toBe(0)
    await what.selectOption('archive')
    await fill('Name', 'Dawn')
    await confirm('Save changes')
    expect(await read('schedules/dawn')).toMatchObject({ name: 'Dawn', changes: changes.dawn })
    expect(await read('schedules/dusk')).toEqual(dusk)
    expect(tab.faults()).toEqual([])
  })

  it('merges what members may do environment by environment', async () => {
    const members = '/organisations/default/members'
    const { id: member } = await call<{ id: string }>(stack(), 'POST', members, {
      email: 'ada@example.com',
      role: 'member',
      environments: { '*': 'viewer' },
    })
    await open('members')
    await openForm('Edit: ada@example.com', 'All environments')
    await call(stack(), 'PATCH', `${members}/${member}`, {
      name: 'Ada',
      environments: { '*': 'viewer', [id]: 'viewer' },
    })
    await dialog().getByLabel('All environments', { exact: true }).selectOption('none')
    await dialog().getByRole('combobox', { name: id }).selectOption('editor')
    await isOvertaken('Save member')
    await sideOf(id, 'Yours').check()
    await confirm('Save member')
    const { members: all } = await call<{ members: Stored[] }>(stack(), 'GET', members)
    expect(all.find((each) => each['id'] === member)).toMatchObject({
      name: 'Ada',
      environments: { [id]: 'editor' },
    })
    expect(tab.faults()).toEqual([])
  })

  it('keeps the settings that are typed while a colleague changes others, and merges them when they are saved', async () => {
    await open('settings')
    const field = (label: string) => page.getByLabel(label, { exact: true })
    await field('Path prefix').fill('/flags')
    await patch('settings', { staleAfterDays: 45, pathPrefix: '/other' })
    await expect.poll(async () => (await read('settings'))['staleAfterDays'], { timeout: 20_000 }).toBe(45)
    await press('Save settings')
    await isOvertaken('Save settings')
    expect(await field('Path prefix').inputValue()).toBe('/flags')
    await sideOf('Path prefix', 'Yours').check()
    await confirm('Save settings')
    expect(await read('settings')).toMatchObject({ staleAfterDays: 45, pathPrefix: '/flags' })
    expect(tab.faults()).toEqual([])
  })

  it('does not turn panic mode off when it was asked to turn it on', async () => {
    await open('settings')
    await press(/^Turn panic mode on/)
    await patch('settings', { panic: true })
    await page.getByText('Panic mode is on', { exact: false }).first().waitFor({ state: 'attached' })
    await dialog().getByLabel(/^Type/).fill(id)
    await dialog()
      .getByRole('button', { name: /^Turn panic mode on/ })
      .click()
    await dialog().getByRole('alert').getByText('Somebody else changed this meanwhile').waitFor()
    await dialog()
      .getByRole('button', { name: /^Turn panic mode on/ })
      .click()
    await dialog().waitFor({ state: 'detached' })
    expect(await read('settings')).toMatchObject({ panic: true })
    expect(tab.faults()).toEqual([])
  })
})
