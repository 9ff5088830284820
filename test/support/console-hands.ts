// What a person does in the console, for journeys: opens a page, presses a button, fills a dialogue.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** `address`: of the environment, whose pages are below it. */
export function handsOn(page: () => Page, address: () => string) {
  const dialog = () => page().getByRole('dialog')
  const press = (name: string | RegExp) => page().getByRole('button', { name, exact: true }).click()
  return {
    dialog,
    /** Waits until the form is there: what a colleague changes from then on, it has not read. */
    openForm: async (button: string, label: string) => {
      await press(button)
      await dialog().getByLabel(label).first().waitFor()
    },
    open: (below: string) => page().goto(`${address()}/${below}`),
    press,
    /** From the menu of a row. */
    choose: async (action: string, row: string) => {
      await press(`More actions: ${row}`)
      await page().getByRole('menuitem', { name: action, exact: true }).click()
    },
    /** What is shown once is closed by its button: Escape would ask. */
    closeOnce: async () => {
      await dialog().getByRole('button', { name: 'Close', exact: true }).last().click()
      await dialog().waitFor({ state: 'detached' })
    },
    fill: (label: string | RegExp, text: string) => dialog().getByLabel(label).fill(text),
    /** The dialogue's own button; it closes when the change is made. */
    confirm: async (name: string) => {
      await dialog().getByRole('button', { name, exact: true }).click()
      await dialog().waitFor({ state: 'detached' })
    },
  }
}

/** Makes a change, and waits for the notice that edge has it: of a later revision than the notices before. */
export async function makeLive(page: Page, change: () => Promise<void>): Promise<void> {
  const latest = async () => {
    const notices = await page.getByText(/^Live at revision [\d,]+ in/).allInnerTexts()
    return Math.max(0, ...notices.map((text) => Number(/[\d,]+/.exec(text)![0].replaceAll(',', ''))))
  }
  const before = await latest()
  await change()
  await expect.poll(latest, { timeout: 30_000 }).toBeGreaterThan(before)
}
