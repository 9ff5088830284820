// Counts that are kept between runs, against plain loops over all records that have arrived: in any order and
// portion, with copies, late records and aliases, through compaction, damage and forgetting. Real ClickHouse.
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  globSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { shuffled } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { anyQuestion, countableRecords, plainQuestions } from '../../test/support/countable-records.ts'
import {
  clockSkewMaxMs,
  copyHorizonMs,
  requestDelayMaxMs,
  sameWithinMs,
} from '../../test/support/plain-counts.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { compact } from '../jobs/compact.ts'
import { retain } from '../jobs/retain.ts'
import { lakeCache } from '../lake/cache.ts'
import { removeFromDay } from '../lake/rewrite-day.ts'
import { s3Store } from '../lake/s3.ts'
import { projectionsFolder } from './projections.ts'
import { usualTolerances } from './totals.ts'
import { countingFolder, keptCounts, type KeptCountsOptions } from './kept-counts.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 900_000 })

const hourMs = 3_600_000
let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
})
afterEach(() => lake.close())

/** As a new run counts. */
function run(now: number, changes: Partial<KeptCountsOptions> = {}) {
  let statements = 0
  const recounted: unknown[] = []
  const counts = keptCounts({
    clickHouse: {
      rows: (...all) => (statements++, lake.clickHouse.rows(...all)),
      run: (...all) => (statements++, lake.clickHouse.run(...all)),
    },
    lake: lakeCache(s3Store(lake.s3), lake.root, now),
    root: lake.root,
    now,
    recount: 'never',
    onRecounted: (_, figures) => recounted.push(figures),
    tolerances: { sameWithinMs, copyHorizonMs, clockSkewMaxMs, requestDelayMaxMs },
    ...changes,
  })
  return {
    async answers(asked = plainQuestions.map(({ question }) => question)) {
      const found = await counts.count('demo', asked)
      if (!found.ok) throw new Error(found.problem.message)
      return asked.map((question) => found.value.variationsOf(question, 'bought'))
    },
    recounted,
    statements: () => statements,
  }
}

const plain = (all: readonly EventRecord[]) => plainQuestions.map((each) => each.plain(all))
const kept = () => readdirSync(countingFolder(lake.root, 'demo'))

/** So that a change is a small part of the lake, and is not counted by a full count. */
const ballast = Array.from({ length: 400 }, (_, i): EventRecord[] => {
  const common = { v: 1, id: '1', environmentId: 'demo', at: 1002, receivedAt: 1003, attributes: {} } as const
  const user = { protocol: 'bucketeer', sdk: '', targetingKey: `user ${i}` } as const
  const exposure = { flagKey: 'checkout', flagVersion: 1, variationId: 'on', ruleId: 'split' }
  return [
    { ...common, ...user, kind: 'exposure', ...exposure },
    { ...common, ...user, kind: 'tracking', event: 'bought', value: i % 3 },
  ]
}).flat()

