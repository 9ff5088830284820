import { expect, it } from 'vitest'
import fc from '../../../test/support/build/fast-check.ts'
import { hoursOf, totalsOf } from './request-totals.ts'

const row = fc.record({
  hour: fc.constantFrom(0, 3_600_000),
  protocol: fc.constantFrom('ofrep', 'bucketeer'),
  outcome: fc.constantFrom('OK', 'RATE_LIMITED'),
  requests: fc.nat(1_000),
  decisions: fc.nat(1_000),
  staleMs: fc.nat(5_000),
  p95Ms: fc.nat(50),
})

it('every request is in one hour and in one total, and a mean lies between the least and the most', () => {
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const all = rows.reduce((sum, { requests }) => sum + requests, 0)
      const totals = totalsOf(rows)
      expect(totals.reduce((sum, { requests }) => sum + requests, 0)).toBe(all)
      expect(hoursOf(rows).reduce((sum, { answered, refused }) => sum + answered + refused, 0)).toBe(all)
      for (const { protocol, outcome, requests, staleMs, p95Ms } of totals) {
        const own = rows.filter((each) => each.protocol === protocol && each.outcome === outcome)
        expect(p95Ms).toBe(Math.max(...own.map((each) => each.p95Ms)))
        if (requests > 0)
          expect(staleMs).toBeLessThanOrEqual(Math.max(...own.map((each) => each.staleMs)) + 1e-6)
      }
    }),
  )
})
