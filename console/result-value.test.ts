// What the console says of a result about values. Its elements are read as text: no browser runs here.
import { beforeAll, expect, it } from 'vitest'
import type { ExperimentResult } from '../core/model/experiment-result.ts'

class Element {
  readonly children: (Element | string)[] = []
  readonly tag: string
  constructor(tag: string) {
    this.tag = tag
  }
  setAttribute(): void {}
  append(...children: (Element | string)[]): void {
    this.children.push(...children)
  }
  get text(): string {
    return this.children.map((child) => (typeof child === 'string' ? child : child.text)).join(' ')
  }
  all(tag: string): Element[] {
    return this.children.flatMap((child) =>
      typeof child === 'string' ? [] : [...(child.tag === tag ? [child] : []), ...child.all(tag)],
    )
  }
}

// Not a literal import: a room's JavaScript is typed by that room's tsconfig.
const address = './public/result.js'
let sectionOf: (result: ExperimentResult, flag: undefined, goal: string) => Element
beforeAll(async () => {
  const made = (_: string, tag: string) => new Element(tag)
  Object.assign(globalThis, {
    document: { createElement: (tag: string) => new Element(tag), createElementNS: made },
  })
  sectionOf = ((await import(address)) as { resultSection: typeof sectionOf }).resultSection
})

const value = (observed: number) => ({
  observed,
  uncapped: observed + 2,
  posterior: { mean: observed, sd: 0.5, q025: observed - 1, median: observed, q975: observed + 1 },
  sums: { units: 800, meanY: observed, yy: 9_000 },
})
const variation = (variationId: string, probabilityBest: number, observed: number) => ({
  variationId,
  users: 800,
  conversions: 300,
  rate: null,
  uplift: null,
  value: value(observed),
  probabilityBest,
  probabilityBeatsBaseline: probabilityBest,
  expectedLoss: 1.25,
})
const result: ExperimentResult = {
  goalKey: 'revenue',
  baselineVariationId: 'off',
  computedAt: 1,
  window: { from: 0, to: 1 },
  inputHash: 'a'.repeat(64),
  engine: { kind: 'exact', method: 'normal posterior from sums, pooled variance' },
  metric: {
    definition: { kind: 'value', cap: 40, windowDays: 7 },
    event: 'bought',
    adjustment: { theta: 0.5, rhoSquared: 0.25, varianceLeft: 0.75 },
    high: 162.5,
    notes: ['What is compared are sums of at most 40.'],
  },
  variations: [variation('off', 0.01, 8), variation('on', 0.99, 11.25)],
  comparisons: [
    {
      variationId: 'on',
      outcome: 'better',
      difference: { estimate: 3.25, low: 1.5, high: 5 },
      relative: { estimate: 0.40625, low: 0.15, high: null },
      cautious: null,
      evidence: 5,
      moreDays: null,
    },
  ],
  health: { status: 'green', checks: [] },
  verdict: {
    kind: 'winner',
    variationId: 'on',
    probabilityBest: 0.99,
    expectedLoss: 1.25,
    reason: 'Ship on.',
  },
}
const text = (element: Element) => element.text.replaceAll('\u00a0', ' ').replaceAll(/ +/g, ' ')

it('shows the observed figure first, then the interval, the difference and what was measured', () => {
  const section = sectionOf(result, undefined, 'revenue')
  const [, , on] = section.all('tr')
  const cells = on!.all('td').map(text)
  expect(cells.slice(0, 3)).toEqual(['800', '300', expect.stringContaining('11.25')])
  expect(cells[2]).toContain('13.25 without the cap')
  expect(cells.at(-1)).toMatch(/\+3.25 .*\(\+1.5 to \+5\), \+40.6 % \(\+15.0 % to no bound\), better/)
  const all = text(section)
  expect(all).toContain('choosing it gives up 1.25 on average')
  expect(all).toContain('value of bought, in a user’s first 7 days')
  expect(all).toContain('75.0 % of the variance is left')
  expect(all).toContain('half a percent of all users have more than 162.5')
  expect(all).not.toMatch(/undefined|NaN|Beta\(/)
})

it('says why there is no difference, and shows no figure in its place', () => {
  const [off, on] = result.variations
  const none = { value: null, probabilityBest: null, probabilityBeatsBaseline: null, expectedLoss: null }
  const reason = 'Not measured: nobody reached the goal.'
  const section = sectionOf(
    {
      ...result,
      variations: [
        { ...off!, ...none },
        { ...on!, ...none, users: 0, conversions: 0 },
      ],
      comparisons: [
        { ...result.comparisons![0]!, outcome: 'not-measured', reason, difference: null, relative: null },
      ],
      verdict: { kind: 'too-early', reason: 'Do not read it yet.' },
    },
    undefined,
    'revenue',
  )
  expect(text(section)).toContain(reason)
  expect(text(section)).toContain('no users yet')
  expect(text(section)).not.toMatch(/undefined|NaN/)
})
