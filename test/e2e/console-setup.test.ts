// Journeys through the console in Chromium on a real stack: a schema and the order of rules, a large upload,
// the first hour, settings, and what each role may do.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { hasChromium, launchChromium } from '../support/chromium.ts'
import { makeLive } from '../support/console-hands.ts'
import { changedBy } from '../support/console-journeys.ts'
import { calledRoutes, openConsole } from '../support/console-tab.ts'
import { useStack } from '../support/stack-fixture.ts'

const stack = useStack()
let browser: Browser
const environment = '/environments/setup'
beforeAll(async () => {
  if (!hasChromium) return
  browser = await launchChromium()
  await call(stack(), 'POST', '/environments', { id: 'setup', name: 'Setup' })
})
afterAll(async () => browser?.close())

const emailEnds = (id: string, end: string) => ({
  id,
  name: id,
  anyOf: [[{ attribute: 'email', operator: 'ends-with', values: [end] }]],
  strategy: { kind: 'fixed', variationId: 'small' },
})
const sized = {
  key: 'sized',
  type: 'json',
  variations: [
    { id: 'small', name: 'Small', value: '{"size":1}' },
    { id: 'large', name: 'Large', value: '{"size":20}' },
  ],
  offVariationId: 'small',
  rules: ['first', 'second', 'third'].map((id) => emailEnds(id, `@${id}.example`)),
  defaultStrategy: { strategy: { kind: 'fixed', variationId: 'large' } },
}
const ruleIds = async () => {
  const { rules } = await call<{ rules: { id: string }[] }>(stack(), 'GET', `${environment}/flags/sized`)
  return rules.map(({ id }) => id)
}

