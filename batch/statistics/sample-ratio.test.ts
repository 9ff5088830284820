import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRatio, type Cell } from './sample-ratio.ts'

const cells = (...pairs: readonly (readonly [users: number, expectedWeight: number])[]): Cell[] =>
  pairs.map(([users, expectedWeight]) => ({ users, expectedWeight }))

describe('sampleRatio', () => {
  it('computes chi-square and its upper tail', () => {
    // (520 - 500)^2 / 500 * 2 = 1.6; P(chi-square(1) > 1.6) = 0.2059032107320683
    expect(sampleRatio(cells([520, 1], [480, 1]))).toEqual({
      kind: 'tested',
      chiSquare: 1.6,
      degreesOfFreedom: 1,
      probability: expect.closeTo(0.2059032107320683, 12),
      mismatch: false,
    })
  })

  it('is a mismatch below a probability of 0.001', () => {
    expect(sampleRatio(cells([5164, 1], [4836, 1]))).toMatchObject({ mismatch: false }) // p = 0.00104
    expect(sampleRatio(cells([5165, 1], [4835, 1]))).toMatchObject({ mismatch: true }) // p = 0.00097
  })

  it('takes weights in any unit', () => {
    expect(sampleRatio(cells([900, 90_000], [100, 10_000]))).toMatchObject({ chiSquare: 0, mismatch: false })
    expect(sampleRatio(cells([500, 90_000], [500, 10_000]))).toMatchObject({ mismatch: true })
  })

  it.each([
    ['users', cells([50, 1], [49, 1]), '99 users are fewer than 100'],
    [
      'users in the smallest variation',
      cells([996, 0.996], [4, 0.004]),
      'the smallest variation expects 4.0 users, fewer than 5',
    ],
  ])('cannot be tested yet with too few %s', (_, given, reason) => {
    expect(sampleRatio(given)).toEqual({ kind: 'too-early', reason })
  })

  it.each([
    ['one variation', cells([1000, 1]), 'fewer than two variations have a weight'],
    ['one weight', cells([1000, 1], [0, 0]), 'fewer than two variations have a weight'],
    ['no variation', [], 'fewer than two variations have a weight'],
  ])('is skipped for %s', (_, given, reason) => {
    expect(sampleRatio(given)).toEqual({ kind: 'skipped', reason })
  })

  it('finds users in variations that are not served, but tolerates five', () => {
    expect(sampleRatio(cells([500, 1], [500, 1], [6, 0]))).toEqual({ kind: 'unexpected-users', users: 6 })
    expect(sampleRatio(cells([500, 1], [500, 1], [5, 0]))).toMatchObject({ kind: 'tested', mismatch: false })
  })

  it('does not depend on the order of the variations', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10_000), fc.nat(100)), { maxLength: 6 }), (pairs) => {
        const forth = sampleRatio(cells(...pairs))
        const back = sampleRatio(cells(...pairs.toReversed()))
        expect(back.kind).toBe(forth.kind)
        if (forth.kind === 'tested' && back.kind === 'tested')
          expect(back.probability).toBeCloseTo(forth.probability, 9)
      }),
    ))
})
