import fc from 'fast-check'
import { expect, it } from 'vitest'
import { recentEvents } from './recent-events.ts'

const noon = Date.UTC(2026, 10, 21, 12)

it('gives a hit that is sent again its id, wherever the clock stands', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: -5_000, max: 5_000 }),
      (after, late) => {
        const idOf = recentEvents()
        expect(idOf(['a'], noon + after + late)).toBe(idOf(['a'], noon + after))
      },
    ),
  )
})

it('gives equal hits in two isolates one id, but for those at an edge of the clock', () => {
  expect(recentEvents()(['a'], noon + 100)).toBe(recentEvents()(['a'], noon + 2_000))
})

it('tells other content, and the same at another time, apart', () => {
  const idOf = recentEvents()
  expect(
    new Set([idOf(['a'], noon), idOf(['b'], noon), idOf(['a'], noon + 20_000), idOf(['a'], noon + 40_000)])
      .size,
  ).toBe(4)
})

it('forgets the oldest, and then goes by the clock alone', () => {
  const idOf = recentEvents()
  const before = idOf(['first'], noon + 4_900)
  for (let i = 0; i < 20_000; i++) idOf([`other ${i}`], noon)
  expect(idOf(['first'], noon + 5_100)).not.toBe(before)
  expect(idOf(['first'], noon + 5_200)).toBe(idOf(['first'], noon + 5_100))
})
