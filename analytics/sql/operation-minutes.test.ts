// Runs operation-minutes.sql over its fixture in real ClickHouse, embedded and over HTTP, and compares it with
// plain counts in TypeScript. In the fixture, `//` says what a line is there for.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChdb } from '../../test/support/chdb.ts'
import { clockSkewMaxMs, type Counts, requestDelayMaxMs } from '../../test/support/plain-counts.ts'
import { plainMinutes } from '../../test/support/plain-operation-minutes.ts'
import { openQueryWays, type QueryWays } from '../../test/support/query-ways.ts'
import { toNdjson } from '../lake.ts'
import { EventRecord } from '../records.ts'

const linesOf = (name: string) =>
  readFileSync(path.join(import.meta.dirname, name), 'utf8')
    .trimEnd()
    .split('\n')
const fixture = linesOf('operation-minutes.fixture.ndjson')
const expected = linesOf('operation-minutes.expected.ndjson').map((line) => JSON.parse(line) as unknown)

const parameters = {
  flagKey: 'checkout',
  variationId: 'on',
  baselineVariationId: 'off',
  ruleId: 'split',
  event: 'crashed',
  from: 600_000,
  dayMs: 600_000,
  delayMs: 120_000,
  clockSkewMaxMs: 30,
  requestDelayMaxMs: 20,
  counts: 'all',
  sourceUsersMax: 2,
}

describe.skipIf(!hasChdb)('operation-minutes.sql', () => {
  let ways: QueryWays
  beforeAll(async () => {
    ways = await openQueryWays()
  })
  afterAll(() => ways.close())
  const ask = (objects: readonly (readonly string[])[], more = {}) =>
    ways.run('operation-minutes', objects, { ...parameters, ...more })

  it('has a fixture of valid records', () => {
    for (const line of fixture) {
      const { '//': _, ...record } = JSON.parse(line) as Record<string, unknown>
      expect(EventRecord.safeParse(record).error).toBeUndefined()
    }
  })

  it('gives the expected rows, however the lines are spread, ordered and repeated', async () => {
    expect(await ask([fixture])).toEqual(expected)
    const [even, odd] = [0, 1].map((rest) => fixture.filter((_, i) => i % 2 === rest))
    expect(await ask([odd!.toReversed(), even!])).toEqual(expected)
    expect(await ask([fixture, fixture])).toEqual(expected)
  })

  it('gives no row for an empty lake, and for an empty object', async () => {
    expect(await ask([])).toEqual([])
    expect(await ask([[]])).toEqual([])
  })

  it('agrees with a plain count on any records', async () => {
    await fc.assert(
      fc.asyncProperty(records, question, async (all, asked) => {
        const own = { clockSkewMaxMs, requestDelayMaxMs }
        const lines = toNdjson([...all, ...all])
          .trimEnd()
          .split('\n')
        expect(await ask([lines], { ...asked, ...own })).toEqual(plainMinutes(all, asked))
      }),
      { numRuns: 60 },
    )
  }, 300_000)
})

const question = fc.record({
  variationId: fc.constant('on'),
  baselineVariationId: fc.constantFrom('', 'off'),
  ruleId: fc.constantFrom('', 'split'),
  event: fc.constant('crashed'),
  from: fc.constant(60_000),
  dayMs: fc.constantFrom(60_000, 120_000, 1_000_000),
  delayMs: fc.constantFrom(0, 2, 30_000),
  counts: fc.constantFrom<Counts>('all', 'verified', 'server'),
  sourceUsersMax: fc.constantFrom(0, 1, 2),
})

/** Around three turns of a minute. */
const time = fc
  .tuple(fc.constantFrom(60_000, 120_000, 150_000, 180_000), fc.integer({ min: -3, max: 4 }))
  .map(([turn, off]) => turn + off)
const anyone = {
  v: fc.constant(2 as const),
  environmentId: fc.constant('demo'),
  at: time,
  receivedAt: time,
  targetingKey: fc.constantFrom('ann', 'ben', 'cat', 'dan', ''),
  protocol: fc.constantFrom('ofrep' as const, 'bucketeer' as const, 'flagship-io' as const),
  sdk: fc.constantFrom('', 'js'),
  attributes: fc.constant({}),
  keyKind: fc.constantFrom('client' as const, 'server' as const, '' as const),
  source: fc.constantFrom('', 'here', 'there'),
}
const exposure = fc.record({
  ...anyone,
  kind: fc.constant('exposure' as const),
  flagKey: fc.constantFrom('checkout', 'checkout', 'search'),
  flagVersion: fc.constant(1),
  variationId: fc.constantFrom('on', 'off'),
  ruleId: fc.constantFrom('split', 'split', 'staff'),
  revision: fc.constant(1),
  verified: fc.boolean(),
  unitAttribute: fc.constant(''),
  unit: fc.constant(''),
})
const tracking = fc.record({
  ...anyone,
  kind: fc.constant('tracking' as const),
  type: fc.constant('goal' as const),
  event: fc.constantFrom('crashed', 'visited'),
  value: fc.constant(0),
})
/** Ids are in order of the list, so that ties fall alike. */
const records = fc
  .array(fc.oneof(exposure, tracking), { maxLength: 40, size: 'max' })
  .map((all) => all.map((record, i): EventRecord => ({ ...record, id: String(i).padStart(2, '0') })))
