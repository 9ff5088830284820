import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { logFactorsOf, mismatchFactor, sampleRatio, type Cell } from './sample-ratio.ts'

const cells = (...pairs: readonly (readonly [users: number, expectedWeight: number])[]): Cell[] =>
  pairs.map(([users, expectedWeight]) => ({ users, expectedWeight }))
const test = (...pairs: readonly (readonly [users: number, expectedWeight: number])[]) =>
  sampleRatio([cells(...pairs)])
const tested = (phases: readonly Cell[][], before?: number) => {
  const ratio = sampleRatio(phases, before)
  if (ratio.kind !== 'tested') throw new Error(ratio.kind)
  return ratio
}

describe('sampleRatio', () => {
  it('is exact for single users: their factors are those of an urn', () => {
    // The first user says nothing; the second is of the same arm with 1001 / 2001 instead of 1 / 2.
    expect(tested([cells([1, 1], [0, 1])]).logFactor).toBeCloseTo(0, 12)
    expect(tested([cells([2, 1], [0, 1])]).logFactor).toBeCloseTo(Math.log(1001 / 2001 / 0.5), 10)
    expect(tested([cells([1, 1], [1, 1])]).logFactor).toBeCloseTo(Math.log(1000 / 2001 / 0.5), 10)
  })

  it('averages to 1 over all ways in which users may arrive, so it may be looked at at any time', () => {
    const [users, share] = [12, 0.3]
    let average = 0
    for (let k = 0, mass = (1 - share) ** users; k <= users; k++) {
      average += mass * Math.exp(tested([cells([k, 3], [users - k, 7])]).logFactor)
      mass *= ((users - k) / (k + 1)) * (share / (1 - share))
    }
    expect(average).toBeCloseTo(1, 10)
  })

  it('is a mismatch from a factor of 100 on', () => {
    const factor = (users: number) => tested([cells([users, 1], [10_000 - users, 1])])
    expect(factor(5_180)).toMatchObject({ mismatch: false })
    expect(factor(5_190)).toMatchObject({ mismatch: true })
    expect(Math.exp(factor(5_190).logFactor)).toBeGreaterThan(mismatchFactor)
  })

  it('takes weights in any unit', () => {
    expect(test([900, 90_000], [100, 10_000])).toMatchObject({ mismatch: false })
    expect(test([500, 90_000], [500, 10_000])).toMatchObject({ mismatch: true })
    expect(test([900, 0.9], [100, 0.1])).toEqual(test([900, 90], [100, 10]))
  })

  it('stays a mismatch, whatever comes later', () => {
    const before = Math.log(250)
    const ratio = tested([cells([5_000, 1], [5_000, 1])], before)
    expect(ratio).toMatchObject({ mismatch: true, highestLogFactor: before })
    expect(ratio.logFactor).toBeLessThan(0)
  })

  it('reads a factor that is no number as a mismatch, not as health', () => {
    expect(tested([cells([NaN, 1], [500, 1])])).toMatchObject({ mismatch: true })
  })

  it('is one test over phases with the same shares', () => {
    const whole = logFactorsOf([cells([5_300, 1], [4_900, 1])])
    const parts = logFactorsOf([cells([2_100, 1], [1_900, 1]), cells([3_200, 1], [3_000, 1])])
    expect(parts[0]! + parts[1]!).toBeCloseTo(whole[0]!, 8)
  })

  it('carries what a phase has shown into the next one, with other shares', () => {
    const first = cells([5_200, 1], [4_800, 1])
    const second = cells([8_120, 8], [1_880, 2])
    const [, carried] = logFactorsOf([first, second])
    expect(carried).toBeGreaterThan(logFactorsOf([second])[0]!)
  })

  it('knows arms that are not served in every phase', () => {
    const phases = [cells([500, 1], [500, 1], [0, 0]), cells([300, 1], [310, 1], [290, 1])]
    expect(tested(phases)).toMatchObject({ mismatch: false })
    expect(logFactorsOf(phases).every(Number.isFinite)).toBe(true)
  })

  it('cannot be tested without users', () => {
    expect(test([0, 1], [0, 1])).toEqual({ kind: 'too-early', reason: 'there are no users' })
  })

  it.each([
    ['one variation', cells([1000, 1]), 'fewer than two variations have a weight'],
    ['one weight', cells([1000, 1], [0, 0]), 'fewer than two variations have a weight'],
    ['no variation', [], 'fewer than two variations have a weight'],
  ])('is skipped for %s', (_, given, reason) => {
    expect(sampleRatio([given])).toEqual({ kind: 'skipped', reason })
  })

  it('finds users in variations that are not served, but tolerates five', () => {
    expect(test([500, 1], [500, 1], [6, 0])).toMatchObject({ kind: 'unexpected-users', users: 6 })
    expect(test([20, 1], [20, 1], [6, 0])).toMatchObject({ kind: 'unexpected-users', users: 6 })
    expect(test([500, 1], [500, 1], [5, 0])).toMatchObject({ kind: 'tested', mismatch: false })
  })

  it('keeps a mismatch where nothing can be tested any more', () => {
    const before = Math.log(250)
    const red = { kind: 'tested', logFactor: 0, highestLogFactor: before, mismatch: true }
    expect(sampleRatio([cells([0, 1], [0, 1])], before)).toEqual(red)
    expect(sampleRatio([cells([500, 1], [500, 0])], before)).toEqual(red)
    expect(sampleRatio([cells([500, 1], [500, 0])], Math.log(50))).toMatchObject({ kind: 'skipped' })
    expect(sampleRatio([cells([500, 1], [500, 1], [6, 0])], before)).toMatchObject({
      kind: 'unexpected-users',
      highestLogFactor: before,
    })
  })

  it('does not depend on the order of the variations', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10_000), fc.nat(100)), { maxLength: 6 }), (pairs) => {
        const forth = test(...pairs)
        const back = test(...pairs.toReversed())
        expect(back.kind).toBe(forth.kind)
        if (forth.kind === 'tested' && back.kind === 'tested')
          expect(back.logFactor).toBeCloseTo(forth.logFactor, 6)
      }),
    ))
})
