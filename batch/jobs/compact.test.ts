// Compaction against a bucket that behaves as R2 does, with real ClickHouse, to the counts.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { lakeKey, manifestKey, toNdjson } from '../../analytics/lake.ts'
import { Manifest } from '../../analytics/manifest.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { anyRecords, shuffled } from '../../test/support/any-records.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { experiment, hourMs, killSwitch, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { countExperiment } from '../counting/counts.ts'
import { askedMinutes, minutesCounter } from '../counting/operation-minutes.ts'
import type { LakeFiles } from '../lake/cache.ts'
import { recordsInPlace } from '../counting/records-in-place.ts'
import { onDisk } from '../lake/record-source.ts'
import { compact } from './compact.ts'

/** A compaction to 16 buckets is some 20 statements, and a busy machine takes its time for each. */
vi.setConfig({ testTimeout: 300_000 })

const day = '2026-11-01'
const noon = startAt + 12 * hourMs
const dayAfter = startAt + 36 * hourMs
const window = { from: startAt, to: startAt + 24 * hourMs }

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
beforeEach(async () => {
  lake = await startSimulatedLake()
})
afterEach(() => lake.close())

const job = (context: Parameters<typeof compact>[1]) => compact('demo', context)
const keysOf = (kind: RegExp) => [...lake.bucket.objects.keys()].filter((key) => kind.test(key))
const parts = () => keysOf(/\.parquet$/)
const raw = () => keysOf(/\.ndjson\.gz$/)
const manifest = () =>
  Manifest.parse(JSON.parse(Buffer.from(lake.bucket.objects.get(manifestKey('demo', day))!.body).toString()))

async function countFiles(files: LakeFiles, counted = window) {
  const rows = await countExperiment(lake.count, files, experiment(), counted, 'bought')
  const units = experiment({
    phases: [{ startAt, weights: {}, unitAttribute: 'company' }],
    counts: 'all',
  } as never)
  const byUnit = await countExperiment(lake.count, files, units, counted, 'bought')
  const watched = askedMinutes({ operation: killSwitch(), event: 'bought' }, 1, counted.to)
  const minutes = await minutesCounter(lake.clickHouse, recordsInPlace(lake.clickHouse, onDisk))(files, [
    watched,
  ])
  if (!byUnit.ok) throw new Error(byUnit.problem.message)
  if (!rows.ok || !minutes.ok) throw new Error(`not counted: ${JSON.stringify([rows, minutes])}`)
  return { rows: rows.value, byUnit: byUnit.value, minutes: minutes.value }
}
const count = async (now = noon) => countFiles(await lake.files(window, now, lake.newFolder()))

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** In the first hours of the day, one object a part of them. */
function addVisits(objects = 5): void {
  const records = ['control', 'green'].flatMap((variationId) => visitRecords(variationId, 50, 20))
  for (let i = 0; i < objects; i++) lake.add(records.filter((_, at) => at % objects === i))
}

describe.skipIf(!hasChdb)('compact', () => {
  it('makes one part of a small day, and readers take it instead of the raw objects', async () => {
    addVisits()
    const before = await count()
    const objects = raw().length
    expect(await lake.run(job, noon)).toEqual([
      {
        kind: 'compacted',
        environmentId: 'demo',
        day,
        rawObjects: objects,
        mergedParts: 0,
        parts: 1,
        records: 140,
        copies: 0,
      },
    ])
    const files = await lake.files(window, noon, lake.newFolder())
    expect(files).toMatchObject({
      raw: [],
      parts: [{ part: { records: { exposure: 100, tracking: 40 } } }],
      damaged: [],
    })
    expect(await countFiles(files)).toEqual(before)
    expect(await lake.run(job, noon)).toEqual([{ kind: 'nothing-to-compact', environmentId: 'demo' }])
    expect(parts()).toHaveLength(1)
  })

  it('with --dry-run says what it would do, and writes nothing', async () => {
    addVisits()
    const before = new Map(lake.bucket.objects)
    expect(await lake.run(job, noon, { isDryRun: true })).toMatchObject([
      { kind: 'would-compact', day, rawObjects: 5, parts: 0 },
    ])
    expect(lake.bucket.objects).toEqual(before)
    await lake.run(job, noon)
    const compacted = new Map(lake.bucket.objects)
    const [event] = await lake.run(job, noon + 25 * hourMs, { isDryRun: true })
    expect(event).toEqual({ kind: 'would-sweep', environmentId: 'demo', day, objects: 5 })
    expect(lake.bucket.objects).toEqual(compacted)
    expect(await lake.run(job, noon + 25 * hourMs)).toContainEqual({ ...event, kind: 'swept' })
  })

  it('makes a part for each bucket of users of a large day, merges runs, and ends with one', async () => {
    const expected: unknown[] = []
    for (let run = 0; run < 6; run++) {
      lake.add(visitRecords('green', 300 + run, 10))
      expected.push(await count())
      await lake.run(job, noon + run * hourMs, { smallMax: 0 })
      expect(await count()).toEqual(expected.at(-1))
      expect(manifest().parts.length).toBeLessThanOrEqual(4 * 16)
    }
    const [event] = await lake.run(job, dayAfter, { smallMax: 0 })
    expect(event).toMatchObject({ kind: 'compacted', rawObjects: 0, parts: 16 })
    expect(manifest().parts.map(({ bucket }) => bucket)).toEqual(Array.from({ length: 16 }, (_, i) => i))
    expect(await count()).toEqual(expected.at(-1))
  })

  it('keeps one record of copies, and records with one id that say different things', async () => {
    const [first] = visitRecords('green', 1, 0) as [EventRecord]
    const copy = { ...first, receivedAt: first.receivedAt + 5 }
    const other = { ...first, variationId: 'control', receivedAt: first.receivedAt + 9 } as EventRecord
    lake.add([first, copy])
    lake.add([first, other])
    expect(await lake.run(job, noon)).toMatchObject([{ kind: 'compacted', records: 2, copies: 2 }])
  })

  it('deletes raw objects and replaced parts a day after the manifest named them', async () => {
    addVisits()
    await lake.run(job, noon)
    const [old] = parts()
    lake.add(visitRecords('blue', 3, 0))
    await lake.run(job, noon + hourMs)
    expect([parts().length, raw().length]).toEqual([2, 6])
    await lake.run(job, noon + 23 * hourMs)
    expect([parts().length, raw().length]).toEqual([2, 6])
    expect(await lake.run(job, noon + 24 * hourMs)).toMatchObject([{ kind: 'swept', objects: 5 }])
    expect(parts()).toContain(old)
    await lake.run(job, noon + 25 * hourMs)
    expect([parts().length, raw().length]).toEqual([1, 0])
    expect(parts()).not.toContain(old)
  })

  it('ignores and deletes a batch that the queue delivers again after its object was deleted', async () => {
    addVisits(1)
    await lake.run(job, noon)
    const before = await count()
    await lake.run(job, dayAfter)
    expect(raw()).toEqual([])
    addVisits(1)
    expect(await lake.files(window, dayAfter, lake.newFolder())).toMatchObject({ raw: [] })
    expect(await count()).toEqual(before)
    expect(await lake.run(job, dayAfter)).toMatchObject([{ kind: 'swept', objects: 1 }])
  })

  it('leaves objects with fields of a later version raw, and damaged ones, and they are counted as before', async () => {
    addVisits()
    const [record] = visitRecords('blue', 1, 0) as [EventRecord]
    const put = (text: string) =>
      lake.bucket.objects.set(lakeKey('demo', `${day}T01`, digestOf(text)), {
        body: gzipSync(text),
        headers: {},
      })
    put(`${JSON.stringify({ ...record, mood: 'good' })}\n`)
    put(`${JSON.stringify({ ...record, v: 99, targetingKey: 'later' })}\n`)
    const bad = lakeKey('demo', `${day}T01`, 'ab'.repeat(32))
    lake.bucket.objects.set(bad, { body: gzipSync('{'), headers: {} })
    const before = await count()
    expect(await lake.run(job, noon)).toMatchObject([
      { kind: 'left-raw', objects: 2 },
      { kind: 'compacted', rawObjects: 5 },
    ])
    const files = await lake.files(window, noon, lake.newFolder())
    expect(files).toMatchObject({ raw: { length: 2 }, parts: { length: 1 }, damaged: [{ key: bad }] })
    expect(await countFiles(files)).toEqual(before)
    expect(await lake.run(job, noon)).toMatchObject([{ kind: 'left-raw', objects: 2 }])
  })

  it('never throws away parts of a manifest that it cannot read', async () => {
    addVisits()
    await lake.run(job, noon)
    const later = { ...manifest(), version: 2 }
    const key = manifestKey('demo', day)
    lake.bucket.objects.set(key, { body: Buffer.from(JSON.stringify(later)), headers: {} })
    lake.add(visitRecords('blue', 3, 0))
    expect(await lake.run(job, dayAfter)).toMatchObject([
      { kind: 'failed', subject: `demo/${day}`, failure: { message: expect.stringContaining('manifest') } },
    ])
    expect(parts()).toHaveLength(1)
    expect(await lake.files(window, noon, lake.newFolder())).toMatchObject({ damaged: [{ key }] })
  })
})

describe.skipIf(!hasChdb)('a part', () => {
  it('that is damaged is named with its records, set aside, and kept by the next compaction', async () => {
    addVisits()
    await lake.run(job, noon)
    const [key] = parts() as [string]
    const whole = lake.bucket.objects.get(key)!
    lake.bucket.objects.set(key, {
      ...whole,
      body: whole.body.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
    })
    const folder = lake.newFolder()
    expect(await lake.files(window, noon, folder)).toMatchObject({
      parts: [],
      damaged: [{ key, records: 140, isCounted: false }],
    })
    lake.add(visitRecords('blue', 3, 0))
    await lake.run(job, noon + hourMs, { folder })
    expect(manifest().parts).toHaveLength(2)
    lake.bucket.objects.set(key, whole)
    expect(await lake.files(window, noon, folder)).toMatchObject({ parts: { length: 2 }, damaged: [] })
  })

  it('that another runner replaced and deleted meanwhile is looked for again', async () => {
    addVisits()
    await lake.run(job, noon)
    const [old] = parts() as [string]
    const folder = lake.newFolder()
    lake.bucket.intercept = ({ url = '' }) => {
      if (!url.includes('.parquet')) return false
      lake.bucket.intercept = () => false
      lake.bucket.objects.delete(old)
      lake.bucket.objects.delete(manifestKey('demo', day))
      return false
    }
    expect(await lake.files(window, noon, folder)).toMatchObject({ raw: { length: 5 }, damaged: [] })
  })
})

describe.skipIf(!hasChdb)('two compactors at once', () => {
  it('end with one manifest and the same counts, and what the slower wrote is swept', async () => {
    addVisits()
    const before = await count()
    const [first, second] = await Promise.all([
      lake.run(job, noon, { folder: lake.newFolder() }),
      lake.run(job, noon + 1, { folder: lake.newFolder() }),
    ])
    const kinds = [...first, ...second].map(({ kind }) => kind).toSorted()
    expect(kinds.filter((kind) => kind === 'compacted')).toHaveLength(1)
    expect(await count()).toEqual(before)
    expect(manifest().parts).toHaveLength(1)
    await lake.run(job, dayAfter + hourMs)
    expect(parts()).toHaveLength(1)
    expect(await count()).toEqual(before)
  })

  it('never end with both sets, whatever the order of their requests', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { minLength: 12, maxLength: 12 }), async (delays) => {
        lake.bucket.objects.clear()
        addVisits(3)
        const before = await count()
        const waits = [...delays]
        lake.bucket.intercept = () => false
        const slowed = lake.bucket.answer.bind(lake.bucket)
        lake.bucket.answer = async (request, response, at) => {
          await new Promise((resolve) => setTimeout(resolve, waits.shift() ?? 0))
          return slowed(request, response, at)
        }
        await Promise.all([0, 1].map((i) => lake.run(job, noon + i, { folder: lake.newFolder() })))
        lake.bucket.answer = slowed
        expect(await count()).toEqual(before)
        expect(manifest().parts).toHaveLength(1)
      }),
      { numRuns: scaled(2) },
    ))
})

