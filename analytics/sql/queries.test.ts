// Runs each query over its fixture in real ClickHouse, and compares the queries with plain counts in
// TypeScript. In a fixture, `//` says what a line is there for; ClickHouse skips it like any unknown field.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toNdjson } from '../lake.ts'
import { EventRecord, type Exposure as NewExposure, type Tracking as NewTracking } from '../records.ts'

type OfKind<Kind> = Extract<EventRecord, { kind: Kind }>
type Exposure = OfKind<'exposure'>
type Tracking = OfKind<'tracking'>
import { recordColumns } from './columns.ts'

const chdb = await import('chdb').catch(() => undefined)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-sql-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const beside = (name: string) => path.join(import.meta.dirname, name)
const lines = (name: string) => readFileSync(beside(name), 'utf8').trimEnd().split('\n')
const parse = (text: string) =>
  text.split('\n').flatMap((line) => (line ? [JSON.parse(line) as unknown] : []))

/** Each list of lines becomes one object of the lake. */
async function runQuery(
  name: string,
  objects: readonly (readonly string[])[],
  parameters: object,
): Promise<unknown[]> {
  const names = objects.map((text, i) => {
    writeFileSync(path.join(folder, `${i}.ndjson.gz`), gzipSync(text.map((line) => `${line}\n`).join('')))
    return `${i}.ndjson.gz`
  })
  const files = path.join(folder, `{${names.join(',')}}`)
  const sql = ['lake', name].map((part) => readFileSync(beside(`${part}.sql`), 'utf8')).join('')
  const answer = await chdb!.queryBindAsync(
    sql,
    { files, parts: '/{}', columns: recordColumns, ...parameters },
    { format: 'JSONEachRow' },
  )
  return parse(answer.text())
}

const queries = [
  {
    name: 'experiment',
    parameters: {
      from: 1000,
      to: 2000,
      flagKey: 'checkout',
      ruleId: 'split',
      event: 'bought',
      sameWithinMs: 50,
      clockSkewMaxMs: 30,
    },
  },
  {
    name: 'event-rate',
    parameters: {
      countingFrom: 1000,
      flagKey: 'checkout',
      variationId: 'on',
      event: 'crashed',
      clockSkewMaxMs: 30,
    },
  },
]

describe.skipIf(!chdb).each(queries)('$name.sql', ({ name, parameters }) => {
  const fixture = lines(`${name}.fixture.ndjson`)
  const expected = parse(lines(`${name}.expected.ndjson`).join('\n'))

  it('has a fixture of valid records', () => {
    for (const line of fixture) {
      const record = JSON.parse(line) as Record<string, unknown>
      delete record['//']
      expect(EventRecord.safeParse(record).error).toBeUndefined()
    }
  })

  it('gives the expected table', async () => {
    expect(await runQuery(name, [fixture], parameters)).toEqual(expected)
  })

  it('gives it however the lines are spread over objects, in whatever order', async () => {
    const evenLines = fixture.filter((_, i) => i % 2 === 0)
    const oddLines = fixture.filter((_, i) => i % 2 === 1)
    expect(await runQuery(name, [oddLines.toReversed(), evenLines], parameters)).toEqual(expected)
  })

  it('gives it when every object is there twice', async () => {
    expect(await runQuery(name, [fixture, fixture], parameters)).toEqual(expected)
  })

  it('answers for an empty lake, and for an empty object', async () => {
    const empty = name === 'experiment' ? [] : [{ exposedUsers: 0, goalUsers: 0 }]
    expect(await runQuery(name, [], parameters)).toEqual(empty)
    expect(await runQuery(name, [[]], parameters)).toEqual(empty)
  })

  it('takes names with quotes, braces and other scripts for what they are', async () => {
    const odd = `it's "{odd}" \\ 料\t;--`
    const record = { ...base, flagKey: odd, ruleId: odd, variationId: odd, targetingKey: odd }
    const answer = await runQuery(name, [[JSON.stringify(record)]], {
      ...parameters,
      flagKey: odd,
      ruleId: odd,
      ...(name === 'event-rate' ? { variationId: odd } : {}),
    })
    expect(answer).toMatchObject([
      name === 'experiment' ? { variationId: odd, users: 1 } : { exposedUsers: 1 },
    ])
  })
})

const common = {
  v: 2,
  keyKind: 'client',
  source: '',
  id: 'e',
  environmentId: 'demo',
  at: 1500,
  receivedAt: 1501,
  protocol: 'ofrep',
  sdk: '',
  targetingKey: 'ann',
  attributes: {},
} as const
const base: NewExposure = {
  ...common,
  kind: 'exposure',
  flagKey: 'checkout',
  flagVersion: 1,
  variationId: 'on',
  ruleId: 'split',
  revision: 1,
  verified: true,
  unitAttribute: '',
  unit: '',
}
const purchase: NewTracking = { ...common, kind: 'tracking', type: 'goal', event: 'bought', value: 0 }

