import { describe, expect, it } from 'vitest'
import { recordKinds } from '../../analytics/records.ts'
import fc from '../../test/support/build/fast-check.ts'
import { expiredOf, type KeepDays, keepDaysOfKind, retentionOf, unreadOf } from './retention.ts'

const dayMs = 86_400_000
const names = ['keepEventsDays', ...Object.values(keepDaysOfKind)] as const

describe('retention', () => {
  it('has a setting for each kind of record', () =>
    expect(Object.keys(keepDaysOfKind).toSorted()).toEqual([...recordKinds].toSorted()))

  it('is none without settings', () => expect(retentionOf({})).toBeUndefined())

  it('takes each record after the lesser of its two ages, and none before', () => {
    const settings = fc.record(
      Object.fromEntries(names.map((name) => [name, fc.integer({ min: 1, max: 30 })])),
      { requiredKeys: [] },
    ) as fc.Arbitrary<KeepDays>
    fc.assert(
      fc.property(settings, fc.integer({ min: 0, max: 40 * dayMs }), (keep, ageMs) => {
        const retention = retentionOf(keep)
        const day = '2026-11-21'
        const expired = retention ? expiredOf(retention, day, Date.parse(day) + dayMs + ageMs) : []
        for (const [kind, name] of Object.entries(keepDaysOfKind)) {
          const days = Math.min(keep[name] ?? Infinity, keep.keepEventsDays ?? Infinity)
          expect(expired === 'all' || expired.includes(kind)).toBe(ageMs >= days * dayMs)
        }
        expect(expired === 'all').toBe(ageMs >= (keep.keepEventsDays ?? Infinity) * dayMs)
      }),
    )
  })

  it('leaves a day that has not ended', () => {
    const now = Date.parse('2026-11-21T23:00:00Z')
    expect(expiredOf({ allDays: 1, kindDays: {} }, '2026-11-21', now)).toEqual([])
  })

  it('leaves what is read, and of days before that the links that are followed', () => {
    const [linksFrom, from] = [Date.parse('2026-11-10'), Date.parse('2026-11-20')]
    const of = (day: string, expired: Parameters<typeof unreadOf>[0]) =>
      unreadOf(expired, day, { from, linksFrom })
    expect(of('2026-11-09', 'all')).toBe('all')
    expect(of('2026-11-10', 'all')).toEqual(['exposure', 'sdk-report', 'tracking'])
    expect(of('2026-11-19', ['alias', 'tracking'])).toEqual(['tracking'])
    expect(of('2026-11-19', ['alias'])).toEqual([])
    expect(of('2026-11-20', 'all')).toEqual([])
  })
})
