import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { UserSketch, usersError } from './user-sketch.ts'

const sketchOf = (users: Iterable<string>): UserSketch => {
  const sketch = new UserSketch()
  for (const user of users) sketch.add(user)
  return sketch
}
const numbered = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

const keys = fc.array(fc.string({ maxLength: 8 }), { maxLength: 3_000 })

it('is the same for the same users, however often, in whatever order and parts', () =>
  fc.assert(
    fc.property(keys, keys, (some, others) => {
      const whole = sketchOf([...some, ...others])
      const merged = sketchOf(others.toReversed())
      merged.merge(sketchOf([...some, ...some]))
      expect(merged.encode()).toEqual(whole.encode())
      expect(UserSketch.decode(whole.encode()).encode()).toEqual(whole.encode())
    }),
    { numRuns: 30 },
  ))

it.each([1, 10, 100, 1_000, 5_000, 20_000, 100_000])('has the stated error for %i users', (count) => {
  const rounds = count > 10_000 ? 8 : 30
  const errors = Array.from(
    { length: rounds },
    (_, round) => sketchOf(numbered(count, `user-${round}-`)).users() / count - 1,
  )
  const rootMeanSquare = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / rounds)
  expect(rootMeanSquare).toBeLessThan(1.6 * usersError) // of few rounds, so with a margin
})

it('takes at most 2,049 bytes, and few for few users', () => {
  expect(sketchOf(numbered(200_000, 'u')).encode().length).toBe(2_049)
  expect(sketchOf(numbered(20, 'u')).encode().length).toBe(61)
})

it.each([[[]], [[3, 1]], [[1, 0, 1]], [[2, 0]], [[1, 255, 255, 1]]])('refuses the bytes %j', (bytes) => {
  expect(() => UserSketch.decode(Uint8Array.from(bytes))).toThrow('not an encoded sketch')
})
