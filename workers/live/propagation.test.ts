import { expect, it } from 'vitest'
import { propagationOf } from './propagation.ts'

it('99 % of users are not on a revision before the first one is', () => {
  const publishedAt = 10_080
  const seconds = [{ second: 11, revision: 2, exposures: 70, firstAt: 11_004 }]
  expect(propagationOf({ revision: 2, publishedAt, seconds })).toMatchObject({
    firstAfterMs: 924,
    mostAfterMs: 924, // the second of the clock began 920 ms after the publication
  })
  const earlier = [{ second: 11, revision: 1, exposures: 70, firstAt: 11_001 }]
  const later = [{ second: 12, revision: 2, exposures: 7, firstAt: 12_500 }]
  expect(propagationOf({ revision: 2, publishedAt, seconds: [...earlier, ...later] })).toMatchObject({
    firstAfterMs: 2_420,
    mostAfterMs: 2_420,
  })
})
