// The pages of the console that are looked at and checked, with the demo's data.
import type { Page } from 'playwright-core'

interface ConsolePage {
  readonly name: string
  /** Below the environment. */
  readonly path: string
  /** What is done before it is looked at. */
  readonly act?: (page: Page) => Promise<void>
}

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
  { name: 'experiment-draft', path: 'experiments/banner-words' },
]
