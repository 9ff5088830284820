import { createHash } from 'node:crypto'
import murmurhash from 'murmurhash-js'
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { scaled } from '../../test/support/build/scale.ts'
import cases from '../../test/golden/core/hash.json' with { type: 'json' }
import { fnv1a64 } from './fnv1a-64.ts'
import { murmur3x64Hex, murmur3x64Scaled, murmur3x64Words } from './murmur3-x64-128.ts'
import {
  makeKeyBlocks,
  murmur3x86,
  percentAfter,
  percentOfBlocks,
  prefixOf,
  setKey,
} from './murmur3-x86-32.ts'
import { sha256OfText } from './sha-256.ts'
import { appendUtf8, isAscii } from './utf8.ts'

const digest = {
  'murmur3-x86-32': (text: string) => ({ value: murmur3x86(text) }),
  'murmur3-x64-128': (text: string) => ({
    hex: murmur3x64Hex(text),
    fraction: murmur3x64Scaled('', text, '', 2 ** 80) / 2 ** 80, // scaling by a power of two is exact
  }),
  'fnv1a-64': (text: string) => ({ decimal: fnv1a64(text) }),
}

const anyText = fc.string({ unit: 'binary', maxLength: 70 })

describe('hashes', () => {
  it('of 32 bits are the same for a prefix and a key as for the whole text, wherever it is cut', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
    const blocks = makeKeyBlocks()
    for (const length of [...Array(40).keys(), 127, 128, 129, 200]) {
      const key = letters.repeat(6).slice(0, length)
      setKey(blocks, key)
      for (let cut = 0; cut < 6; cut++) {
        for (const before of [letters.slice(5, 5 + cut), `${'é'.repeat(cut)}`]) {
          const whole = murmur3x86(before + key) % 100
          expect(percentAfter(prefixOf(before), key)).toBe(whole)
          expect(percentOfBlocks(prefixOf(before), blocks)).toBe(whole)
          expect(percentOfBlocks(prefixOf(before), blocks)).toBe(whole) // now with cached blocks
        }
      }
    }
    for (const key of ['é', 'abcé', 'schöne neue Welt', '\u007f'.repeat(9), '\u0080'.repeat(9)]) {
      setKey(blocks, key)
      for (const before of ['', 'a', 'ab', 'abc', 'ü'])
        expect(percentOfBlocks(prefixOf(before), blocks)).toBe(murmur3x86(before + key) % 100)
    }
  })

  it('of 128 bits are the same for three parts as for the whole text, also if one is not ASCII', () => {
    for (const length of [
      0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 330, 335, 336, 337, 342, 1_007, 1_008, 5_000,
    ]) {
      const text = 'x'.repeat(length)
      for (const [before, middle, after] of [
        [text, '', ''],
        ['', text, ''],
        ['', '', text],
        [text, 'ö', text],
        ['ö', text, ''],
        ['', text, 'ö'],
        [text, '\u007f', ''],
      ] as const) {
        const whole = before + middle + after
        const hex = plainMurmur3x64([...new TextEncoder().encode(whole)].map(BigInt))
        expect(murmur3x64Hex(whole)).toBe(hex)
        const [h1, h2] = [hex.slice(0, 16), hex.slice(16)].map((half) => Number(BigInt(`0x${half}`)))
        const fraction = (h1! * 2 ** 64 + h2!) / 2 ** 128
        expect(murmur3x64Scaled(before, middle, after, 100_000)).toBe(Math.floor(fraction * 100_000))
        expect(murmur3x64Words(whole)).toEqual(
          [hex.slice(0, 8), hex.slice(8, 16)].map((half) => Number(`0x${half}`)),
        )
      }
    }
  })

  it('encode the first and last code point of each UTF-8 length, and unpaired surrogates', () => {
    const ends = [
      '\0',
      '\u007f',
      '\u0080',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ]
    const halves = [
      '\ud800',
      '\udbff',
      '\udc00',
      '\udfff',
      '\udc00\ud800',
      '\ud800a',
      '\ud800\ud800\udc00',
      '\ud800\ue000',
      '\udbff\udbff',
      'a\udfff\udc00',
    ]
    for (const text of [...ends, ...halves, ends.join('')])
      expect(appendUtf8([], text)).toEqual([...new TextEncoder().encode(text)])
    expect(['', 'a', '\u007f', 'a\u0080', '\uffff'].map(isAscii)).toEqual([true, true, true, false, false])
  })

  it.each(cases)('$name', ({ given, when, then }) => {
    expect(digest[given.hash as keyof typeof digest](when)).toEqual(then)
  })

  it('encode as the platform does, including unpaired surrogates', () => {
    const anyUnits = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    fc.assert(
      fc.property(anyUnits, (units) => {
        const text = String.fromCharCode(...units)
        expect(appendUtf8([], text)).toEqual([...new TextEncoder().encode(text)])
      }),
      { numRuns: scaled(2_000) },
    )
  })

  it('of 32 bits equal those of murmurhash-js on the UTF-8 bytes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = String.fromCharCode(...new TextEncoder().encode(text))
        expect(murmur3x86(text)).toBe(murmurhash.murmur3(bytes, 0))
      }),
      { numRuns: scaled(5_000) },
    )
  })

  it('of 128 and 64 bits equal those of plain BigInt arithmetic', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = [...new TextEncoder().encode(text)].map(BigInt)
        expect(murmur3x64Hex(text)).toBe(plainMurmur3x64(bytes))
        expect(fnv1a64(text)).toBe(plainFnv1a64(bytes))
      }),
      { numRuns: scaled(2_000) },
    )
  })
})

