// The pages of the console that are looked at and checked, with the demo's data.
import type { Page } from 'playwright-core'
import { pagesEnvironment, productionEnvironment, richFlag } from './data.ts'

interface ConsolePage {
  readonly name: string
  /** Below the environment. */
  readonly path: string
  /** Default: that of the pages. */
  readonly environment?: string
  /** What is done before it is looked at. */
  readonly act?: (page: Page) => Promise<void>
}

export const addressOf = ({ path, environment = pagesEnvironment }: ConsolePage): string =>
  `/environments/${environment}/${path}`

const inDialog = async (page: Page, button: string | RegExp) => {
  await page.getByRole('button', { name: button }).first().click()
  await page.waitForSelector('dialog[open]')
}

const rich = `flags/${richFlag.replaceAll('/', '~')}`

export const consolePages: readonly ConsolePage[] = [
  { name: 'flags', path: 'flags' },
  { name: 'create-flag', path: 'flags?create=true' },
  {
    name: 'palette',
    path: 'flags',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.waitForSelector('dialog[open]')
    },
  },
  { name: 'production', path: 'flags', environment: productionEnvironment },
  { name: 'targeting', path: rich },
  {
    name: 'targeting-edit',
    path: rich,
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit Rule 2' }).click()
      const share = page.getByLabel('Share of Classic, in percent').first()
      await share.fill('50')
      await page.getByText('No problems found').waitFor()
    },
  },
  { name: 'variations', path: `${rich}/variations` },
  {
    name: 'debugger',
    path: `${rich}/debugger?context=${encodeURIComponent(
      JSON.stringify({ targetingKey: 'user-20519', country: 'DE', app_version: '8.4.1' }),
    )}`,
    act: async (page) => {
      await page.getByText('Hash input').waitFor()
    },
  },
  { name: 'flag-settings', path: `${rich}/settings` },
  { name: 'flag-running', path: 'flags/new-checkout/running' },
  { name: 'create-schedule', path: 'operations?create=schedules&flag=new-checkout' },
  { name: 'usage', path: 'flags/new-checkout/usage' },
  { name: 'flag-history', path: 'flags/new-checkout/history' },
  { name: 'flag-portability', path: 'flags/new-checkout/portability' },
  { name: 'history', path: 'history' },
  { name: 'portability', path: 'portability' },
  { name: 'experiments', path: 'experiments' },
  { name: 'create-experiment', path: 'experiments?create=true' },
  { name: 'results', path: 'experiments/express-pay' },
  { name: 'results-withheld', path: 'experiments/hero' },
  { name: 'results-early', path: 'experiments/gift-cards' },
  { name: 'operations', path: 'operations' },
  { name: 'kill-switches', path: 'operations?view=switches' },
  { name: 'rollouts', path: 'operations?view=rollouts' },
  { name: 'allocations', path: 'operations?view=allocations' },
  { name: 'create-allocation', path: 'operations?create=allocations&flag=headline' },
  { name: 'schedules', path: 'operations?view=schedules' },
  { name: 'triggers', path: 'operations?view=triggers' },
  {
    name: 'edit-rollout',
    path: 'operations?view=rollouts',
    act: (page) => inDialog(page, 'Edit: Semantic ranking'),
  },
  { name: 'create-kill-switch', path: 'operations?create=switches' },
  { name: 'overview', path: 'overview' },
  { name: 'segments', path: 'segments' },
  { name: 'segment', path: 'segments/beta-users' },
  { name: 'create-segment', path: 'segments?create=true' },
  { name: 'goals', path: 'goals' },
  { name: 'goal', path: 'goals/order' },
  { name: 'create-goal', path: 'goals?create=true' },
  { name: 'layers', path: 'layers' },
  { name: 'create-layer', path: 'layers?create=true' },
  {
    name: 'allot-slices',
    path: 'layers',
    act: (page) => inDialog(page, /^Give a part/),
  },
  { name: 'holdouts', path: 'holdouts' },
  { name: 'create-holdout', path: 'holdouts?create=true' },
  {
    name: 'edit-holdout',
    path: 'holdouts',
    act: (page) => inDialog(page, 'Edit: This year'),
  },
  { name: 'insights', path: 'insights' },
  { name: 'jobs', path: 'jobs' },
  { name: 'keys', path: 'keys' },
  { name: 'members', path: 'members' },
  { name: 'environments', path: 'environments' },
  { name: 'webhooks', path: 'webhooks' },
  { name: 'transfer', path: 'transfer' },
  { name: 'settings', path: 'settings' },
  { name: 'forget-users', path: 'settings', act: (page) => inDialog(page, 'Forget users…') },
  {
    name: 'history-in-full',
    path: 'history?of=organisation',
    act: async (page) => {
      await page
        .getByRole('button', { name: /^Create environment/ })
        .first()
        .click()
      await page.getByRole('list', { name: 'What would change' }).waitFor()
    },
  },
  {
    name: 'bulk',
    path: 'flags',
    act: async (page) => {
      for (const flag of ['Gift cards', 'Express pay', 'old-banner'])
        await page.getByLabel(`Select ${flag}`, { exact: true }).check()
      await page.getByRole('toolbar').getByRole('button', { name: 'Turn off' }).click()
      await page.getByText('in one revision').waitFor()
    },
  },
  { name: 'create-webhook', path: 'webhooks?create=true' },
  { name: 'experiment-draft', path: 'experiments/banner-words' },
]
