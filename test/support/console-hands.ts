// What a person does in the console, for journeys: opens a page, presses a button, fills a dialogue.
import type { Page } from 'playwright-core'

/** `address`: of the environment, whose pages are below it. */
export function handsOn(page: () => Page, address: () => string) {
  const dialog = () => page().getByRole('dialog')
  return {
    dialog,
    open: (below: string) => page().goto(`${address()}/${below}`),
    press: (name: string | RegExp) => page().getByRole('button', { name, exact: true }).click(),
    fill: (label: string | RegExp, text: string) => dialog().getByLabel(label).fill(text),
    /** The dialogue's own button; it closes when the change is made. */
    confirm: async (name: string) => {
      await dialog().getByRole('button', { name, exact: true }).click()
      await dialog().waitFor({ state: 'detached' })
    },
  }
}
