// retain and forget against a bucket that behaves as R2 does, with real ClickHouse: what is gone, what stays.
import { createHash } from 'node:crypto'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { badKey, deadLetterKey, lakeKey } from '../../analytics/lake.ts'
import type { EventRecord } from '../../analytics/records.ts'
import type { Flag } from '../../core/model/flag.ts'
import { hasChdb } from '../../test/support/chdb.ts'
import { startSimulatedLake } from '../../test/support/simulated-lake.ts'
import { checkout, experiment, hourMs, startAt, visitRecords } from '../../test/support/simulated-shop.ts'
import {
  type SimulatedStack,
  simulatedToken,
  startSimulatedStack,
} from '../../test/support/simulated-stack.ts'
import { adminApi } from '../admin-api.ts'
import { countExperiment } from '../counting/counts.ts'
import { compact } from './compact.ts'
import { forget } from './forget.ts'
import type { LakeContext } from './lake-context.ts'
import { retain } from './retain.ts'

/** A busy machine takes its time for each statement. */
vi.setConfig({ testTimeout: 240_000 })

const noon = startAt + 12 * hourMs
const dayMs = 24 * hourMs
const window = { from: startAt, to: startAt + 40 * dayMs }

let lake: Awaited<ReturnType<typeof startSimulatedLake>>
let stack: SimulatedStack
beforeEach(async () => {
  lake = await startSimulatedLake()
  stack = await startSimulatedStack({
    segments: [
      { key: 'uploaded', version: 3, included: [], members: { count: 9 } },
      { key: 'listed', version: 4, included: ['green-1', 'green-2'] },
      { key: 'others', version: 1, included: ['green-2'] },
    ],
  })
})
afterEach(async () => {
  await lake.close()
  await stack.close()
})

const compacting = (context: LakeContext) => compact('demo', context)
const later = (records: readonly EventRecord[], days: number): EventRecord[] =>
  records.map((each) => ({ ...each, at: each.at + days * dayMs, receivedAt: each.receivedAt + days * dayMs }))

async function count(now: number) {
  const files = await lake.files(window, now, lake.newFolder())
  expect(files.damaged).toEqual([])
  const counted = await countExperiment(lake.count, files, experiment(), window, 'bought')
  if (!counted.ok) throw new Error(counted.problem.message)
  return counted.value.map(({ users, conversions }) => [users, conversions])
}

/** Whether a text is anywhere in the bucket: in raw objects, or in a part, where it is in a dictionary. */
function isInBucket(text: string): boolean {
  const needle = Buffer.from(text)
  return [...lake.bucket.objects].some(([key, { body }]) =>
    (key.endsWith('.gz') ? gunzipSync(body) : Buffer.from(body)).includes(needle),
  )
}

describe.skipIf(!hasChdb)('retain', () => {
  const oldDays = (olderThanDays: number, kind?: string) => (context: LakeContext) =>
    retain(
      'demo',
      kind === undefined
        ? { allDays: olderThanDays, kindDays: {} }
        : { allDays: undefined, kindDays: { [kind]: olderThanDays } },
      context,
    )
  const now = startAt + 20 * dayMs

  it('deletes whole days, raw or compacted, and leaves the younger ones', async () => {
    lake.add(visitRecords('green', 5, 2))
    await lake.run(compacting, noon)
    lake.add(later(visitRecords('green', 3, 1), 1))
    lake.add(later(visitRecords('green', 9, 4), 19))
    expect(await lake.run(oldDays(10), now, { isDryRun: true })).toMatchObject([
      { kind: 'retained', day: '2026-11-01', objects: 2, isDryRun: true, done: 1, of: 2 },
      { kind: 'retained', day: '2026-11-02', objects: 1, isDryRun: true },
    ])
    expect(await count(now)).toEqual([[9, 4]])
    expect(await lake.run(oldDays(10), now)).toMatchObject([
      { day: '2026-11-01', objects: 2 },
      { day: '2026-11-02', objects: 1 },
    ])
    expect(isInBucket('-2-saw')).toBe(true) // of the day that stays
    expect([...lake.bucket.objects.keys()].filter((key) => !key.endsWith('manifest.json'))).toHaveLength(1)
    expect(await lake.run(oldDays(10), now)).toEqual([{ kind: 'nothing-to-retain', environmentId: 'demo' }])
    expect(await lake.run(oldDays(99), now)).toEqual([{ kind: 'nothing-to-retain', environmentId: 'demo' }])
  })

  it('deletes the records of one kind, and the others are counted as before', async () => {
    lake.add(visitRecords('green', 5, 2))
    await lake.run(compacting, noon)
    lake.add(visitRecords('green', 7, 3))
    expect(await lake.run(oldDays(10, 'tracking'), now)).toMatchObject([
      { kind: 'retained', day: '2026-11-01', records: 5, objects: 2 },
    ])
    expect(await count(now)).toEqual([[7, 0]])
  })

  it('has deleted, whether or not the runner can note what it need not read again', async () => {
    lake.add(visitRecords('green', 5, 2))
    const folder = lake.newFolder()
    writeFileSync(path.join(folder, 'retained'), 'where the folder of notes would be')
    expect(await lake.run(oldDays(10, 'tracking'), now, { folder })).toMatchObject([{ records: 2 }])
    expect(await count(now)).toEqual([[5, 0]])
  })
})

