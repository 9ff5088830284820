// What is measured inside of the page, by its own clock. Programs for the page are texts: types of the
// browser are not in scope here.
import type { Page } from 'playwright-core'

/** Resolves after the frame in which `isDone` holds has been painted; asked in every frame. */
const painted = (isDone: string) => `new Promise((resolve) => {
  const look = () => requestAnimationFrame(() =>
    (${isDone}) ? setTimeout(() => resolve(performance.now())) : look())
  look()
})`

/** From the start of the navigation until rows are painted and the search takes a key. */
export const readyMs = (page: Page): Promise<number> =>
  page.evaluate<number>(
    painted(`document.querySelector('[role=row] a') && document.querySelector('input[type=search]')`),
  )

/**
 * Types a word and clears it. For each key, the time from the event to the end of the frame that shows the
 * list for it.
 */
export async function typedMs(page: Page, word: string): Promise<number[]> {
  const field = page.locator('input[type=search]')
  await field.fill('')
  await page.waitForTimeout(500)
  await field.focus()
  await page.evaluate(`
    window.typed = []
    window.typing ??= document.querySelector('input[type=search]').addEventListener('input', ({ timeStamp }) => {
      const look = () => requestAnimationFrame(() =>
        document.querySelector('[role=table]').ariaBusy === 'true'
          ? look()
          : setTimeout(() => window.typed.push(performance.now() - timeStamp)))
      look()
    }) ?? true
  `)
  for (const key of word) {
    await page.keyboard.press(key === ' ' ? 'Space' : key)
    await page.waitForTimeout(80)
  }
  const times = await page.evaluate<number[]>('window.typed')
  await field.fill('')
  await page.waitForTimeout(500)
  return times
}

interface Scrolled {
  readonly frames: number
  /** Frames in which a part of the list's window showed no row. */
  readonly blank: number
  /** Milliseconds between two frames. */
  readonly slowest: number
}

/** Scrolls from the top to the end, most of a window at each frame, and looks at each painted frame. */
export const scrolled = (page: Page): Promise<Scrolled> =>
  page.evaluate<Scrolled>(`new Promise((resolve) => {
    const box = document.querySelector('[role=table]')
    const step = Math.floor(box.clientHeight * 0.8)
    let frames = 0, blank = 0, slowest = 0, last = performance.now()
    const hasRowAt = (y) => document.elementFromPoint(box.getBoundingClientRect().left + 200, y)?.closest('[role=row]')
    const look = () => {
      const { top, bottom } = box.getBoundingClientRect()
      const places = [top + 60, (top + bottom) / 2, bottom - 60]
      frames++
      if (!places.every(hasRowAt)) blank++
    }
    const next = () => requestAnimationFrame((now) => {
      slowest = frames > 0 ? Math.max(slowest, now - last) : 0
      last = now
      setTimeout(() => {
        look()
        if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) return resolve({ frames, blank, slowest })
        box.scrollTop += step
        next()
      })
    })
    box.scrollTop = 0
    next()
  })`)

/** Goes to a flag's page by a click in the list, and back. Until its targeting is painted. */
export async function openMs(page: Page, row: number): Promise<number> {
  await page.evaluate(`document.querySelector('[role=table]').scrollTop = 0`)
  await page.waitForTimeout(300)
  const link = page.locator('[role=row] a').nth(row)
  await page.evaluate(`document.addEventListener('click', (event) => (window.clicked = event.timeStamp), {
    capture: true, once: true
  })`)
  const opened = page.evaluate<number>(
    `${painted(`document.querySelector('header h1') && document.querySelector('aside')`)}.then(
      (at) => at - window.clicked)`,
  )
  await link.click()
  const ms = await opened
  await page.goBack()
  await page.waitForSelector('[role=row] a')
  return ms
}
