import { expect, it } from 'vitest'
import { assignmentStore } from './assignments.ts'

function setUp(behaviour: 'answers' | 'fails' | 'hangs' = 'answers') {
  const reads: string[] = []
  const stored: (readonly [object: string, who: string, rows: unknown])[] = []
  const deferred: Promise<unknown>[] = []
  const objects = {
    idFromName: (name: string) => name,
    get: (name: string) => ({
      read: (who: string) => {
        reads.push(`${name} ${who}`)
        if (behaviour === 'fails') return Promise.reject(new Error('away'))
        return behaviour === 'hangs' ? new Promise(() => undefined) : Promise.resolve([['rule', `of ${who}`]])
      },
      keep: (who: string, rows: unknown) => Promise.resolve(void stored.push([name, who, rows])),
    }),
  }
  const store = assignmentStore({
    objects: objects as never,
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    defer: (work) => void deferred.push(work),
  })
  return { store, reads, stored, deferred }
}

it('reads each visitor id once, in the order given', async () => {
  const { store, reads } = setUp()
  const [group, visitor] = (await store.read('shop', ['group:home', 'visitor:ada']))!
  expect([group?.get('rule'), visitor?.get('rule')]).toEqual(['of group:home', 'of visitor:ada'])
  expect(reads).toHaveLength(2)
})

it('writes to the object that it reads from, a different one in another environment', async () => {
  const { store, reads, stored, deferred } = setUp()
  await store.read('shop', ['visitor:ada'])
  store.keep('shop', ['visitor:ada'], [{ ruleId: 'r', variationId: 'a' }])
  store.keep('other', ['visitor:ada'], [])
  await Promise.all(deferred)
  expect(`${stored[0]![0]} visitor:ada`).toBe(reads[0])
  expect(stored[0]![2]).toEqual([['r', 'a']])
  expect(stored[1]![0]).not.toBe(stored[0]![0])
})

it('spreads visitors over all shards', async () => {
  const { store, reads } = setUp()
  await store.read(
    'shop',
    Array.from({ length: 2_000 }, (_, i) => `visitor:${i}`),
  )
  expect(new Set(reads.map((each) => each.split(' ')[0])).size).toBe(64)
})

it.each(['fails', 'hangs'] as const)('returns undefined if an object %s', async (behaviour) => {
  expect(await setUp(behaviour).store.read('shop', ['visitor:ada'])).toBeUndefined()
})
