import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dayPrefix, lakeKey } from '../../analytics/lake.ts'
import { ok } from '../../core/model/problem.ts'
import { fail } from '../failure.ts'
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

/** A store that records which keys were read, and how many at once. */
function storeOf(keys: readonly string[]) {
  const keysRead: string[] = []
  let reading = 0
  const log = { keysRead, most: 0 }
  const store: ObjectStore = {
    list: async (prefix) => ok(keys.filter((key) => key.startsWith(prefix))),
    async read(key) {
      keysRead.push(key)
      log.most = Math.max(log.most, ++reading)
      await setTimeout(10)
      reading--
      return ok(new Blob([`content of ${key}`]).stream())
    },
  }
  return { store, log }
}

describe('the days of receipt', () => {
  it('reach two days past the window, but not into the future', () => {
    expect(daysOfReceipt(window, noon + 9 * dayMs)).toEqual([
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
      '2026-11-23',
    ])
    expect(daysOfReceipt(window, noon)).toEqual(['2026-11-20', '2026-11-21'])
  })
  it('begin a day earlier if a fast clock could move an event past midnight', () => {
    const midnight = Date.UTC(2026, 10, 21)
    expect(daysOfReceipt({ from: midnight, to: noon }, noon)[0]).toBe('2026-11-20')
  })
})

describe('the cache', () => {
  const keys = Array.from({ length: 60 }, (_, i) => lakeKey('demo', '2026-11-21T09', `digest${i}`))

  it('fetches each missing object once, under the same key, at most 16 at a time', async () => {
    const { store, log } = storeOf(keys)
    const first = await lakeCache(store, folder, noon).files('demo', window)
    expect(first).toEqual({ ok: true, value: keys.toSorted().map((key) => path.join(folder, key)) })
    expect(await lakeCache(store, folder, noon).files('demo', window)).toEqual(first)
    expect(log.keysRead.toSorted()).toEqual(keys.toSorted())
    expect(log.most).toBeGreaterThan(1)
    expect(log.most).toBeLessThanOrEqual(16)
    expect(readFileSync(path.join(folder, keys[0]!), 'utf8')).toBe(`content of ${keys[0]}`)
  })

  it('returns listed objects only, whatever else is cached', async () => {
    await lakeCache(storeOf(keys).store, folder, noon).files('demo', window)
    expect(await lakeCache(storeOf([]).store, folder, noon).files('demo', window)).toEqual({
      ok: true,
      value: [],
    })
  })

  it('ignores keys that leave its folder or contain pattern characters', async () => {
    const prefix = dayPrefix('demo', '2026-11-21')
    const odd = [
      '../../../../etc/passwd',
      'hour=09/../../x.ndjson.gz',
      'hour=09/{a,b}.ndjson.gz',
      'hour=09/a.part',
    ]
    const { store, log } = storeOf(odd.map((rest) => prefix + rest))
    expect(await lakeCache(store, folder, noon).files('demo', window)).toEqual({ ok: true, value: [] })
    expect(log.keysRead).toEqual([])
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
        return ok(body)
      },
    }
    expect(await lakeCache(broken, folder, noon).files('demo', window)).toMatchObject({
      ok: false,
      problem: { kind: 'lake-unreachable', message: expect.stringContaining('connection reset') },
    })
    expect(readdirSync(path.dirname(path.join(folder, keys[0]!)))).toEqual([])
  })

  it('gives up at the first failure', async () => {
    let reads = 0
    const store: ObjectStore = {
      ...storeOf(keys).store,
      async read() {
        reads++
        return fail('lake-unreachable', 'The lake is dry.')
      },
    }
    expect(await lakeCache(store, folder, noon).files('demo', window)).toMatchObject({
      ok: false,
      problem: { message: 'The lake is dry.' },
    })
    expect(reads).toBeLessThanOrEqual(16)
    expect(existsSync(path.join(folder, keys[0]!))).toBe(false)
  })

  it('refuses a window of too many days', async () => {
    expect(
      await lakeCache(storeOf([]).store, folder, noon).files('demo', { from: 0, to: noon }),
    ).toMatchObject({
      ok: false,
      problem: { kind: 'job', message: expect.stringContaining('at most 400') },
    })
  })
})
