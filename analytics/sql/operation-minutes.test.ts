// Runs counting/operation-minutes.sql over its fixture in real ClickHouse, embedded and over HTTP, and
// compares it with plain counts in TypeScript. In the fixture, `//` says what a line is there for.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import type { AskedMinutes } from '../../batch/counting/operation-minutes.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import {
  clockSkewMaxMs,
  copyHorizonMs,
  type Counts,
  requestDelayMaxMs,
} from '../../test/support/plain-counts.ts'
import { plainMinutes } from '../../test/support/plain-operation-minutes.ts'
import { openBothWays } from '../../test/support/minutes-both-ways.ts'
import { toNdjson } from '../lake.ts'
import { EventRecord } from '../records.ts'

const linesOf = (name: string) =>
  readFileSync(path.join(import.meta.dirname, name), 'utf8')
    .trimEnd()
    .split('\n')
const fixture = linesOf('operation-minutes.fixture.ndjson')
const expected = linesOf('operation-minutes.expected.ndjson').map((line) => JSON.parse(line) as unknown)

const tolerances = { sameWithinMs: 50, copyHorizonMs: 500, clockSkewMaxMs: 30, requestDelayMaxMs: 20 }
const asked: AskedMinutes = {
  x: 1,
  askedFlag: 'checkout',
  rule: 'split',
  variation: 'on',
  baseline: 'off',
  goal: 'crashed',
  counts: 'all',
  start: 600_000,
  linksFrom: 0,
  delayMs: 120_000,
  sourceUsersMax: 2,
}

describe.skipIf(!hasChdb)('operation-minutes.sql', () => {
  let ways: Awaited<ReturnType<typeof openBothWays>>
  beforeAll(async () => {
    ways = await openBothWays()
  })
  afterAll(() => ways.close())
  const ask = (objects: readonly (readonly string[])[]) => ways.minutes(objects, [asked], tolerances, 600_000)

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

  it('reads records of every version', async () => {
    const own = { ...asked, rule: '', baseline: '', goal: 'bought', start: 0 }
    const versions = [linesOf('versions.fixture.ndjson')]
    const users = async (counts: Counts) => {
      const rows = await ways.minutes(versions, [{ ...own, counts }], tolerances, 600_000)
      return rows.map((row) => [row.users, row.goalUsers, row.verifiedUsers])
    }
    expect([await users('all'), await users('verified')]).toEqual([[[2, 2, 1]], [[1, 1, 1]]])
  })

  it('gives no row for an empty lake, and for an empty object', async () => {
    expect(await ask([])).toEqual([])
    expect(await ask([[]])).toEqual([])
  })

  it('agrees with a plain count on any records, for all that is asked at once', async () => {
    const own = { ...tolerances, copyHorizonMs, clockSkewMaxMs, requestDelayMaxMs }
    await fc.assert(
      fc.asyncProperty(
        records,
        fc.array(question, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(60_000, 120_000, 1_000_000),
        async (all, questions, dayMs) => {
          const lines = toNdjson([...all, ...all])
            .trimEnd()
            .split('\n')
          const numbered = questions.map((each, i) => ({ ...each, x: i + 1 }))
          const found = await ways.minutes([lines], numbered, own, dayMs)
          expect(found).toEqual(numbered.flatMap((each) => plainMinutes(all, each, dayMs)))
        },
      ),
      { numRuns: scaled(20) },
    )
  }, 300_000)
})

const question = fc.record({
  x: fc.constant(1),
  askedFlag: fc.constantFrom('checkout', 'checkout', 'search'),
  rule: fc.constantFrom('', 'split'),
  variation: fc.constant('on'),
  baseline: fc.constantFrom('', 'off'),
  goal: fc.constantFrom('crashed', 'visited'),
  counts: fc.constantFrom<Counts>('all', 'verified', 'server'),
  start: fc.constantFrom(60_000, 119_999),
  linksFrom: fc.constantFrom(0, 60_000, 119_999, 150_000),
  delayMs: fc.constantFrom(0, 2, 30_000),
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
const alias = fc.record({
  ...anyone,
  kind: fc.constant('alias' as const),
  previousKey: fc.constantFrom('ann', 'ben', 'cat', 'dan', ''),
})
/** Ids are in order of the list, so that ties fall alike. */
const records = fc
  .array(fc.oneof({ weight: 6, arbitrary: exposure }, { weight: 6, arbitrary: tracking }, alias), {
    maxLength: 40,
    size: 'max',
  })
  .map((all) => all.map((record, i): EventRecord => ({ ...record, id: String(i).padStart(2, '0') })))