describe.skipIf(!hasChdb)('forget', () => {
  const api = () => adminApi({ url: stack.url, token: simulatedToken })
  const forgetting =
    (...keys: string[]) =>
    (context: LakeContext) =>
      forget('demo', keys, api(), context)
  const digest = (text: string) => createHash('sha256').update(text).digest('hex')

  /** Compacted, raw, replaced and not yet deleted, and raw with a field of a later version. */
  async function fill() {
    lake.add(visitRecords('green', 5, 4))
    await lake.run(compacting, noon)
    lake.add(later(visitRecords('green', 5, 4), 1))
    const [record] = visitRecords('green', 2, 0).slice(1) as [EventRecord]
    const text = [record, { ...record, targetingKey: 'green-0', id: 'kept' }]
      .map((each) => `${JSON.stringify({ ...each, mood: 'good' })}\n`)
      .join('')
    const key = lakeKey('demo', '2026-11-03T01', digest(text))
    lake.bucket.objects.set(key, { body: gzipSync(text), headers: {} })
  }

  it('removes a user from every object, and the others are counted as before', async () => {
    await fill()
    const bad = badKey('2026-11-01', 'aa')
    const body = Buffer.from(
      JSON.stringify({ bad: [{ content: JSON.stringify({ targetingKey: 'green-1' }) }] }),
    )
    lake.bucket.objects.set(bad, { body, headers: {} })
    expect(isInBucket('green-1')).toBe(true)
    const now = startAt + 3 * dayMs
    const [dry] = (await lake.run(forgetting('green-1'), now, { isDryRun: true })).slice(-1)
    expect(dry).toMatchObject({ kind: 'forgotten', certificate: { records: 5, isDryRun: true } })
    expect(stack.posts).toEqual([])
    expect(isInBucket('green-1')).toBe(true)
    const events = await lake.run(forgetting('green-1'), now)
    expect(events.at(-1)).toMatchObject({
      kind: 'forgotten',
      certificate: {
        environmentId: 'demo',
        users: [digest('green-1')],
        records: 5,
        objects: 3,
        badObjects: 1,
        segments: ['uploaded', 'listed', 'others'],
        remaining: [],
        assignments: 2,
        flags: [],
        notCovered: expect.not.arrayContaining([expect.stringContaining('assignments')]),
      },
    })
    expect(isInBucket('green-1')).toBe(false)
    expect(isInBucket('"mood":"good"')).toBe(true)
    expect(await count(now)).toEqual([[4, 3]])
    expect((await lake.run(forgetting('green-1'), now)).at(-1)).toMatchObject({ certificate: { records: 0 } })
  })

  it('leaves what was bad in another environment', async () => {
    const bad = (name: string, environmentId: string) => {
      const content = { environmentId, targetingKey: 'x', event: 'green-1' }
      const key = badKey('2026-11-01', name)
      lake.bucket.objects.set(key, { body: Buffer.from(JSON.stringify({ bad: [{ content }] })), headers: {} })
      return key
    }
    const [own, other] = [bad('aa', 'demo'), bad('bb', 'shop')]
    const [event] = (await lake.run(forgetting('green-1'), noon)).slice(-1)
    expect(event).toMatchObject({ certificate: { badObjects: 1 } })
    expect([own, other].map((key) => lake.bucket.objects.has(key))).toEqual([false, true])
  })

  it('removes a cached copy of what another runner removed from the store', async () => {
    await fill()
    const now = startAt + 3 * dayMs
    await lake.run(forgetting('nobody'), now) // fetches everything
    const copies = () =>
      globSync('events/**/*.gz', { cwd: lake.root })
        .map((file) => gunzipSync(readFileSync(path.join(lake.root, file))).toString())
        .filter((text) => text.includes('green-1'))
    expect(copies()).not.toEqual([])
    const elsewhere = lake.newFolder()
    await lake.run(forgetting('green-1'), now, { folder: elsewhere })
    expect(copies()).not.toEqual([])
    await lake.run(forgetting('green-1'), now)
    expect(copies()).toEqual([])
  })

  it('looks into the other days if one cannot be looked into, and names it', async () => {
    await fill()
    const now = startAt + 3 * dayMs
    await lake.run(compacting, now)
    const manifest = [...lake.bucket.objects.keys()].find((key) => key.endsWith('manifest.json'))!
    const [, day] = /day=(\S+?)\//.exec(manifest)!
    lake.bucket.objects.set(manifest, { body: Buffer.from('{'), headers: {} })
    const events = await lake.run(forgetting('green-1'), now, { folder: lake.newFolder() })
    expect(events.slice(-2)).toMatchObject([
      { kind: 'forgotten', certificate: { remaining: [expect.stringContaining(`${day} could not be`)] } },
      { kind: 'failed', failure: { kind: 'job' } },
    ])
    const held = [...lake.bucket.objects].filter(([key, { body }]) =>
      (key.endsWith('.gz') ? gunzipSync(body) : Buffer.from(body)).includes('green-1'),
    )
    expect(held.every(([key]) => key.includes(day!))).toBe(true)
  })

  it('takes the user off the lists of segments', async () => {
    await lake.run(forgetting('green-1'), noon)
    expect(stack.posts).toEqual([
      { path: 'DELETE /api/v1/environments/demo/segments/uploaded/members', body: 'green-1' },
      {
        path: 'PATCH /api/v1/environments/demo/segments/listed',
        body: JSON.stringify({ version: 4, included: ['green-2'] }),
      },
      {
        path: '/api/v1/environments/demo/assignments/forget',
        body: { targetingKeys: ['green-1'] },
      },
    ])
  })

  it('names the flags that name the user, and what control refuses, and hands over the certificate', async () => {
    await stack.close()
    const rule = checkout.defaultStrategy
    const clause = { attribute: 'id', operator: 'equals', values: ['green-1', 'green-2'], negate: false }
    stack = await startSimulatedStack({
      archived: true,
      flags: [
        { ...checkout, targets: [{ variationId: 'green', targetingKeys: ['green-1'] }] },
        { ...checkout, key: 'rules', rules: [{ ...rule, id: 'r', name: '', anyOf: [[clause]] }] } as Flag,
        { ...checkout, key: 'others', targets: [{ variationId: 'green', targetingKeys: ['green-2'] }] },
      ],
    })
    const events = await lake.run(forgetting('green-1'), noon)
    expect(events.slice(-2)).toMatchObject([
      {
        certificate: {
          assignments: undefined,
          flags: [
            { flagKey: 'checkout', where: ['targets'] },
            { flagKey: 'rules', where: ['rules'] },
          ],
          remaining: [
            'Flag checkout names a user in its targets: edit it.',
            'Flag rules names a user in its rules: edit it.',
            expect.stringContaining('Kept assignments could not be removed.'),
          ],
        },
      },
      { kind: 'failed', failure: { kind: 'job' } },
    ])
  })

  it('says what it could not look into', async () => {
    lake.bucket.objects.set(deadLetterKey('2026-11-01', 'aa'), { body: gzipSync('{}\n'), headers: {} })
    const key = lakeKey('demo', '2026-11-01T01', 'ab'.repeat(32))
    lake.bucket.objects.set(key, { body: gzipSync('{'), headers: {} })
    const events = await lake.run(forgetting('green-1'), noon)
    expect(events.slice(-2)).toMatchObject([
      {
        certificate: {
          remaining: [expect.stringContaining(key), expect.stringMatching(/1 dead letters .* run replay/)],
        },
      },
      { kind: 'failed', failure: { kind: 'job' } },
    ])
  })
})
