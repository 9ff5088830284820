// The snapshot source with simulated dependencies that fail, lag or return garbage, on a simulated clock.
// Laws: a cached snapshot is never dropped nor replaced by an older one; no read fails; and while the object
// answers, no decision uses a revision that was replaced over a second ago.
import { describe, expect, it, vi } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { type Snapshot, buildSnapshot } from '../../core/model/snapshot.ts'
import type { UnpublishedRevision } from '../contracts/environment-contract.ts'
import * as limits from './limits.ts'
import { type SnapshotSourcePorts, snapshotSource } from './snapshot-source.ts'

type Health = 'well' | 'failing' | 'slow'
type KvHealth = Health | 'corrupt' | 'newer'

const snapshotOf = (environmentId: string, revision: number, padding = ''): Snapshot => ({
  ...buildSnapshot({ environmentId, revision, modifiedAt: 1, flags: [], segments: [], sdkKeys: [] }),
  ...(padding && { padding }),
})

/** A source with simulated dependencies on one clock. `advance` moves the clock and runs what is due. */
function setUp(padding = '') {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  let time = 1_000_000
  const sleepers: { at: number; wake: () => void }[] = []
  const state = {
    revision: 1,
    kv: 'well' as KvHealth,
    object: 'well' as Health,
    heads: 0,
    recents: 0,
    unpublished: undefined as UnpublishedRevision | undefined,
  }
  const delay = (ms: number) => new Promise<void>((wake) => sleepers.push({ at: time + ms, wake }))
  const suffer = async (health: string) => {
    await delay(5)
    if (health === 'slow') await delay(5_000)
    if (health === 'failing') throw new Error('away')
  }
  const kv = {
    async get(key: string) {
      await suffer(state.kv)
      const [kind, id, revision] = key.split(':')
      if (kind === 'head') return id!.startsWith('no') ? null : String(state.revision)
      const text = JSON.stringify(snapshotOf(id!, Number(revision), padding))
      if (state.kv === 'corrupt') return text.slice(0, text.length / 2)
      return state.kv === 'newer' ? text.replace('"format":1', '"format":2') : text
    },
  } as unknown as KVNamespace
  const ports: SnapshotSourcePorts = {
    kv,
    environment: () => ({
      async head(id) {
        state.heads++
        const { revision, unpublished } = state
        await suffer(state.object)
        if (id.startsWith('no')) return { status: 'unknown' }
        return { status: 'known', revision, ...(unpublished && { unpublished }) }
      },
      members: () => Promise.resolve(undefined),
      async snapshot(id) {
        const { revision } = state
        await suffer(state.object)
        return snapshotOf(id, revision)
      },
    }),
    async recent() {
      state.recents++
      return ['no-negative-cache']
    },
    shared: { read: () => Promise.resolve(undefined), write: () => Promise.resolve() },
    now: () => time,
    delay,
    defer: () => undefined,
  }
  const flush = async () => {
    for (let i = 0; i < 40; i++) await Promise.resolve()
  }
  const advance = async (ms: number) => {
    const end = time + ms
    for (;;) {
      await flush()
      const next = sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (!next) break
      sleepers.splice(sleepers.indexOf(next), 1)
      time = Math.max(time, next.at)
      next.wake()
    }
    time = end
    await flush()
  }
  const source = snapshotSource(ports)
  const ask = async (id: string, atLeast?: number) => {
    const reading = Promise.resolve(source.read(id, atLeast))
    let answered: Awaited<typeof reading> | undefined
    void reading.then((value) => (answered = value))
    for (let waited = 0; !answered && waited < 6_000; waited += 5) await advance(5)
    if (!answered) throw new Error('no answer within six seconds')
    return answered
  }
  return { state, advance, ask, source, now: () => time }
}

const revisionOf = (reading: { status: string; compiled?: { revision: number } }) =>
  reading.compiled?.revision

