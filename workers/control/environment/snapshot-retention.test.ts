// Snapshot retention in the storage of a real Durable Object: what is archived, what leaves KV, and when.
import { runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { call, environment, objectOf, useOwner } from '../../../test/support/control-entities.ts'
import { retainedInKv, openSnapshotRetention } from './snapshot-retention.ts'

const hour = 3_600_000

it('archives each snapshot once, and removes from KV those that are neither new nor recent', async () => {
  await useOwner()
  await runInDurableObject(objectOf('/environments/retention'), async (_, { storage }) => {
    const retention = openSnapshotRetention(storage.sql)
    const calls = { archived: [] as number[], cleared: [] as number[] }
    const run = (now: number) =>
      retention.run({
        textAt: (revision) => Promise.resolve(`${revision}`),
        archive: async (revision) => void calls.archived.push(revision),
        clear: async (revision) => void calls.cleared.push(revision),
        now: () => now,
      })
    for (let revision = 1; revision <= 12; revision++) retention.recordPublication(revision, revision)
    retention.recordPublication(15, 15) // 13 and 14 were never published
    expect(await run(20)).toBe(true)
    expect(calls.archived).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(calls.cleared).toEqual([])
    await run(hour + 4)
    expect(calls.cleared).toEqual([1, 2, 3])
    await run(10 * hour)
    expect(calls.cleared).toEqual([1, 2, 3, 4, 5])
    expect(15 - calls.cleared.length).toBe(retainedInKv)
    retention.recordPublication(15, 99) // published again after a crash
    await run(10 * hour)
    expect(calls.archived).toHaveLength(15)
  })
})

it('lets a caller wait for a revision until edge can read it', async () => {
  const path = await environment()
  const waiting = call('GET', `${path}/published?revision=2`)
  await call('POST', `${path}/goals`, { key: 'buy' })
  expect((await waiting).body).toEqual({ revision: 2 })
})
