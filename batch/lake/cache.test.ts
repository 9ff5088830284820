import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dayPrefix, lakeKey } from '../../analytics/lake.ts'
import { done, fail } from '../failure.ts'
import { daysOfReceipt, lakeCache } from './cache.ts'
import type { ObjectStore } from './s3.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const dayMs = 86_400_000
const window = { from: noon - dayMs, to: noon }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tackline-cache-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A store that counts what is asked of it, and how much at once. */
function storeOf(keys: readonly string[]) {
  const asked: string[] = []
  let underway = 0
  const seen = { asked, most: 0 }
  const store: ObjectStore = {
    list: async (prefix) => done(keys.filter((key) => key.startsWith(prefix))),
    async read(key) {
      asked.push(key)
      seen.most = Math.max(seen.most, ++underway)
      await setTimeout(10)
      underway--
      return done(new Blob([`content of ${key}`]).stream())
    },
  }
  return { store, seen }
}

describe('the days of receipt', () => {
  it('go on for two days after the window, but not into the future', () => {
    expect(daysOfReceipt(window, noon + 9 * dayMs)).toEqual([
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
      '2026-11-23',
    ])
    expect(daysOfReceipt(window, noon)).toEqual(['2026-11-20', '2026-11-21'])
  })
  it('begin earlier when a clock that is ahead could put an event over midnight', () => {
    const midnight = Date.UTC(2026, 10, 21)
    expect(daysOfReceipt({ from: midnight, to: noon }, noon)[0]).toBe('2026-11-20')
  })
})

describe('the cache', () => {
  const keys = Array.from({ length: 60 }, (_, i) => lakeKey('demo', '2026-11-21T09', `digest${i}`))

  it('fetches what is missing, once, under the same keys, at most 16 at a time', async () => {
    const { store, seen } = storeOf(keys)
    const first = await lakeCache(store, folder, noon).files('demo', window)
    expect(first).toEqual({ ok: true, value: keys.toSorted().map((key) => path.join(folder, key)) })
    expect(await lakeCache(store, folder, noon).files('demo', window)).toEqual(first)
    expect(seen.asked.toSorted()).toEqual(keys.toSorted())
    expect(seen.most).toBeGreaterThan(1)
    expect(seen.most).toBeLessThanOrEqual(16)
    expect(readFileSync(path.join(folder, keys[0]!), 'utf8')).toBe(`content of ${keys[0]}`)
  })

  it('reads the listed objects only, whatever else lies there', async () => {
    await lakeCache(storeOf(keys).store, folder, noon).files('demo', window)
    expect(await lakeCache(storeOf([]).store, folder, noon).files('demo', window)).toEqual({
      ok: true,
      value: [],
    })
  })

  it('lets no key out of its folder, and no sign of a pattern in', async () => {
    const prefix = dayPrefix('demo', '2026-11-21')
    const odd = [
      '../../../../etc/passwd',
      'hour=09/../../x.ndjson.gz',
      'hour=09/{a,b}.ndjson.gz',
      'hour=09/a.part',
    ]
    const { store, seen } = storeOf(odd.map((rest) => prefix + rest))
    expect(await lakeCache(store, folder, noon).files('demo', window)).toEqual({ ok: true, value: [] })
    expect(seen.asked).toEqual([])
  })

  it('keeps nothing of a transfer that breaks off', async () => {
    const broken: ObjectStore = {
      ...storeOf(keys.slice(0, 1)).store,
      async read() {
        const body = new ReadableStream({
          async pull(controller) {
            controller.enqueue(new Uint8Array(10))
            await setTimeout(1)
            controller.error(new Error('connection reset'))
          },
        })
        return done(body)
      },
    }
    expect(await lakeCache(broken, folder, noon).files('demo', window)).toMatchObject({
      ok: false,
      failure: { kind: 'lake-unreachable', message: expect.stringContaining('connection reset') },
    })
    expect(readdirSync(path.dirname(path.join(folder, keys[0]!)))).toEqual([])
  })

  it('gives up at the first failure', async () => {
    let asked = 0
    const store: ObjectStore = {
      ...storeOf(keys).store,
      async read() {
        asked++
        return fail('lake-unreachable', 'The lake is dry.')
      },
    }
    expect(await lakeCache(store, folder, noon).files('demo', window)).toMatchObject({
      ok: false,
      failure: { message: 'The lake is dry.' },
    })
    expect(asked).toBeLessThanOrEqual(16)
    expect(existsSync(path.join(folder, keys[0]!))).toBe(false)
  })

  it('refuses to list a lifetime', async () => {
    expect(
      await lakeCache(storeOf([]).store, folder, noon).files('demo', { from: 0, to: noon }),
    ).toMatchObject({
      ok: false,
      failure: { kind: 'job', message: expect.stringContaining('at most 400') },
    })
  })
})