describe.skipIf(!hasChdb)('counts that are kept', () => {
  it('are those of a full count and of plain loops, whatever arrives when', () =>
    fc.assert(
      fc.asyncProperty(countableRecords, fc.integer(), async (records, seed) => {
        await lake.close()
        lake = await startSimulatedLake()
        lake.add(ballast)
        await run(hourMs).answers()
        const arrivals = shuffled([...records, ...records.slice(0, 9)], seed)
        const arrived: EventRecord[] = [...ballast]
        for (const [i, share] of [0.5, 0.8, 1].entries()) {
          const next = arrivals.slice(arrived.length - ballast.length, Math.ceil(arrivals.length * share))
          lake.add(next)
          arrived.push(...next)
          if (i === 1) await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
          const unique = [...new Map(arrived.map((record) => [JSON.stringify(record), record])).values()]
          expect(await run((i + 2) * hourMs).answers()).toEqual(plain(unique))
        }
        const full = run(5 * hourMs, { recount: 'always', sliceRecordsMax: 300 })
        await full.answers()
        expect(full.recounted).toEqual([{ questions: plainQuestions.length, differing: 0 }])
      }),
      { numRuns: 2 },
    ))

  const asked = [{ ...anyQuestion, rule: 'split', events: ['bought'] }]
  const users = async (now: number, changes: Partial<KeptCountsOptions> = {}) => {
    const counted = run(now, changes)
    const [rows] = await counted.answers(asked)
    return { users: (rows as { users: number }[]).map((row) => row.users), statements: counted.statements() }
  }

  it('take the copy that was received first, whatever the others say of their time, before and after compaction', async () => {
    const common = {
      v: 2,
      keyKind: 'client',
      source: '',
      environmentId: 'demo',
      sdk: '',
      attributes: {},
    } as const
    const exposure = { flagKey: 'checkout', flagVersion: 1, variationId: 'on', ruleId: 'split' } as const
    const visit = { ...exposure, revision: 1, verified: true, unitAttribute: '', unit: '' }
    const minuteMs = 60_000
    const exposed = (targetingKey: string, receivedAt: number, protocol: EventRecord['protocol']) =>
      ({
        ...common,
        ...visit,
        kind: 'exposure',
        id: 'e',
        targetingKey,
        protocol,
        receivedAt,
        at: receivedAt,
      }) as const
    const bought = (targetingKey: string, at: number, receivedAt: number, changes: Partial<EventRecord>) =>
      ({
        ...common,
        kind: 'tracking',
        type: 'goal',
        event: 'bought',
        value: 1,
        id: 'g',
        targetingKey,
        at,
        receivedAt,
        ...changes,
      }) as EventRecord
    const ofrep = { protocol: 'ofrep', sentAt: minuteMs } as const
    const hit = { protocol: 'flagship-io', content: 'c' } as const
    const began = 2 * 24 * hourMs
    // One body with its old `sentAt`, and one batch of hits.
    const first = [
      exposed('ofrep', began + 20 * minuteMs, 'ofrep'),
      bought('ofrep', began, began, ofrep),
      exposed('hits', began, 'flagship-io'),
      bought('hits', began - 3_000, began, hit),
      exposed('two isolates', began, 'flagship-io'),
      bought('two isolates', began - 3_000, began, { ...hit, id: '1' }),
      // Sent before the experiment began, and again afterwards.
      bought('earlier', began - hourMs, began - hourMs, ofrep),
      exposed('earlier', began, 'ofrep'),
    ]
    const again = [
      bought('ofrep', began + 40 * minuteMs, began + 40 * minuteMs, ofrep),
      ...first.slice(2, 4).map((record) => ({ ...record, receivedAt: began + 10_000 })),
      bought('two isolates', began + 1_000, began + 4_000, { ...hit, id: '2' }),
      bought('earlier', began + hourMs, began + hourMs, ofrep),
    ]
    const own = { ...asked[0]!, start: began - 10_000, end: began + 24 * hourMs }
    const earlier = { ...own, rule: 'other', start: 0 }
    const conversions = async (now: number, questions = [own], changes: Partial<KeptCountsOptions> = {}) => {
      const [rows] = await run(now, { tolerances: usualTolerances, ...changes }).answers(questions)
      return (rows as { users: number; conversions: number }[]).map((row) => [row.users, row.conversions])
    }
    lake.add(ballast.map((record) => ({ ...record, at: began, receivedAt: began })))
    lake.add(first)
    const once = await conversions(began + 2 * hourMs)
    lake.add(again)
    expect(await conversions(began + 3 * hourMs)).toEqual(once)
    expect(await conversions(began + 3 * hourMs, [own, earlier])).toEqual(once)
    await lake.run((context) => compact('demo', context), began + 4 * hourMs, { smallMax: 0 })
    expect(await conversions(began + 5 * hourMs, [own], { recount: 'always' })).toEqual(once)
    expect(once).toEqual([[404, 400]])
  })

  it('take no query where nothing is new, and are dropped or changed with what is removed', async () => {
    lake.add(ballast)
    expect((await users(hourMs)).users).toEqual([400])
    expect(await users(2 * hourMs)).toEqual({ users: [400], statements: 0 })
    await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
    expect((await users(3 * hourMs)).users).toEqual([400])
    await lake.run(async (context) => {
      const days = await context.listing.days('demo', '')
      if (!days.ok) throw new Error(days.problem.message)
      const removal = { kinds: [], targetingKeys: ['user 1', 'user 2'] }
      for (const day of days.value.values()) await removeFromDay('demo', day, removal, context)
    }, 4 * hourMs)
    expect((await users(5 * hourMs)).users).toEqual([398])
    const removal = { allDays: 1, kindDays: {} }
    await lake.run((context) => retain('demo', removal, context), 90 * 24 * hourMs)
    expect((await users(90 * 24 * hourMs)).users).toEqual([])
  })

  it('are no answer if a raw object was removed while it was counted', async () => {
    lake.add(ballast)
    const removeRaw = () => {
      for (const file of globSync('events/**/*.gz', { cwd: lake.root })) rmSync(path.join(lake.root, file))
    }
    const clickHouse: KeptCountsOptions['clickHouse'] = {
      rows: (...all) => lake.clickHouse.rows(...all),
      run: (...all) => (removeRaw(), lake.clickHouse.run(...all)),
    }
    await expect(run(hourMs, { clickHouse }).answers()).rejects.toThrow(/went away/)
    expect((await users(hourMs)).users).toEqual([400])
  })

  it('are counted anew if a file of theirs is damaged, and are counted anew once a day', async () => {
    lake.add(ballast)
    await users(hourMs)
    const damages = [(file: string) => appendFileSync(file, 'x'), (file: string) => truncateSync(file, 0)]
    for (const [i, damage] of damages.entries()) {
      for (const name of kept()) damage(path.join(countingFolder(lake.root, 'demo'), name))
      const late = { ...ballast[0]!, targetingKey: `late ${i}` }
      lake.add([late])
      expect((await users((i + 2) * hourMs)).users).toEqual([401 + i])
    }
    await lake.run((context) => compact('demo', context), hourMs, { smallMax: 0 })
    await users(4 * hourMs)
    const folder = projectionsFolder(lake.root, 'demo')
    const scramble = (file: string) => writeFileSync(file, randomBytes(statSync(file).size))
    const flip = (file: string) => {
      const bytes = readFileSync(file)
      bytes.forEach((byte, i) => (bytes[i] = i === bytes.length >> 1 ? byte ^ 1 : byte))
      writeFileSync(file, bytes)
    }
    for (const [i, damage] of [...damages, scramble, flip, rmSync].entries()) {
      for (const name of readdirSync(folder)) damage(path.join(folder, name))
      lake.add([{ ...ballast[0]!, targetingKey: `later ${i}` }])
      expect((await users((i + 5) * hourMs)).users).toEqual([403 + i])
    }
    const daily = { recount: 'daily' } as const
    expect((await users(10 * hourMs, daily)).statements).toBe(0)
    expect((await users(25 * hourMs, daily)).statements).toBeGreaterThan(0)
    expect((await users(26 * hourMs, daily)).statements).toBe(0)
  })
})
