// Stored results computed again from the lake, and as a file to take away: real HTTP, real ClickHouse, a
// simulated stack.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventRecord } from '../analytics/records.ts'
import type { ExperimentDesign } from '../core/model/experiment.ts'
import type { ExperimentResult } from '../core/model/experiment-result.ts'
import { batchRun } from '../test/support/batch-run.ts'
import { hasChdb } from '../test/support/chdb.ts'
import { experiment, hourMs, purchase, startAt, visitRecords } from '../test/support/simulated-shop.ts'
import type { SimulatedState } from '../test/support/simulated-stack.ts'
import { readCommandLine } from './configuration.ts'
import { toText } from './print.ts'
import { findNative } from './stan/engine.ts'
import { randomFrom } from '../test/simulate/random.ts'

const dayMs = 24 * hourMs
const stan = await findNative({})
const noon = startAt + dayMs
let folder = ''
/** Of two runs, an hour apart; newest first. */
let first: ExperimentResult[] = []
let results: ExperimentResult[] = []
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-replay-'))
  if (!hasChdb) return
  const line = 'experiments --engine exact'
  first = (await batch(line, { ...state, records: records.slice(0, -300) }, noon - hourMs)).results
  results = (await batch(line, { ...state, results: first })).results
})
afterAll(() => rmSync(folder, { recursive: true }))

let runs = 0
async function batch(line: string, state: Partial<SimulatedState>, now = noon) {
  const run = await batchRun(line, state, { cache: path.join(folder, `cache-${runs++}`), now })
  return { ...run, results: [...run.results], text: run.events.map(toText).join('\n') }
}

const goals = [
  purchase,
  { ...purchase, key: 'revenue', metric: { kind: 'value', cap: 50 } as const },
  { ...purchase, key: 'refund', event: 'bought' },
  { ...purchase, key: 'checkout', metric: { kind: 'funnel' as const, steps: ['carted'] } },
]
const visits = [...visitRecords('control', 600, 160), ...visitRecords('green', 610, 260)]
/** Two of three buyers fill a cart: one of them before, one too late. */
const carts = visits.flatMap((record, i): EventRecord[] => {
  if (record.kind !== 'tracking' || i % 3 === 0) return []
  const at = record.at + (i % 4 === 1 ? -9_000 : 9_000)
  return [{ ...record, id: `${record.id}-cart`, event: 'carted', at, receivedAt: at }]
})
const records = [...carts, ...visits]
const design: ExperimentDesign = {
  minimumDays: 0,
  decision: 'fixed-horizon',
  breakdownBy: ['plan', 'exposure.day'],
  guardrails: [{ goalKey: 'refund', margin: { relative: 0.2 } }],
}
const state = {
  goals,
  records,
  experiments: [experiment({ goalKeys: goals.map(({ key }) => key), stopAt: startAt + 2 * dayMs, design })],
}
/** What is received later says nothing of what was known then. */
const later: EventRecord[] = visitRecords('green', 300, 300).map((record) => ({
  ...record,
  id: `late-${record.id}`,
  targetingKey: `late-${record.targetingKey}`,
  receivedAt: noon + hourMs,
}))

