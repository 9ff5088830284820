import { describe, expect, it } from 'vitest'
import fc from '../test/support/build/fast-check.ts'
import { clockAheadMaxMs, clockBehindMaxMs, eventAgeMaxMs, eventTime } from './event-time.ts'

const now = Date.UTC(2026, 10, 29, 12)
const hourMs = 3_600_000

describe('the time of an event', () => {
  it('is corrected by when it was sent, if the clock is at most a day slow', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: eventAgeMaxMs - 10_000 }),
        fc.integer({ min: 10_000 - clockBehindMaxMs, max: 1e13 }),
        fc.integer({ min: 0, max: 10_000 }),
        (age, clockError, latency) => {
          const happened = now - latency - age
          const at = eventTime(happened + clockError, now, now - latency + clockError)
          expect(at).toBe(happened + latency)
        },
      ),
    ))
  it('is not moved to when a copy came that was sent long ago, and a copy that is too old is none', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 * 24 * hourMs }),
        fc.integer({ min: 0, max: 40 * 24 * hourMs }),
        (age, waited) => {
          const [sentAt, happened] = [now - waited, now - waited - age]
          const at = eventTime(happened, now, sentAt)
          if (waited > clockBehindMaxMs) expect(at).toBe(waited + age <= eventAgeMaxMs ? happened : undefined)
          else expect(at).toBe(age <= eventAgeMaxMs ? now - age : undefined)
        },
      ),
    ))
  it('is never later than its receipt if it is corrected', () => {
    expect(eventTime(now + hourMs, now, now)).toBe(now)
  })
  it('is the client’s where it does not say when it sent the event', () => {
    expect(eventTime(now - 5, now)).toBe(now - 5)
    expect(eventTime(now + hourMs, now)).toBe(now + hourMs)
  })
  it('is none if it is too old or too far ahead, by either clock', () => {
    expect(eventTime(now - eventAgeMaxMs, now)).toBe(now - eventAgeMaxMs)
    expect(eventTime(now - eventAgeMaxMs - 1, now)).toBeUndefined()
    expect(eventTime(now + clockAheadMaxMs + 1, now)).toBeUndefined()
    expect(eventTime(now, now, now + eventAgeMaxMs)).toBe(now - eventAgeMaxMs)
    expect(eventTime(now, now, now + eventAgeMaxMs + 1)).toBeUndefined()
  })
})
