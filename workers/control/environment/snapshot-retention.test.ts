// The books of published snapshots, in a real object's storage: what is archived, what leaves KV, and when.
import { runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { call, environment, objectOf, useOwner } from '../../../test/support/control-entities.ts'
import { keptInKv, openSnapshotRetention } from './snapshot-retention.ts'

const hour = 3_600_000

it('archives each once, and clears from KV what is neither new nor young', async () => {
  await useOwner()
  await runInDurableObject(objectOf('/environments/shelf'), async (_, { storage }) => {
    const shelf = openSnapshotRetention(storage.sql)
    const seen = { archived: [] as number[], cleared: [] as number[] }
    const tidy = (now: number) =>
      shelf.tidy({
        textAt: (revision) => Promise.resolve(`${revision}`),
        archive: async (revision) => void seen.archived.push(revision),
        clear: async (revision) => void seen.cleared.push(revision),
        now: () => now,
      })
    for (let revision = 1; revision <= 12; revision++) shelf.note(revision, revision)
    shelf.note(15, 15) // 13 and 14 were never published
    expect(await tidy(20)).toBe(true)
    expect(seen.archived).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(seen.cleared).toEqual([])
    await tidy(hour + 4)
    expect(seen.cleared).toEqual([1, 2, 3])
    await tidy(10 * hour)
    expect(seen.cleared).toEqual([1, 2, 3, 4, 5])
    expect(15 - seen.cleared.length).toBe(keptInKv)
    shelf.note(15, 99) // published again after a crash
    await tidy(10 * hour)
    expect(seen.archived).toHaveLength(15)
  })
})

it('lets a caller wait for a revision until edge can read it', async () => {
  const path = await environment()
  const waiting = call('GET', `${path}/published?revision=2`)
  await call('POST', `${path}/goals`, { key: 'buy' })
  expect((await waiting).body).toEqual({ revision: 2 })
})
