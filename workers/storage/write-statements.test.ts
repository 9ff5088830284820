import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { chunksOf } from './write-statements.ts'

it('splits a list into chunks that fit, and loses nothing', () =>
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.integer({ min: 1, max: 30 }), (lengths, max) => {
      const chunks = chunksOf(lengths, (length) => length, max)
      expect(chunks.flat()).toEqual(lengths)
      for (const chunk of chunks) {
        expect(chunk.length).toBeGreaterThan(0)
        if (chunk.length > 1) expect(chunk.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(max)
      }
    }),
  ))
