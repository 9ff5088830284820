// When a delivery is tried again, and when it is given up.
import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import {
  type Attempt,
  type Progress,
  afterAttempt,
  retryAfterMsMax,
  retryForMs,
  retryWaitsMs,
} from './delivery.ts'

const failure: Attempt = { outcome: 'failed', status: 500, error: 'answered 500' }
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

/** Tries until nothing is to be tried. `took`: how long each try takes. */
function tries(attempt: (n: number) => Attempt, took: number, chances: readonly number[]) {
  const at: number[] = []
  let progress: Progress = { state: 'waiting', attempts: 0, nextAttemptAt: 0 }
  while (progress.nextAttemptAt !== undefined) {
    at.push(progress.nextAttemptAt)
    const endedAt = progress.nextAttemptAt + took
    const asked = { attempts: progress.attempts, since: 0 }
    progress = afterAttempt(asked, attempt(at.length), endedAt, chances[at.length % chances.length]!)
  }
  return { at, state: progress.state, attempts: progress.attempts }
}

it('tries twelve times, with waits that never shrink, for nearly a day and never longer', () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.array(chance, { minLength: 1 }), (took, chances) => {
      const { at, state, attempts } = tries(() => failure, took, chances)
      expect([state, attempts, at.length]).toEqual(['dead', 12, 12])
      const waits = at.slice(1).map((time, i) => time - at[i]! - took)
      waits.forEach((wait, i) => {
        expect(wait).toBeLessThanOrEqual(retryWaitsMs[i]!)
        expect(wait).toBeGreaterThanOrEqual(Math.floor(retryWaitsMs[i]! * 0.9))
      })
      expect(at.at(-1)).toBeLessThanOrEqual(retryForMs)
      expect(at.at(-1)).toBeGreaterThan(retryForMs * 0.88)
    }),
  ))

it('waits 5 s, 30 s and 2 minutes first', () =>
  expect(tries(() => failure, 0, [0]).at.slice(0, 4)).toEqual([0, 5_000, 35_000, 155_000]))

it('stops when it is delivered, or when the receiver is gone', () => {
  const shaky = (n: number): Attempt => (n < 4 ? failure : { outcome: 'delivered', status: 204 })
  expect(tries(shaky, 0, [0])).toMatchObject({ state: 'delivered', attempts: 4 })
  expect(tries(() => ({ ...failure, final: true }), 0, [0])).toMatchObject({ state: 'dead', attempts: 1 })
})

it('comes back no sooner than asked, no later than 4 hours for it, and never after a day', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 * retryForMs }), chance, (retryAfterMs, random) => {
      const { at } = tries(() => ({ ...failure, retryAfterMs }) as Attempt, 0, [random])
      at.slice(1).forEach((time, i) => {
        const wait = time - at[i]!
        expect(wait).toBeGreaterThanOrEqual(Math.min(retryAfterMs, retryAfterMsMax))
        expect(wait).toBeLessThanOrEqual(Math.max(retryAfterMsMax, retryWaitsMs[i]!))
      })
      expect(at.at(-1)).toBeLessThanOrEqual(retryForMs)
    }),
  ))
