import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { memberSet } from './member-set.ts'
import { encodeMembers } from './members.ts'

it('behaves like a set of texts, and encodes itself like the members of a segment', () =>
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 3_000, size: 'max' }), fc.string(), (keys, other) => {
      const set = memberSet()
      const texts = new Set<string>()
      for (const key of keys) {
        expect(set.add(key)).toBe(!texts.has(key))
        texts.add(key)
      }
      expect(set.size()).toBe(texts.size)
      expect(set.has(other)).toBe(texts.has(other))
      for (const key of keys) expect(set.has(key)).toBe(true)
      expect(set.encode()).toEqual(encodeMembers(texts))
    }),
    { numRuns: 50 },
  ))

it('can contain the empty text, whose hash is zero', () => {
  const set = memberSet()
  expect([set.has(''), set.add(''), set.add(''), set.has(''), set.size()]).toEqual([
    false,
    true,
    false,
    true,
    1,
  ])
})
