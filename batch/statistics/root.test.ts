import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { crossing } from './root.ts'

describe('crossing', () => {
  it('finds a root to the last digit', () => {
    expect(crossing((x) => x ** 3, 2, 0, 2)).toBeCloseTo(Math.cbrt(2), 15)
  })

  it('is not trapped by flat tails', () => {
    expect(crossing((x) => Math.tanh(50 * (x - 900)), 0.5, -1e6, 1e6)).toBeCloseTo(
      900 + Math.atanh(0.5) / 50,
      9,
    )
  })

  it('needs few evaluations', () => {
    let evaluations = 0
    crossing((x) => (evaluations++, Math.exp(x)), 3, -10, 10)
    expect(evaluations).toBeLessThan(20)
  })

  it('returns the nearer end if the value is not reached', () => {
    expect(crossing((x) => x, 5, 0, 1)).toBe(1)
    expect(crossing((x) => x, -5, 0, 1)).toBe(0)
  })

  it('finds every target of an increasing function', () =>
    fc.assert(
      fc.property(fc.double({ min: -0.999, max: 0.999, noNaN: true }), (target) => {
        expect(Math.tanh(crossing(Math.tanh, target, -40, 40))).toBeCloseTo(target, 12)
      }),
    ))
})