describe.skipIf(!hasChdb)('a replay', () => {
  it('computes every goal again to the digit, whatever was received later', async () => {
    expect(results.map(({ goalKey }) => goalKey)).toEqual(['checkout', 'refund', 'revenue', 'purchase'])
    const stored = { ...state, records: [...records, ...later], results: [...results, ...first] }
    for (const { goalKey, computedAt } of results.filter((one) => one.goalKey !== 'refund')) {
      const line = `replay button/${goalKey}@${computedAt} --environment demo`
      const { code, text } = await batch(line, stored, noon + dayMs)
      expect(text).toContain('from its stored facts: identical to the digit')
      expect(text).toContain('counted from the lake: identical to the digit')
      expect(code).toBe(0)
    }
  })

  it('has segments of goals about conversions, which are counted again, too', () => {
    const { breakdowns } = results.find(({ goalKey }) => goalKey === 'purchase')!
    expect(breakdowns).toMatchObject([
      { attribute: 'exposure.day', spread: [{ variationId: 'green' }] },
      {
        attribute: 'plan',
        segments: [
          {
            value: '',
            variations: [
              { variationId: 'control', users: 600, conversions: 160 },
              { variationId: 'green', users: 610, conversions: 260 },
            ],
            comparisons: [{ variationId: 'green', observed: expect.closeTo(260 / 610 / (160 / 600) - 1, 9) }],
          },
        ],
      },
    ])
    expect(results.find(({ goalKey }) => goalKey === 'revenue')).not.toHaveProperty('breakdowns')
  })

  it('finds again where a mismatch comes from', async () => {
    const lost: EventRecord[] = visitRecords('control', 400, 100).map((record) => ({
      ...record,
      sdk: 'web 2.1',
      id: `lost-${record.id}`,
      targetingKey: `lost-${record.targetingKey}`,
    }))
    const unequal = { ...state, records: [...records, ...lost] }
    const stored = (await batch('experiments --engine exact', unequal)).results
    const one = stored.find(({ goalKey }) => goalKey === 'purchase')!
    expect(one.health.checks.find(({ name }) => name === 'sample-ratio')!.detail).toContain('SDK web 2.1')
    const { code, text } = await batch('replay button/purchase --environment demo', {
      ...unequal,
      results: [one],
    })
    expect(text).toContain('from its stored facts: identical to the digit')
    expect(text).toContain('counted from the lake: identical to the digit')
    expect(code).toBe(0)
  })

  it('computes what Stan computed again, and what the closed form did in its stead', async () => {
    const only = { ...state, goals: [purchase], experiments: [experiment({ stopAt: startAt + 2 * dayMs })] }
    const engine = stan.ok ? 'stan-native' : 'exact'
    const [stored] = (await batch(`experiments --engine ${engine}`, only)).results
    expect(stored!.engine.kind).toBe(engine)
    const method = 'beta-binomial quadrature, because Stan failed'
    const stoodIn = await batch('experiments --engine exact', only)
    const instead = { ...stoodIn.results[0]!, engine: { kind: 'exact' as const, method } }
    for (const result of [stored!, instead]) {
      const { code, text } = await batch('replay button/purchase --environment demo', {
        ...only,
        results: [result],
      })
      expect(text).toContain('from its stored facts: identical to the digit')
      expect(text).toContain('counted from the lake: identical to the digit')
      expect(code).toBe(0)
    }
  })

  it('computes values per user again that Stan drew, and why it did not', async () => {
    const engine = stan.ok ? 'stan-native' : 'exact'
    const random = randomFrom(11)
    const spread = visits.map((record) =>
      record.kind === 'tracking' ? { ...record, value: Math.exp(2 + random.normal()) } : record,
    )
    const revenue = { ...purchase, metric: { kind: 'value', cap: 40 } as const }
    const only = { ...state, goals: [revenue], experiments: [experiment({ stopAt: startAt + 2 * dayMs })] }
    const methods: string[] = []
    for (const all of [spread, visits]) {
      const [stored] = (await batch(`experiments --engine ${engine}`, { ...only, records: all })).results
      methods.push(stored!.engine.kind === 'exact' ? stored!.engine.method : stored!.engine.model)
      expect(stored!.metric!.model !== undefined).toBe(stored!.engine.kind !== 'exact')
      const { code, text } = await batch('replay button/purchase --environment demo', {
        ...only,
        records: all,
        results: [stored!],
      })
      expect(text).toContain('from its stored facts: identical to the digit')
      expect(text).toContain('counted from the lake: identical to the digit')
      expect(code).toBe(0)
    }
    const closed = 'normal posterior from sums, pooled variance'
    const standIn = `${closed}, because in control, all values above 0 are equal`
    expect(methods).toEqual(stan.ok ? ['hurdle', standIn] : [closed, closed])
  })

  it('of a funnel tells who reached each step, in order', () => {
    const { variations } = results.find(({ goalKey }) => goalKey === 'checkout')!
    for (const { variationId, conversions, steps } of variations) {
      const own = carts.filter(({ targetingKey }) => targetingKey.startsWith(variationId))
      const inOrder = own.filter((cart) =>
        visits.some((one) => `${one.id}-cart` === cart.id && one.at >= cart.at),
      )
      expect(steps).toEqual([own.length, inOrder.length])
      expect(conversions).toBe(inOrder.length)
    }
  })

  it('says what differs, and ends with a code of its own', async () => {
    const lost = records.filter(({ targetingKey }) => targetingKey !== 'green-3')
    const { code, text } = await batch('replay button/purchase --environment demo', {
      ...state,
      records: lost,
      results: [...results, ...first],
    })
    expect(code).toBe(8)
    expect(text).toContain('from its stored facts: identical to the digit')
    expect(text).toContain('variations.1.users: 610, now 609')
    const forged = results.map((result) =>
      result.goalKey === 'purchase' && result.comparisons
        ? { ...result, comparisons: result.comparisons.map((one) => ({ ...one, evidence: 99 })) }
        : result,
    )
    const found = await batch('replay button/purchase --environment demo', {
      ...state,
      results: [...forged, ...first],
    })
    expect(found.text).toMatch(/from its stored facts: DIFFERENT\n {4}comparisons\.0\.evidence: 99, now/)
  })

  it('is refused of results that do not say what they were computed from, and of none', async () => {
    const bare = results.map(({ provenance: _, ...result }) => result)
    const line = 'replay button/purchase --environment demo'
    expect((await batch(line, { ...state, results: bare })).text).toContain('an earlier release computed it')
    expect((await batch(line, { ...state, results: [] })).text).toContain(
      'There is no result for goal purchase',
    )
  })
})