describe.skipIf(!hasChromium)('in the console', () => {
  it('a schema is written beside the values, and rules are put in another order', async () => {
    await call(stack(), 'POST', `${environment}/flags`, sized)
    // a dry run that was on its way when the change was saved
    const isLate = (status: number, url: string) => status === 409 && url.includes('dryRun=true')
    const { page, faults } = await openConsole(browser, stack(), isLate)
    await page.goto(`${stack().url}${environment}/flags/sized/variations`)
    await page.getByRole('button', { name: 'Add schema' }).click()
    await page.getByLabel('Schema as JSON').focus()
    const replace = async (text: string) => {
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText(text)
    }
    await replace('{"properties":{"size":{"maximum":9}}}')
    await page.getByText('Is a schema that one value does not fit').waitFor()
    const large = page.getByRole('region', { name: 'Large' })
    await large.getByText('/size 20 is greater than 9').waitFor()
    await large.locator('.cm-lintRange-error').waitFor()
    await replace('{"properties":{"size":{"maximun":9}}}')
    await page
      .getByRole('region', { name: 'Schema of the values' })
      .getByText('/properties/size/maximun is no keyword')
      .waitFor()
    await replace('{"properties":{"size":{"maximum":20}}}')
    await page.getByText('Is a schema, and every value fits it').waitFor()
    await large.locator('.cm-lintRange-error').waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'Targeting' }).click()
    const handle = (place: number) =>
      page.getByRole('button', { name: new RegExp(`^Move Rule ${place}: drag`) })
    const [from, to] = [await handle(3).boundingBox(), await handle(1).boundingBox()]
    await page.mouse.move(from!.x + 9, from!.y + 9)
    await page.mouse.down()
    await page.mouse.move(from!.x + 9, to!.y - 5, { steps: 12 })
    await page.mouse.up()
    await page.getByText('third is number 1 of 3').waitFor()
    await handle(1).press('ArrowDown')
    await page.getByText('third is number 2 of 3').waitFor()
    await page.getByText('No problems found').waitFor()
    await makeLive(page, () => page.getByRole('button', { name: 'Save changes' }).click())
    expect(await ruleIds()).toEqual(['first', 'third', 'second'])
    const misfit = call(stack(), 'PATCH', `${environment}/flags/sized`, {
      variations: [{ ...sized.variations[0], value: '{"size":21}' }, sized.variations[1]],
    })
    await expect(misfit).rejects.toThrow('/size 21 is greater than 20')
    expect(faults()).toEqual([])
    await page.close()
  })

  it('100,000 members are uploaded, with progress', { timeout: 120_000 }, async () => {
    await call(stack(), 'POST', `${environment}/segments`, { key: 'many', name: 'Many' })
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}${environment}/segments/many`)
    await page.getByRole('button', { name: 'Upload list' }).click()
    const ids = Array.from({ length: 100_000 }, (_, i) => `user-${i}`).join('\n')
    const dialog = page.getByRole('dialog')
    await dialog.locator('input[type=file]').setInputFiles({
      name: 'members.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from(ids),
    })
    const shown = dialog.getByRole('progressbar', { name: 'Upload list' }).waitFor()
    await dialog.getByRole('button', { name: 'Upload list' }).click()
    await shown
    await page.getByText('Many has 100,000 uploaded members').waitFor({ timeout: 60_000 })
    await page.getByLabel('Targeting key').fill('user-99999')
    await page.getByRole('button', { name: 'Look it up' }).click()
    await page.getByText('user-99999 is an uploaded member.').waitFor()
    expect(faults()).toEqual([])
    await page.close()
  })

  it('the first hour ends when an exposure and an event have arrived', { timeout: 120_000 }, async () => {
    await call(stack(), 'POST', '/environments', { id: 'first-hour', name: 'First hour' })
    const { page, faults } = await openConsole(browser, stack())
    const overview = `${stack().url}/environments/first-hour/overview`
    await page.goto(overview)
    await page.getByRole('button', { name: 'Create SDK key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('web')
    await makeLive(page, () => dialog.getByRole('button', { name: 'Create SDK key' }).click())
    await page.getByText('It is shown only now').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
    const key = await page.getByLabel('Key in the examples').inputValue()
    await page.getByRole('link', { name: 'Create flag' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Hello')
    await makeLive(page, () => page.getByRole('dialog').getByRole('button', { name: 'Create flag' }).click())
    await page.goto(overview)
    await page.getByRole('link', { name: 'Create goal' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Bought')
    await makeLive(page, () => page.getByRole('dialog').getByRole('button', { name: 'Create goal' }).click())
    await page.goto(overview)
    await page.getByText('Waiting for the first event').waitFor()
    const context = { targetingKey: 'ada' }
    const tracked = await fetch(`${stack().url}/ofrep/v1/track`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        context,
        events: [
          { kind: 'exposure', flagKey: 'hello', variationId: 'on', context },
          { kind: 'goal', name: 'bought', context },
        ],
      }),
    })
    expect([tracked.status, await tracked.text()]).toEqual([200, expect.anything()])
    await page.getByRole('heading', { name: 'Overview' }).waitFor({ timeout: 60_000 })
    expect(faults()).toEqual([])
    await page.close()
  })

  it('settings are saved in one revision, and then every change asks for a comment', async () => {
    const { page, faults } = await openConsole(browser, stack())
    await page.goto(`${stack().url}${environment}/settings`)
    await page.getByLabel('Every change needs a comment').check()
    await page.getByLabel('Path prefix').fill('shop')
    await page.getByText('segments of letters, digits').waitFor()
    expect(await page.getByRole('button', { name: 'Save settings' }).isDisabled()).toBe(true)
    await page.getByLabel('Path prefix').fill('/shop')
    await page.getByRole('button', { name: 'Save settings' }).click()
    await makeLive(page, () =>
      page.getByRole('dialog').getByRole('button', { name: 'Save settings' }).click(),
    )
    expect(await call(stack(), 'GET', `${environment}/settings`)).toMatchObject({
      requireComment: true,
      pathPrefix: '/shop',
    })
    await page.getByRole('button', { name: 'Turn panic mode on' }).click()
    const dialog = page.getByRole('dialog')
    const confirm = dialog.getByRole('button', { name: 'Turn panic mode on' })
    await dialog.getByLabel('Type setup to confirm').fill('setup')
    expect(await confirm.isDisabled()).toBe(true)
    await dialog.getByLabel('Comment').fill('An exercise')
    await confirm.click()
    await page.getByText('Panic mode is on: all applications').waitFor()
    expect(faults()).toEqual([])
    await page.close()
  })

  it.each<[role: string, grants: object, may: Record<string, boolean>]>([
    ['viewer', {}, { flag: false, key: false, environment: false, member: false }],
    ['editor', { environments: ['setup'] }, { flag: true, key: true, environment: false, member: false }],
    ['admin', {}, { flag: true, key: true, environment: true, member: true }],
  ])('a token of role %s is offered what it may do, and told of the rest', async (role, grants, may) => {
    const { token } = await call<{ token: string }>(stack(), 'POST', '/organisations/default/tokens', {
      name: `as ${role}`,
      role,
      ...grants,
    })
    const { page, faults } = await openConsole(browser, { url: stack().url, token })
    const check = async (path: string, button: string, allowed: boolean) => {
      await page.goto(`${stack().url}${environment}/${path}`)
      const found = page.getByRole('button', { name: button, exact: true })
      await expect.poll(() => found.isDisabled(), { timeout: 10_000 }).toBe(!allowed)
      const said = () => found.getAttribute('title', { timeout: 5_000 })
      if (!allowed) await expect.poll(said).toContain('This needs the role')
    }
    await check('flags', 'Create flag', may['flag']!)
    await check('keys', 'Create SDK key', may['key']!)
    await check('settings', 'Edit environment', may['environment']!)
    await check('members', 'Add member', may['member']!)
    expect(faults()).toEqual([])
    await page.close()
  })

  it('all of that was asked of the API', () => {
    expect(calledRoutes()).toEqual(expect.arrayContaining([...changedBy['console-setup']]))
  })
})
