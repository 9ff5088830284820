// The cache over HTTP, in front of a bucket that behaves like R2's: what it fetches, and what it does with
// objects and files that are damaged.
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { dayPrefix, lakeKey, toNdjson } from '../../analytics/lake.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { simulatedBucket } from '../../test/support/simulated-bucket.ts'
import { close, lakeObjects, listen } from '../../test/support/simulated-stack.ts'
import { daysOfReceipt, lakeCache } from './cache.ts'
import type { DamagedObject } from './objects.ts'
import { s3Store } from './s3.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const dayMs = 86_400_000
const window = { from: startAt, to: startAt + dayMs }

let folder = ''
let server: Server
let endpoint = ''
let bucket = simulatedBucket()
beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-cache-'))
  bucket = simulatedBucket()
  server = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  endpoint = await listen(server)
})
afterEach(async () => {
  await close(server)
  rmSync(folder, { recursive: true })
})

const stored = { 'content-type': 'application/gzip', 'x-amz-meta-records': '1' }
/** One object a record. */
function fill(records: readonly EventRecord[]): string[] {
  const objects = records.flatMap((record) => lakeObjects([record]))
  for (const [key, body] of objects) bucket.objects.set(key, { body, headers: stored })
  return objects.map(([key]) => key).toSorted()
}
const restore = (key: string, body: Uint8Array) => bucket.objects.set(key, { body, headers: stored })
const fileOf = (key: string) => path.join(folder, key)
const gets = () => bucket.requests.filter((request) => request.startsWith('GET '))

