// Which hits get the same event id, and which the same content hash.
import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { sameWithinMs } from '../../../analytics/records.ts'
import { createEventIdentifier } from './recent-events.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const late = fc.integer({ min: -sameWithinMs, max: sameWithinMs })

it('gives a repeated hit the same id, even across steps of the clock', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), late, (after, later) => {
      const identify = createEventIdentifier()
      expect(identify('a', noon + after + later)).toEqual(identify('a', noon + after))
    }),
  )
})

it('gives equal hits in two isolates the same content, and the same id within a step of the clock', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), late, (after, later) => {
      const [first, second] = [noon + after, noon + after + later].map((at) =>
        createEventIdentifier()('a', at),
      )
      expect(second!.content).toBe(first!.content)
      const isOneStep = Math.round((noon + after) / 10_000) === Math.round((noon + after + later) / 10_000)
      expect(second!.id === first!.id).toBe(isOneStep)
    }),
  )
})

it('distinguishes different content, and the same content at another time', () => {
  const identify = createEventIdentifier()
  const all = [
    identify('a', noon),
    identify('b', noon),
    identify('a', noon + 20_000),
    identify('a', noon + 40_000),
  ]
  expect(new Set(all.map(({ id }) => id)).size).toBe(4)
  expect(new Set(all.map(({ content }) => content)).size).toBe(2)
})

it('gives equal hits of one batch the same ids when they are sent again up to four hours later', () => {
  const wait = fc.integer({ min: 1_000, max: 4 * 3_600_000 })
  const way = fc.integer({ min: 0, max: sameWithinMs })
  const hit = fc.record({
    after: fc.integer({ min: 20_000, max: 90_000 }),
    ways: fc.array(way, { minLength: 2, maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(hit, { minLength: 1, maxLength: 20 }), wait, (hits, waited) => {
      const identify = createEventIdentifier()
      let at = noon
      const sent = hits.map(({ after, ways }) => ({ at: (at += after), ways }))
      // The queue time contains the wait, so only the network delay differs: now - qt is at + way.
      const ids = (attempt: number) =>
        sent.map((each) => {
          const now = each.at + waited + (each.ways[attempt] ?? each.ways[0]!)
          return identify('a', now - waited).id
        })
      const first = ids(0)
      expect(new Set(first).size).toBe(hits.length)
      for (const attempt of [1, 2]) expect(ids(attempt)).toEqual(first)
    }),
  )
})

it('forgets the oldest hit, and then depends on the clock alone', () => {
  const identify = createEventIdentifier()
  const before = identify('first', noon + 4_900)
  for (let i = 0; i < 20_000; i++) identify(`other ${i}`, noon)
  expect(identify('first', noon + 5_100).id).not.toBe(before.id)
  expect(identify('first', noon + 5_200)).toEqual(identify('first', noon + 5_100))
})
