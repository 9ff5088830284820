import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { clause, flag, rule, segment, snapshotOf, someone } from '../../test/support/build/flags.ts'
import { compile } from '../evaluation/compile.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { decodeMembers, encodeMembers, isMember, membersMax } from './members.ts'

const setOf = (keys: Iterable<string>) => decodeMembers(encodeMembers(keys))!

describe('members', () => {
  it('contain exactly the encoded keys', () => {
    const anyKey = fc.string({ unit: 'binary', maxLength: 20 })
    fc.assert(
      fc.property(fc.uniqueArray(anyKey), fc.uniqueArray(anyKey), (inside, others) => {
        const members = setOf(inside)
        for (const key of inside) expect(isMember(members, key)).toBe(true)
        for (const key of others) expect(isMember(members, key)).toBe(inside.includes(key))
      }),
    )
  })

  it('take eight bytes for each distinct key, in any order', () => {
    expect(encodeMembers(['a', 'b', 'a']).byteLength).toBe(16)
    expect(encodeMembers(['a', 'b', 'c'])).toEqual(encodeMembers(['c', 'a', 'b']))
    expect(encodeMembers([]).byteLength).toBe(0)
  })

  it('of half a million keys contain none of half a million others', () => {
    const size = scaled(500_000)
    const keys = (from: number) => Array.from({ length: size }, (_, i) => `user-${from + i}`)
    const members = setOf(keys(0))
    expect(keys(0).every((key) => isMember(members, key))).toBe(true)
    expect(keys(size).some((key) => isMember(members, key))).toBe(false)
  })

  it('are rejected if the bytes are not a sorted set', () => {
    expect(decodeMembers(new Uint8Array(7))).toBeUndefined()
    const two = encodeMembers(['a', 'b'])
    expect(decodeMembers(Uint8Array.of(...two.slice(8), ...two.slice(0, 8)))).toBeUndefined()
    expect(decodeMembers(new Uint8Array(16))).toBeUndefined()
    const decodeWords = (...words: number[]) => {
      const view = new DataView(new ArrayBuffer(words.length * 4))
      words.forEach((word, i) => view.setUint32(i * 4, word))
      return decodeMembers(new Uint8Array(view.buffer))
    }
    expect(decodeWords(1, 5, 1, 6, 2, 0)).toEqual({
      high: Uint32Array.of(1, 1, 2),
      low: Uint32Array.of(5, 6, 0),
    })
    expect(
      [
        [1, 6, 1, 5],
        [1, 5, 1, 5],
        [2, 0, 1, 9],
        [1, 9, 0, 10],
      ].map((words) => decodeWords(...words)),
    ).toEqual(Array(4).fill(undefined))
    expect(decodeMembers(new Uint8Array((membersMax + 1) * 8))).toBeUndefined()
  })

  it('belong to a segment in addition to the keys it lists', () => {
    const snapshot = snapshotOf(
      [flag({ rules: [rule([clause('', 'in-segment', 'big')])] })],
      [segment({ key: 'big', included: ['ada'] })],
    )
    const compiled = compile(snapshot, new Map([['big', setOf(['bob'])]]))
    const isIn = (key: string) => evaluate(compiled, 'flag', someone(key)).variation?.id === 'b'
    expect(['ada', 'bob', 'eve'].map(isIn)).toEqual([true, true, false])
  })
})