/** As a new run does it. */
async function run(now = startAt + hourMs) {
  const named: DamagedObject[] = []
  const store = s3Store({ endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' })
  const lake = lakeCache(store, folder, now, (_, object) => named.push(object))
  const result = await lake.files('demo', window)
  if (!result.ok) throw new Error(result.problem.message)
  return { lake, named, files: result.value.raw, ...result.value }
}

describe('the days of receipt', () => {
  const day = { from: noon - dayMs, to: noon }
  it('reach 31 days past the window, but not into the future', () => {
    const days = daysOfReceipt(day, noon + 99 * dayMs)
    expect([days[0], days.at(-1), days.length]).toEqual(['2026-11-20', '2026-12-22', 33])
    expect(daysOfReceipt(day, noon)).toEqual(['2026-11-20', '2026-11-21'])
  })
})

describe('the cache', () => {
  it('fetches each missing object once, under the same key', async () => {
    const keys = fill(visitRecords('green', 40, 0))
    const first = await run()
    expect(first.files).toEqual(keys.map(fileOf))
    expect((await run()).files).toEqual(first.files)
    expect(gets().toSorted()).toEqual(keys.map((key) => `GET ${key}`))
    const record = visitRecords('green', 40, 0).find((each) => lakeObjects([each])[0]![0] === keys[0])!
    expect(gunzipSync(readFileSync(fileOf(keys[0]!))).toString()).toBe(toNdjson([record]))
  })

  it('returns listed objects only, whatever else is cached', async () => {
    fill(visitRecords('green', 3, 0))
    await run()
    bucket.objects.clear()
    expect((await run()).files).toEqual([])
  })

  it('leaves out objects without an event in the window, once it knows them', async () => {
    const inside = fill(visitRecords('green', 2, 0))
    const later = visitRecords('green', 1, 0).map((each) => ({
      ...each,
      at: window.to,
      receivedAt: window.to,
    }))
    fill(later)
    expect((await run(window.to + hourMs)).files).toEqual(inside.map(fileOf))
  })

  it('lists the environment once, however many windows there are, and only from the first of them', async () => {
    fill(visitRecords('green', 2, 0))
    const { lake } = await run()
    const lists = () => bucket.requests.filter((request) => request.startsWith('LIST'))
    const once = ['LIST events/v2/environment=demo/', 'LIST events/v1/environment=demo/']
    await lake.files('demo', window)
    expect(lists()).toEqual(once)
    restore(lakeKey('demo', '2025-01-01T00', 'ab'.repeat(32)), gzipSync('x'))
    expect(await lake.files('demo', window)).toMatchObject({ value: { damaged: [] } })
    const long = await lake.files('demo', { from: startAt - 900 * dayMs, to: window.to })
    await lake.files('demo', { from: startAt - 500 * dayMs, to: window.to })
    expect(lists()).toEqual([...once, ...once])
    expect(long).toMatchObject({ value: { raw: { length: 2 }, damaged: { length: 1 } } })
  })

  it('ignores keys that leave its folder or contain pattern characters', async () => {
    const prefix = dayPrefix('demo', '2026-11-01')
    for (const rest of [
      '../../../../etc/passwd',
      'hour=09/../../x.ndjson.gz',
      'hour=09/{a,b}.ndjson.gz',
      'hour=09/a.part',
    ])
      restore(prefix + rest, gzipSync('x'))
    expect((await run()).files).toEqual([])
    expect(gets()).toEqual([])
  })

  it('gives up at the first refusal of the store', async () => {
    fill(visitRecords('green', 60, 0))
    bucket.intercept = ({ url }, response) => {
      if (url?.includes('list-type')) return false
      response.writeHead(403).end()
      return true
    }
    await expect(run()).rejects.toThrow('status 403')
    expect(gets().length).toBeLessThanOrEqual(16)
  })
})

/** What can happen to a file or to an object. */
const damages: Record<string, (whole: Uint8Array) => Uint8Array> = {
  emptied: () => new Uint8Array(),
  truncated: (whole) => whole.subarray(0, whole.length - 9),
  'cut to half': (whole) => whole.subarray(0, whole.length / 2),
  'flipped in a bit': (whole) => whole.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
  'no gzip any more': () => Buffer.from('<h1>It works!</h1>'),
  'another text': () => gzipSync('{"v":1}\n'),
  'an empty text': () => gzipSync(''),
  'half a line': (whole) => gzipSync(gunzipSync(whole).subarray(0, -9)),
}

describe.each(Object.entries(damages))('what is %s', (_, damage) => {
  it('in the cache is noticed at the next start, and fetched again', async () => {
    const keys = fill(visitRecords('green', 5, 0))
    const before = await run()
    const whole = readFileSync(fileOf(keys[2]!))
    writeFileSync(fileOf(keys[2]!), damage(whole))
    // a second later: within the tick of its first writing, a file of the same size looks unchanged
    utimesSync(fileOf(keys[2]!), new Date(), new Date(Date.now() + 1_000))
    const after = await run()
    expect(after).toMatchObject({ files: before.files, damaged: [], named: [] })
    expect(readFileSync(fileOf(keys[2]!))).toEqual(whole)
    expect(gets()).toHaveLength(6)
  })

  it('in the store is fetched twice, set aside and named; the others are there; once it is mended, it is too', async () => {
    const keys = fill(visitRecords('green', 5, 0))
    const bad = keys[2]!
    const { body } = bucket.objects.get(bad)!
    restore(bad, damage(body))
    const first = await run()
    expect(first.files).toEqual(keys.filter((key) => key !== bad).map(fileOf))
    expect(first.damaged).toMatchObject([{ key: bad, records: 1, isCounted: false }])
    expect(first.named).toEqual(first.damaged)
    expect(gets().filter((request) => request === `GET ${bad}`)).toHaveLength(2)
    expect(readFileSync(path.join(folder, 'quarantine', bad))).toEqual(Buffer.from(damage(body)))
    restore(bad, body)
    expect(await run()).toMatchObject({ files: keys.map(fileOf), damaged: [], named: [] })
  })
})

describe('an object', () => {
  it('that came damaged once is fetched again, and is none', async () => {
    const keys = fill(visitRecords('green', 3, 0))
    let isFirst = true
    bucket.intercept = ({ url }, response) => {
      if (!isFirst || !url?.includes('.gz')) return false
      isFirst = false
      response.end('<h1>Please sign in</h1>')
      return true
    }
    expect(await run()).toMatchObject({ files: keys.map(fileOf), damaged: [] })
  })

  it('that is whole and only named wrongly is counted, and named', async () => {
    const [[, body]] = lakeObjects(visitRecords('green', 1, 0)) as [[string, Uint8Array]]
    const key = lakeKey('demo', '2026-11-01T00', 'ab'.repeat(32))
    restore(key, body)
    const expected = { files: [fileOf(key)], damaged: [{ key, isCounted: true }] }
    expect(await run()).toMatchObject(expected)
    expect(await run()).toMatchObject(expected)
  })

  it('of another environment does not count, whatever its name', async () => {
    const [[, body]] = lakeObjects(visitRecords('green', 1, 0)) as [[string, Uint8Array]]
    const other = gzipSync(gunzipSync(body).toString().replace('"demo"', '"prod"'))
    restore(lakeKey('demo', '2026-11-01T00', 'cd'.repeat(32)), other)
    expect(await run()).toMatchObject({ files: [], damaged: [{ isCounted: false }] })
  })

  it('that the store lists and does not have is named', async () => {
    const [bad] = fill(visitRecords('green', 1, 0))
    bucket.intercept = (request, response) => {
      if (!request.url?.includes('.gz')) return false
      response.writeHead(404).end('<Error><Code>NoSuchKey</Code><Message>-</Message></Error>')
      return true
    }
    expect((await run()).named).toMatchObject([
      { key: bad, reason: expect.stringContaining('no such object') },
    ])
  })

  it('with a content encoding and damaged bytes is named, not taken for a broken connection', async () => {
    const keys = fill(visitRecords('green', 2, 0))
    const whole = bucket.objects.get(keys[0]!)!.body
    bucket.objects.set(keys[0]!, { body: whole.subarray(0, 90), headers: { 'content-encoding': 'gzip' } })
    expect(await run()).toMatchObject({ files: [fileOf(keys[1]!)], damaged: [{ key: keys[0] }] })
  })
})

it('a restart reads no verified file again, and a damaged one that looks unchanged is found on distrust', async () => {
  const [key] = fill(visitRecords('green', 1, 0)) as [string]
  await run()
  const changedAt = Math.floor(statSync(fileOf(key)).mtimeMs) / 1000
  utimesSync(fileOf(key), changedAt, changedAt)
  await run() // the index has a time that can be set again
  const whole = readFileSync(fileOf(key))
  writeFileSync(fileOf(key), damages['flipped in a bit']!(whole))
  utimesSync(fileOf(key), changedAt, changedAt)
  const { lake } = await run()
  expect(gets()).toHaveLength(1) // size and time are those of the index
  lake.distrust('demo')
  await lake.files('demo', window)
  expect(readFileSync(fileOf(key))).toEqual(whole)
})

it('an index that cannot be read is made anew', async () => {
  const keys = fill(visitRecords('green', 2, 0))
  const before = await run()
  const index = path.join(folder, dayPrefix('demo', '2026-11-01'), 'index.json')
  for (const damage of [
    () => appendFileSync(index, 'x'),
    () => truncateSync(index, 3),
    () => writeFileSync(index, '{}'),
    // Still an index, by which the objects would be outside of the window.
    () => writeFileSync(index, readFileSync(index, 'utf8').replaceAll(/"(from|to)":\d/g, '"$1":9')),
  ]) {
    damage()
    expect((await run()).files).toEqual(before.files)
  }
  expect(gets()).toHaveLength(keys.length)
})

it('any bytes in place of a file are fetched again', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      const keys = fill(visitRecords('green', 2, 0))
      await run()
      writeFileSync(fileOf(keys[0]!), bytes)
      expect(await run()).toMatchObject({ files: keys.map(fileOf), damaged: [] })
    }),
    { numRuns: 15 },
  ))