describe.skipIf(!chdb)('a plain count', () => {
  const at = fc.integer({ min: 997, max: 1012 })
  const anyone = {
    at,
    receivedAt: at,
    targetingKey: fc.constantFrom('ann', 'ben', 'cat', ''),
    protocol: fc.constantFrom('ofrep' as const, 'bucketeer' as const, 'flagship-io' as const),
    sdk: fc.constantFrom('', 'js'),
  }
  const exposure = fc.record({
    ...anyone,
    flagKey: fc.constantFrom('checkout', 'checkout', 'search'),
    variationId: fc.constantFrom('on', 'off'),
    ruleId: fc.constantFrom('split', 'split', 'staff'),
  })
  const tracking = fc.record({
    ...anyone,
    event: fc.constantFrom('bought', 'visited'),
    value: fc.integer({ min: -3, max: 9 }),
    content: fc.constantFrom(undefined, '', 'tea', 'milk'),
  })
  const records = fc
    .array(
      fc.oneof(
        exposure.map((part) => ({ ...base, ...part })),
        tracking.map((part) => ({ ...purchase, ...part })),
      ),
      { maxLength: 40, size: 'max' },
    )
    .map((all) => {
      // Ids are unique among the events of one user and kind only.
      const counts = new Map<string, number>()
      return all.map((record): EventRecord => {
        const group = `${record.kind} ${record.targetingKey}`
        counts.set(group, (counts.get(group) ?? 0) + 1)
        return { ...record, id: `${counts.get(group)}` }
      })
    })

  const sameWithinMs = 3
  const clockSkewMaxMs = 2
  /** An event counts no later than it was received. */
  const counted = (record: EventRecord): EventRecord => ({
    ...record,
    at: Math.min(record.at, record.receivedAt),
  })
  const clockOf = ({ protocol, sdk, at: when, receivedAt }: EventRecord) =>
    protocol === 'flagship-io' || (protocol === 'ofrep' && when === receivedAt) ? '' : `${protocol} ${sdk}`
  const compare = <T>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0)

  it('agrees with experiment.sql on any records', () =>
    fc.assert(
      fc.asyncProperty(records, async (all) => {
        const parameters = {
          from: 1000,
          to: 1010,
          flagKey: 'checkout',
          ruleId: 'split',
          event: 'bought',
          sameWithinMs,
          clockSkewMaxMs,
        }
        expect(
          await runQuery(
            'experiment',
            [
              toNdjson([...all, ...all])
                .trimEnd()
                .split('\n'),
            ],
            parameters,
          ),
        ).toEqual(experiment(all))
      }),
      { numRuns: 60 },
    ))

  it('agrees with event-rate.sql on any records', () =>
    fc.assert(
      fc.asyncProperty(records, async (all) => {
        const parameters = {
          countingFrom: 1000,
          flagKey: 'checkout',
          variationId: 'on',
          event: 'bought',
          clockSkewMaxMs,
        }
        expect(
          await runQuery(
            'event-rate',
            [
              toNdjson([...all, ...all])
                .trimEnd()
                .split('\n'),
            ],
            parameters,
          ),
        ).toEqual([eventRate(all)])
      }),
      { numRuns: 60 },
    ))

  function usersOf(all: readonly EventRecord[], counts: (exposure: Exposure) => boolean) {
    const byUser = Map.groupBy(all, ({ targetingKey }) => targetingKey)
    return [...byUser].flatMap(([user, own]) => {
      const exposures = own
        .filter((record) => record.kind === 'exposure')
        .filter(counts)
        .toSorted((a, b) => a.at - b.at || a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
      const [first] = exposures
      if (!first || user === '') return []
      const goals = own.filter(
        (record) =>
          record.kind === 'tracking' &&
          record.event === 'bought' &&
          record.at >= first.at - (clockOf(record) === clockOf(first) ? 0 : clockSkewMaxMs),
      )
      return [{ first, exposures, goals: goals.filter((record) => record.kind === 'tracking') }]
    })
  }

  function experiment(raw: readonly EventRecord[]) {
    const all = raw.map(counted)
    const inside = all.filter((record) => record.at >= 1000 && record.at < 1010)
    const users = usersOf(inside, ({ flagKey, ruleId }) => flagKey === 'checkout' && ruleId === 'split')
    return ['off', 'on'].flatMap((variationId) => {
      const own = users.filter(({ first }) => first.variationId === variationId)
      if (own.length === 0) return []
      const values = own.map(({ goals }) => {
        const sorted = goals.toSorted(
          (a, b) =>
            compare(a.content ?? '', b.content ?? '') ||
            compare(a.at, b.at) ||
            compare(a.value, b.value) ||
            compare(clockOf(a), clockOf(b)),
        )
        const isCopy = ({ content, at: when }: Tracking, before: Tracking | undefined) =>
          before !== undefined &&
          Boolean(content) &&
          content === before.content &&
          when - before.at <= sameWithinMs
        return sorted.reduce((sum, goal, i) => sum + (isCopy(goal, sorted[i - 1]) ? 0 : goal.value), 0)
      })
      return [
        {
          variationId,
          users: own.length,
          conversions: own.filter(({ goals }) => goals.length > 0).length,
          valueSum: values.reduce((sum, value) => sum + value, 0),
          valueSumOfSquares: values.reduce((sum, value) => sum + value ** 2, 0),
          usersInTwoVariations: own.filter(
            ({ exposures }) => new Set(exposures.map((e) => e.variationId)).size > 1,
          ).length,
        },
      ]
    })
  }

  function eventRate(all: readonly EventRecord[]) {
    const since = all.map(counted).filter((record) => record.at >= 1000)
    const users = usersOf(since, ({ flagKey, variationId }) => flagKey === 'checkout' && variationId === 'on')
    return { exposedUsers: users.length, goalUsers: users.filter(({ goals }) => goals.length > 0).length }
  }
})
