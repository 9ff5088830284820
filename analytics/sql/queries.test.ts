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
    { files, parts: '/{}', columns: recordColumns, slices: 1, slice: 0, ...parameters },
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
      unitAttribute: '',
      counts: 'all',
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
      counts: 'all',
      sourceUsersMax: 0,
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
    const empty =
      name === 'experiment'
        ? []
        : [{ exposedUsers: 0, goalUsers: 0, verifiedUsers: 0, unverifiedUsers: 0, usersOverLimit: 0 }]
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
    keyKind: fc.constantFrom('client' as const, 'server' as const, '' as const),
    source: fc.constantFrom('', 'here', 'there'),
  }
  const exposure = fc.record({
    ...anyone,
    flagKey: fc.constantFrom('checkout', 'checkout', 'search'),
    variationId: fc.constantFrom('on', 'off'),
    ruleId: fc.constantFrom('split', 'split', 'staff'),
    verified: fc.boolean(),
    unitAttribute: fc.constantFrom('', 'team', 'team', 'office'),
    unit: fc.constantFrom('', 'red', 'blue', 'ann'),
  })
  /** Whether version 1 wrote the record, without its new fields. */
  const isOld = fc.boolean()
  const settings = {
    counts: fc.constantFrom<Counts>('all', 'verified', 'server'),
    unitAttribute: fc.constantFrom('', 'team'),
    sourceUsersMax: fc.constantFrom(0, 1, 2),
  }
  const tracking = fc.record({
    ...anyone,
    event: fc.constantFrom('bought', 'visited'),
    value: fc.integer({ min: -3, max: 9 }),
    content: fc.constantFrom(undefined, '', 'tea', 'milk'),
  })
  const records = fc
    .array(
      fc.oneof(
        fc.tuple(exposure, isOld).map(([part, old]) => toVersion({ ...base, ...part }, old)),
        fc.tuple(tracking, isOld).map(([part, old]) => toVersion({ ...purchase, ...part }, old)),
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

  it(
    'agrees with experiment.sql on any records',
    () =>
      fc.assert(
        fc.asyncProperty(records, fc.record(settings), async (all, { counts, unitAttribute }) => {
          const parameters = {
            counts,
            unitAttribute,
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
          ).toEqual(experiment(all, counts, unitAttribute))
        }),
        { numRuns: 40 },
      ),
    120_000,
  )

  it(
    'agrees with event-rate.sql on any records',
    () =>
      fc.assert(
        fc.asyncProperty(records, fc.record(settings), async (all, { counts, sourceUsersMax }) => {
          const parameters = {
            counts,
            sourceUsersMax,
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
          ).toEqual([eventRate(all, counts, sourceUsersMax)])
        }),
        { numRuns: 40 },
      ),
    120_000,
  )

  const isVerified = (record: EventRecord) =>
    record.v === 2 && (record.keyKind === 'server' || (record.kind === 'exposure' && record.verified))
  const sourceOf = (record: EventRecord) =>
    record.v === 1 || record.keyKind === 'server' ? '' : record.source
  const mayCount = (record: EventRecord, counts: Counts) =>
    counts === 'all' ||
    (record.v === 2 && record.keyKind === 'server') ||
    (counts === 'verified' && (record.kind === 'tracking' || isVerified(record)))
  const inOrder = (a: EventRecord, b: EventRecord) =>
    a.at - b.at || a.receivedAt - b.receivedAt || compare(a.id, b.id)

  /** `nameOf` names who is counted: a user, or a unit. */
  function usersOf(
    all: readonly EventRecord[],
    isOfQuestion: (exposure: Exposure) => boolean,
    counts: Counts,
    nameOf: (record: EventRecord) => string,
  ) {
    const relevant = all.filter(
      (record) =>
        record.targetingKey !== '' &&
        (record.kind === 'exposure'
          ? isOfQuestion(record)
          : record.kind === 'tracking' && record.event === 'bought' && mayCount(record, counts)),
    )
    return [...Map.groupBy(relevant, nameOf)].flatMap(([name, own]) => {
      const seen = own.filter((record) => record.kind === 'exposure').toSorted(inOrder)
      const exposures = seen.filter((record) => mayCount(record, counts))
      const first = exposures[0] ?? seen[0]
      if (!first) return []
      const goals = own.filter(
        (record): record is Tracking =>
          record.kind === 'tracking' &&
          record.at >= first.at - (clockOf(record) === clockOf(first) ? 0 : clockSkewMaxMs),
      )
      return [{ name, first, exposures, goals, isCounted: exposures.length > 0 }]
    })
  }

  function experiment(raw: readonly EventRecord[], counts: Counts, unitAttribute: string) {
    const inside = raw.map(counted).filter((record) => record.at >= 1000 && record.at < 1010)
    const isOfQuestion = ({ flagKey, ruleId }: Exposure) => flagKey === 'checkout' && ruleId === 'split'
    const unitOf = (record: EventRecord) =>
      record.v === 2 && record.kind === 'exposure' && record.unitAttribute === unitAttribute
        ? record.unit
        : ''
    const unitOfUser = new Map<string, string>()
    for (const record of inside.toSorted(inOrder))
      if (record.kind === 'exposure' && isOfQuestion(record) && unitOf(record) !== '')
        unitOfUser.set(record.targetingKey, unitOfUser.get(record.targetingKey) ?? unitOf(record))
    const nameOf = (record: EventRecord) =>
      unitAttribute === ''
        ? record.targetingKey
        : unitOf(record) || (unitOfUser.get(record.targetingKey) ?? `without ${record.targetingKey}`)
    const users = usersOf(inside, isOfQuestion, counts, nameOf).map((user) => {
      const hasNoUnit = user.name.startsWith('without ')
      return { ...user, hasNoUnit, isCounted: user.isCounted && !hasNoUnit }
    })
    return ['off', 'on'].flatMap((variationId) => {
      const all = users.filter(({ first }) => first.variationId === variationId)
      if (all.length === 0) return []
      const own = all.filter(({ isCounted }) => isCounted)
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
      const converted = (some: typeof all) => some.filter(({ goals }) => goals.length > 0).length
      const verified = own.filter(({ first }) => isVerified(first))
      const unverified = all.filter(
        ({ first, hasNoUnit }) => first.v === 2 && !isVerified(first) && !hasNoUnit,
      )
      const bySource = Map.groupBy(
        own.filter(({ first }) => sourceOf(first) !== ''),
        ({ first }) => sourceOf(first),
      )
      return [
        {
          variationId,
          source: '',
          users: own.length,
          conversions: converted(own),
          valueSum: values.reduce((sum, value) => sum + value, 0),
          valueSumOfSquares: values.reduce((sum, value) => sum + value ** 2, 0),
          usersInTwoVariations: own.filter(
            ({ exposures }) => new Set(exposures.map((e) => e.variationId)).size > 1,
          ).length,
          verifiedUsers: verified.length,
          verifiedConversions: converted(verified),
          unverifiedUsers: unverified.length,
          unverifiedConversions: converted(unverified),
          sourceUsers: Math.max(0, ...[...bySource.values()].map(({ length }) => length)),
          usersWithoutUnit: all.filter(({ hasNoUnit }) => hasNoUnit).length,
        },
      ]
    })
  }

  function eventRate(all: readonly EventRecord[], counts: Counts, sourceUsersMax: number) {
    const since = all.map(counted).filter((record) => record.at >= 1000)
    const users = usersOf(
      since,
      ({ flagKey, variationId }) => flagKey === 'checkout' && variationId === 'on',
      counts,
      ({ targetingKey }) => targetingKey,
    )
    const facts = { exposedUsers: 0, goalUsers: 0, usersOverLimit: 0 }
    for (const [source, own] of Map.groupBy(users, ({ first }) => sourceOf(first))) {
      const counting = own.filter(({ isCounted }) => isCounted)
      const limit = sourceUsersMax === 0 || source === '' ? counting.length : sourceUsersMax
      const exposed = Math.min(counting.length, limit)
      const reached = counting.filter(({ goals }) => goals.length > 0).length
      facts.exposedUsers += exposed
      facts.goalUsers += counting.length === 0 ? 0 : toEven((reached * exposed) / counting.length)
      facts.usersOverLimit += counting.length - exposed
    }
    return {
      ...facts,
      verifiedUsers: users.filter(({ first }) => isVerified(first)).length,
      unverifiedUsers: users.filter(({ first }) => first.v === 2 && !isVerified(first)).length,
    }
  }

  /** ClickHouse rounds halves to the even number. */
  const toEven = (value: number) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value))
})

type Counts = 'all' | 'verified' | 'server'

function toVersion(record: NewExposure | NewTracking, isOld: boolean): EventRecord {
  if (!isOld) return record
  const { keyKind: _, source: __, ...common } = record
  if (common.kind === 'tracking') {
    const { type: ___, ...tracking } = common
    return { ...tracking, v: 1 }
  }
  const { revision: ___, verified: ____, unitAttribute: _____, unit: ______, ...exposure } = common
  return { ...exposure, v: 1 }
}