const u64 = (value: bigint) => BigInt.asUintN(64, value)
const rotate = (value: bigint, by: bigint) => u64((value << by) | (u64(value) >> (64n - by)))

/** MurmurHash3_x64_128 as written in MurmurHash3.cpp. */
function plainMurmur3x64(bytes: readonly bigint[]): string {
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn]
  const word = (at: number) =>
    bytes.slice(at, at + 8).reduce((sum, byte, i) => sum | (byte << BigInt(8 * i)), 0n)
  const k1 = (k: bigint) => u64(rotate(u64(k * c1), 31n) * c2)
  const k2 = (k: bigint) => u64(rotate(u64(k * c2), 33n) * c1)
  const finish = (k: bigint) => {
    let h = u64((k ^ (k >> 33n)) * 0xff51afd7ed558ccdn)
    h = u64((h ^ (h >> 33n)) * 0xc4ceb9fe1a85ec53n)
    return h ^ (h >> 33n)
  }
  let [h1, h2] = [0n, 0n]
  const end = bytes.length - (bytes.length % 16)
  for (let at = 0; at < end; at += 16) {
    h1 = u64((rotate(h1 ^ k1(word(at)), 27n) + h2) * 5n + 0x52dce729n)
    h2 = u64((rotate(h2 ^ k2(word(at + 8)), 31n) + h1) * 5n + 0x38495ab5n)
  }
  const length = BigInt(bytes.length)
  h1 ^= k1(word(end)) ^ length
  h2 ^= k2(word(end + 8)) ^ length
  h1 = u64(h1 + h2)
  h2 = u64(h2 + h1)
  h1 = finish(h1)
  h2 = finish(h2)
  h1 = u64(h1 + h2)
  h2 = u64(h2 + h1)
  return [h1, h2].map((half) => half.toString(16).padStart(16, '0')).join('')
}

const plainFnv1a64 = (bytes: readonly bigint[]) =>
  bytes
    .reduce((hash, byte) => u64((hash ^ byte) * 1_099_511_628_211n), 14_695_981_039_346_656_037n)
    .toString()

describe('SHA-256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('of %j equals the example of FIPS 180-4', (text, hex) => {
    expect(sha256OfText(text)).toBe(hex)
    expect(sha256OfText(text, 4)).toBe(hex.slice(0, 32))
  })

  it('equals the platform’s for any text, also after longer and shorter ones', () => {
    const text = fc.oneof(anyText, fc.string({ unit: 'binary', minLength: 50, maxLength: 300 }))
    fc.assert(
      fc.property(text, (given) => {
        expect(sha256OfText(given)).toBe(createHash('sha256').update(given).digest('hex'))
      }),
      { numRuns: scaled(2_000) },
    )
    for (let length = 0; length < 300; length++)
      expect(sha256OfText('x'.repeat(length))).toBe(
        createHash('sha256').update('x'.repeat(length)).digest('hex'),
      )
  })
})