describe.skipIf(!hasChdb)('a bundle', () => {
  it('is one file with what the result was computed from', async () => {
    const output = path.join(folder, 'purchase.zip')
    const line = `bundle button/purchase --environment demo --output ${output}`
    expect((await batch(line, { ...state, results })).code).toBe(0)
    const files = unzipSync(readFileSync(output))
    const textOf = (name: string) => strFromU8(files[name]!)
    expect(JSON.parse(textOf('result.json'))).toEqual(results.find(({ goalKey }) => goalKey === 'purchase'))
    expect(textOf('variations.csv')).toMatch(/^variationId,users,conversions,observed,.*\r\ncontrol,600,160,/)
    expect(textOf('guardrails.csv')).toContain('refund,green,')
    expect(textOf('figure.svg')).toContain('<title>purchase: relative to the baseline</title>')
    expect(textOf('sql/outcomes.sql')).toContain('SELECT')
    const readme = textOf('README.md')
    for (const name of Object.keys(files)) if (name !== 'README.md') expect(readme).toContain(`\`${name}\``)
    expect(readme).toContain("npm run batch -- replay 'button/purchase@")
    expect((await batch(line, { ...state, results })).text).toContain('exists already')
  })
})

describe('the command line of a replay', () => {
  it.each([
    ['replay button/purchase', 'needs --environment'],
    ['replay button --environment demo', 'EXPERIMENT/GOAL'],
    ['replay button/purchase@yesterday --environment demo', 'EXPERIMENT/GOAL'],
    ['bundle --environment demo', 'bundle needs EXPERIMENT/GOAL'],
    ['experiments button/purchase --environment demo', 'takes none'],
    ['replay --environment demo', 'dead letter'],
  ])('refuses %s', (line, message) => {
    const read = readCommandLine(line.split(' '))
    expect(read.ok ? '' : read.problem.message).toContain(message)
  })

  it('reads experiments whose id has slashes', () => {
    const read = readCommandLine('replay a/b/buy@2026-11-29T10:00:00Z --environment demo'.split(' '))
    expect(read.ok && read.value.result).toEqual({
      experimentId: 'a/b',
      goalKey: 'buy',
      computedAt: Date.UTC(2026, 10, 29, 10),
    })
  })
})
