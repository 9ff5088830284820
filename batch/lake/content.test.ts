// Objects as a bucket that behaves like R2 gives them, with and without the content encoding of earlier
// releases, over real HTTP, from the request to the counts.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createServer, type Server } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toNdjson } from '../../analytics/lake.ts'
import { experiment, hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { type Delivery, simulatedBucket } from '../../test/support/simulated-bucket.ts'
import { close, lakeObjects, listen } from '../../test/support/simulated-stack.ts'
import { lakeCache } from './cache.ts'
import { toContent } from './content.ts'
import { countEmbedded, countExperiment } from '../counting/counts.ts'
import { s3Store } from './s3.ts'
import { loadChdb, openClickHouse } from './clickhouse.ts'
import { hasChdb } from '../../test/support/chdb.ts'

const records = visitRecords('green', 50, 20)
const text = Buffer.from(toNdjson(records))

describe('the content of an object', () => {
  it.each([
    ['plain', text],
    ['as ingest packs it', gzipSync(text)],
    ['packed twice', gzipSync(gzipSync(text))],
  ])('is the same, %s', async (_, bytes) => {
    const content = await toContent(bytes)
    expect(createHash('sha256').update(content.text).digest()).toEqual(
      createHash('sha256').update(text).digest(),
    )
    expect(Buffer.from((await toContent(content.packed)).text)).toEqual(text)
  })

  it('is refused if a layer is damaged', async () => {
    const packed = gzipSync(text)
    await expect(toContent(packed.subarray(0, -9))).rejects.toThrow('unexpected end of file')
    await expect(toContent(gzipSync(packed.subarray(0, -9)))).rejects.toThrow('unexpected end of file')
  })
})

let folder = ''
let server: Server | undefined
const bucket = simulatedBucket('key')
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-content-'))
  bucket.objects.clear()
})
afterEach(async () => {
  if (server) await close(server)
  server = undefined
  rmSync(folder, { recursive: true })
})

const plain = { 'content-type': 'application/gzip' }
const encoded = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
const ways: [string, Record<string, string>, Delivery][] = [
  ['stored without a content encoding', plain, 'as-stored'],
  ['stored with a content encoding, unpacked by the client', encoded, 'as-stored'],
  ['stored with a content encoding, unpacked on the way', encoded, 'unpacking'],
]

it.skipIf(!hasChdb).each(ways)('an object %s is counted', async (_, headers, delivery) => {
  bucket.delivery = delivery
  for (const [key, body] of lakeObjects(records)) bucket.objects.set(key, { body, headers })
  server = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  const store = s3Store({
    endpoint: await listen(server),
    bucket: 'lake',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
  })
  const now = startAt + hourMs
  const window = { from: startAt, to: now }
  const files = await lakeCache(store, folder, now).files('demo', window)
  if (!files.ok) throw new Error(files.problem.message)
  const count = countEmbedded(openClickHouse(loadChdb))
  expect(await countExperiment(count, files.value, experiment(), window, 'bought')).toMatchObject({
    ok: true,
    value: [{ variationId: 'green', users: 50, conversions: 20 }],
  })
})
