// Dead letters against a bucket that behaves as R2 does, to the counts.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { badPrefix, deadLetterKey, deadLetterPrefix } from '../../analytics/lake.ts'
import { hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import { simulatedBucket } from '../../test/support/simulated-bucket.ts'
import { close, lakeObjects, listen } from '../../test/support/simulated-stack.ts'
import { lakeCache } from '../lake/cache.ts'
import { s3Store } from '../lake/s3.ts'
import type { RunEvent } from '../run-event.ts'
import { replayDeadLetters } from './replay.ts'

let folder = ''
let server: Server
let endpoint = ''
let bucket = simulatedBucket()
beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-replay-'))
  bucket = simulatedBucket()
  server = createServer((request, response) => void bucket.answer(request, response, '/lake'))
  endpoint = await listen(server)
})
afterEach(async () => {
  await close(server)
  rmSync(folder, { recursive: true })
})

const records = visitRecords('green', 20, 5)

/** As ingest writes them. */
function bury(bodies: readonly unknown[], damage = (body: Uint8Array) => body): string {
  const lines = bodies.map((body, i) => `${JSON.stringify({ id: `m${i}`, timestamp: startAt, body })}\n`)
  const key = deadLetterKey('2026-11-01', createHash('sha256').update(lines.join('')).digest('hex'))
  bucket.objects.set(key, { body: damage(gzipSync(lines.join(''))), headers: {} })
  return key
}

async function replay() {
  const events: RunEvent[] = []
  const store = s3Store({ endpoint, bucket: 'lake', accessKeyId: 'local', secretAccessKey: 'secret' })
  const result = await replayDeadLetters(store, (event) => events.push(event))
  return { result, events, store }
}
const letters = () => [...bucket.objects.keys()].filter((key) => key.startsWith(deadLetterPrefix))

describe('replay', () => {
  it('writes the objects that ingest would have written, verified by the cache, and removes the letter', async () => {
    const key = bury([{ records: records.slice(0, 7) }, { records: records.slice(7) }])
    const { events, store } = await replay()
    expect(events).toEqual([{ kind: 'replayed', key, records: 25 }])
    expect(letters()).toEqual([])
    const files = await lakeCache(store, folder, startAt + hourMs).files('demo', {
      from: startAt,
      to: startAt + hourMs,
    })
    const [[name]] = lakeObjects(records) as [[string, Uint8Array]]
    expect(files).toMatchObject({ ok: true, value: { raw: [path.join(folder, name)], damaged: [] } })
    expect((await replay()).events).toEqual([{ kind: 'nothing-to-replay' }])
  })

  it('leaves an object that is there already as it is', async () => {
    const [[name, body]] = lakeObjects(records) as [[string, Uint8Array]]
    bucket.objects.set(name, { body, headers: { 'x-amz-meta-of': 'ingest' } })
    bury([{ records }])
    expect((await replay()).events).toMatchObject([{ kind: 'replayed', records: 25 }])
    expect(bucket.objects.get(name)?.headers).toEqual({ 'x-amz-meta-of': 'ingest' })
  })

  it('brings what it can, moves what is unreadable to bad/ and names it, once', async () => {
    const key = bury([{ records }, { records: [{ environmentId: 'demo', odd: true }] }, 'no message'])
    const broken = bury([{ records: records.slice(0, 3) }, { records: [] }], (body) =>
      body.subarray(0, body.length - 12),
    )
    const buried = createHash('sha256').update(bucket.objects.get(broken)!.body).digest('hex')
    const { events } = await replay()
    expect(events).toHaveLength(4)
    const failed = (subject: string, message: RegExp) => ({
      kind: 'failed',
      subject,
      failure: { kind: 'job', message: expect.stringMatching(message) },
    })
    expect(events).toEqual(
      expect.arrayContaining([
        { kind: 'replayed', key, records: 25 },
        failed(
          key,
          /^2 of its records cannot be read and are in bad\/day=2026-11-01\/.*; the first: records\.0/,
        ),
        { kind: 'replayed', key: broken, records: 3 }, // the second message was cut off
        failed(broken, /^2 of its records cannot be read/),
      ]),
    )
    expect(letters()).toEqual([])
    expect(bucket.objects.has(lakeObjects(records)[0]![0])).toBe(true)
    const kept = [...bucket.objects].filter(([name]) => name.startsWith(badPrefix))
    const [damaged, read] = [true, false].map((isDamaged) =>
      kept.filter(([name]) => name.endsWith('.gz') === isDamaged),
    ) as [typeof kept, typeof kept]
    expect(damaged.map(([, { body }]) => createHash('sha256').update(body).digest('hex'))).toEqual([buried])
    const contents = read.map(([, { body }]) => JSON.parse(new TextDecoder().decode(body)).bad[0].content)
    expect(contents).toHaveLength(4)
    expect(contents).toEqual(expect.arrayContaining([{ environmentId: 'demo', odd: true }, 'no message']))
    expect((await replay()).events).toEqual([{ kind: 'nothing-to-replay' }])
  })

  it('keeps a letter whose records cannot be written', async () => {
    bury([{ records }])
    bucket.intercept = ({ method }, response) => {
      if (method !== 'PUT') return false
      response.writeHead(403).end()
      return true
    }
    expect((await replay()).events).toMatchObject([{ kind: 'failed', failure: { kind: 'lake-unreachable' } }])
    expect(letters()).toHaveLength(1)
  })
})
