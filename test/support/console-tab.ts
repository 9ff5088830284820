// A tab of the console in Chromium, which remembers whatever went wrong in it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'playwright-core'
import type { Admin } from '../../scripts/admin.ts'
import { routes } from '../../workers/control/api/route-list.ts'

export interface ConsoleTab {
  readonly page: Page
  /** Errors of the browser's console, exceptions, failed requests and refusals, since the last time. */
  readonly faults: () => string[]
}

/** Signed in. `isExpected` says which refusals are part of the journey. */
export async function openConsole(
  browser: Browser,
  { url, token }: Admin,
  isExpected: (status: number, url: string) => boolean = () => false,
): Promise<ConsoleTab> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  let faults: string[] = []
  page.on('console', (message) => {
    // the browser also says of each refusal that it could not load it: those are told of below
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    if (reason !== 'net::ERR_ABORTED') faults.push(`${request.url()} ${reason}`)
  })
  page.on('response', (response) => {
    const status = response.status()
    if (status < 400) remember(response.request().method(), response.url())
    if (status >= 400 && !isExpected(status, response.url())) faults.push(`${response.url()} ${status}`)
  })
  await page.goto(`${url}/#token=${token}`)
  await page.waitForSelector('h1')
  return {
    page,
    faults: () => {
      const found = faults
      faults = []
      return found
    },
  }
}

const called = new Set<string>()

/** The ids of the routes that answered the tabs of this test file without a refusal. */
export const calledRoutes = (): readonly string[] => [...called].toSorted()

const patterns = routes.map(({ id, method, path }) => {
  const parts = path.split('/').map((part) => (part.startsWith('{') ? '[^/]+' : part))
  return { id, method: method as string, path: new RegExp(`^/api/v1${parts.join('/')}$`) }
})

function remember(method: string, url: string): void {
  const { pathname } = new URL(url)
  for (const route of patterns) if (route.method === method && route.path.test(pathname)) called.add(route.id)
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Asked = 'everything' | 'colours'

/**
 * What breaks WCAG 2.2, A and AA, in one line each. In another theme a page has the same elements: there the
 * rules about colours say all that can have changed.
 */
export async function violationsOf(page: Page, asked: Asked): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe)
  const violations = await page.evaluate<readonly Violation[]>(`(async () => {
    const standards = ${JSON.stringify(standards)}
    const ofColours = () => axe.getRules(standards).filter(({ tags }) => tags.includes('cat.color'))
    const runOnly = ${asked === 'everything'} ? standards : ofColours().map(({ ruleId }) => ruleId)
    const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] })
    return violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })),
    }))
  })()`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  )
}

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary: string }[]
}