describe('with any behaviour of its sources', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('pause' as const), ms: fc.nat(3_000) }),
    fc.record({ kind: fc.constant('publish' as const) }),
    fc.record({
      kind: fc.constant('kv' as const),
      is: fc.constantFrom<KvHealth>('well', 'failing', 'slow', 'corrupt', 'newer'),
    }),
    fc.record({
      kind: fc.constant('object' as const),
      is: fc.constantFrom<Health>('well', 'failing', 'slow'),
    }),
    fc.record({ kind: fc.constant('ask' as const) }),
  )

  it('keeps its snapshot, never goes back, and is fresh within a second while the object answers', () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { state, advance, ask, now } = setUp()
        let last = 0
        let publishedAt = -Infinity
        let wellSince = now()
        for (const each of steps) {
          if (each.kind === 'pause') await advance(each.ms)
          if (each.kind === 'publish') [state.revision, publishedAt] = [state.revision + 1, now()]
          if (each.kind === 'kv') state.kv = each.is
          if (each.kind === 'object') {
            if (state.object !== 'well' && each.is === 'well') wellSince = now()
            state.object = each.is
          }
          if (each.kind !== 'ask') continue
          const askedAt = now()
          const reading = await ask('shop')
          const revision = revisionOf(reading) ?? 0
          expect(revision).toBeGreaterThanOrEqual(last)
          const isWell = state.object === 'well' && askedAt - wellSince > 3_000
          const isFast = state.kv !== 'slow'
          if (isWell && isFast && askedAt - publishedAt > 1_000) expect(revision).toBe(state.revision)
          if (state.object === 'well' && isWell) expect(reading.status).toBe('ready')
          last = revision
        }
      }),
      { numRuns: 300 },
    ))

  it('reports how long a snapshot was not confirmed, and recovers at once', async () => {
    const { state, advance, ask, now } = setUp()
    await ask('shop')
    state.object = 'failing'
    await advance(10_000)
    const first = now()
    const stale = await ask('shop')
    expect(stale).toMatchObject({ status: 'ready', staleMs: expect.any(Number) as number })
    expect(stale.status === 'ready' && stale.staleMs).toBeGreaterThan(9_000)
    expect(now() - first).toBeLessThanOrEqual(255)
    const second = now()
    await ask('shop')
    expect(now() - second, 'nobody waits for a source that is known to fail').toBeLessThanOrEqual(5)
    state.object = 'well'
    await advance(1_500)
    await ask('shop')
    await advance(100)
    expect(await ask('shop')).toMatchObject({ staleMs: 0 })
  })

  it('answers with the requested revision, or with the newest one if there is none', async () => {
    const { state, ask, now } = setUp()
    await ask('shop')
    state.revision = 7
    expect(revisionOf(await ask('shop'))).toBe(1)
    expect(revisionOf(await ask('shop', 7))).toBe(7)
    const from = now()
    for (let i = 0; i < 100; i++) expect(revisionOf(await ask('shop', 99))).toBe(7)
    expect(state.heads, 'asking for what does not exist is no way to load the object').toBeLessThan(
      4 + (2 * (now() - from)) / 50,
    )
  })
})

describe('memory', () => {
  it(`keeps the ${limits.environmentsMax} most recently used environments`, async () => {
    const { state, ask } = setUp()
    for (let i = 0; i < limits.environmentsMax + 5; i++) await ask(`shop-${i}`)
    state.kv = state.object = 'failing'
    expect(revisionOf(await ask(`shop-${limits.environmentsMax}`))).toBe(1)
    expect((await ask('shop-0')).status).toBe('unavailable')
  })

  it('is bounded by size when snapshots are large', async () => {
    const { state, ask } = setUp('x'.repeat(limits.snapshotCharactersMax / 4))
    for (let i = 0; i < 5; i++) await ask(`shop-${i}`)
    state.kv = state.object = 'failing'
    const statuses = []
    for (let i = 4; i >= 0; i--) statuses.push((await ask(`shop-${i}`)).status)
    expect(statuses).toEqual(['ready', 'ready', 'ready', 'unavailable', 'unavailable'])
  })

  it('requests no object for an unknown id, and the list of new environments once a second', async () => {
    const { state, ask, advance } = setUp()
    await ask('shop')
    const asked = state.heads
    const ids = Array.from({ length: 3_000 }, (_, i) => `no-${i}`)
    const readings = await Promise.all(ids.map((id) => ask(id)))
    expect(new Set(readings.map(({ status }) => status))).toEqual(new Set(['unknown']))
    expect(state.heads).toBe(asked)
    expect(state.recents).toBe(1)
    expect((await ask('another-shop')).status).toBe('ready')
    await advance(limits.unknownForMs)
    expect((await ask('no-more')).status).toBe('unknown')
    expect(state.recents).toBe(2)
  })

  it('requests the object of a new environment that KV does not know yet', async () => {
    const { state, ask } = setUp()
    await ask('no-negative-cache')
    expect(state.heads).toBe(1)
  })

  it('requests the object if KV fails', async () => {
    const { state, ask } = setUp()
    state.kv = 'failing'
    expect((await ask('shop')).status).toBe('ready')
    expect((await ask('no-shop')).status).toBe('unknown')
    expect(state.heads).toBe(2)
  })
})

it('reports an old revision while a newer one cannot be published', async () => {
  const { state, advance, ask, source, now } = setUp()
  expect(await ask('a')).toMatchObject({ staleMs: 0 })
  const since = now()
  state.unpublished = { revision: 2, since, attempts: 3 }
  await advance(60_000)
  await ask('a')
  for (const id of ['a', 'b']) {
    const reading = (await ask(id)) as { staleMs: number }
    expect(Math.abs(reading.staleMs - (now() - since))).toBeLessThan(50)
  }
  expect(source.behind?.()).toBe(2)
  state.revision = 2
  state.unpublished = undefined
  await advance(1_000)
  expect(await ask('a')).toMatchObject({ staleMs: 0 })
  expect(source.behind?.()).toBe(1)
})
