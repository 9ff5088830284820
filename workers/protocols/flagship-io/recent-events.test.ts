import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sameWithinMs } from '../../../analytics/records.ts'
import { recentEvents } from './recent-events.ts'

const noon = Date.UTC(2026, 10, 21, 12)
const late = fc.integer({ min: -sameWithinMs, max: sameWithinMs })

it('gives a hit that is sent again its id, wherever the clock stands', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), late, (after, later) => {
      const idOf = recentEvents()
      expect(idOf(['a'], noon + after + later)).toEqual(idOf(['a'], noon + after))
    }),
  )
})

it('gives equal hits in two isolates one content, and one id inside a step of the clock', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60_000 }), late, (after, later) => {
      const [first, second] = [noon + after, noon + after + later].map((at) => recentEvents()(['a'], at))
      expect(second!.content).toBe(first!.content)
      const isOneStep = Math.round((noon + after) / 10_000) === Math.round((noon + after + later) / 10_000)
      expect(second!.id === first!.id).toBe(isOneStep)
    }),
  )
})

it('tells other content, and the same at another time, apart', () => {
  const idOf = recentEvents()
  const all = [idOf(['a'], noon), idOf(['b'], noon), idOf(['a'], noon + 20_000), idOf(['a'], noon + 40_000)]
  expect(new Set(all.map(({ id }) => id)).size).toBe(4)
  expect(new Set(all.map(({ content }) => content)).size).toBe(2)
})

it('forgets the oldest, and then goes by the clock alone', () => {
  const idOf = recentEvents()
  const before = idOf(['first'], noon + 4_900)
  for (let i = 0; i < 20_000; i++) idOf([`other ${i}`], noon)
  expect(idOf(['first'], noon + 5_100).id).not.toBe(before.id)
  expect(idOf(['first'], noon + 5_200)).toEqual(idOf(['first'], noon + 5_100))
})