describe.skipIf(!hasChdb)('counts', () => {
  it('are the same however the records are spread, and whatever of them is compacted', () =>
    fc.assert(
      fc.asyncProperty(
        anyRecords,
        fc.array(fc.constantFrom('add', 'compact', 'small'), { maxLength: 6 }),
        fc.nat(),
        async (records, steps, seed) => {
          lake.bucket.objects.clear()
          const all = shuffled([...records, ...records.filter((_, i) => i % 3 === 0)], seed)
          const file = path.join(lake.newFolder(), 'all.ndjson.gz')
          writeFileSync(file, gzipSync(toNdjson(all)))
          const plain = { raw: [file], parts: [], latest: 0, damaged: [] }
          const inside = { from: startAt + 10_000, to: startAt + 50_000 }
          const expected = await countFiles(plain, inside)
          const portion = Math.ceil(all.length / (steps.filter((step) => step === 'add').length + 1))
          for (const [i, step] of steps.entries()) {
            if (step === 'add') lake.add(all.splice(0, portion))
            else await lake.run(job, noon + i, { smallMax: step === 'small' ? 200_000 : 0 })
          }
          lake.add(all)
          const files = await lake.files({ from: startAt, to: window.to }, dayAfter, lake.newFolder())
          expect(await countFiles(files, inside)).toEqual(expected)
          await lake.run(job, dayAfter, { smallMax: 0 })
          const compacted = await lake.files({ from: startAt, to: window.to }, dayAfter, lake.newFolder())
          expect(compacted.raw).toEqual([])
          expect(await countFiles(compacted, inside)).toEqual(expected)
        },
      ),
      { numRuns: scaled(3) },
    ))
})
