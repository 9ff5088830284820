import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import {
  compareVersions,
  packLenientVersion,
  packPlainVersion,
  packVersion,
  parseLenientVersion,
  parseVersion,
} from './semver.ts'

const part = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 200_000 }))
const version = fc.tuple(part, part, part).map((parts) => parts.join('.'))
const anyText = fc.oneof(
  version,
  version.map((text) => `v${text}`),
  version.map((text) => `${text}-rc.1`),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '.', 'v', '-', '+', 'a') }),
)

it('packs versions in version order', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      const [x, y] = [packVersion(parseVersion(a)!), packVersion(parseVersion(b)!)]
      if (Number.isNaN(x) || Number.isNaN(y)) return
      expect(Math.sign(x - y)).toBe(Math.sign(compareVersions(parseVersion(a)!, parseVersion(b)!)))
    }),
  )
})

it('packs a plain version directly to the same number', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const packed = packPlainVersion(text)
      if (!Number.isNaN(packed)) expect(packed).toBe(packVersion(parseVersion(text)!))
    }),
    { numRuns: 2_000 },
  )
  expect(packPlainVersion('1.2.3')).toBe(packVersion(parseVersion('1.2.3')!))
  for (const text of ['', '1.2', '1.2.3.4', '1..3', '01.2.3', '1.2.', 'v1.2.3', '1.2.3-a', '123456.0.0'])
    expect(packPlainVersion(text)).toBeNaN()
})

const ascending = [
  '0.0.1',
  '1.0.0-1',
  '1.0.0-2',
  '1.0.0-10',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.2',
  '1.0.10',
  '1.2.0',
  '1.10.1',
  '2.0.0-0a',
  '2.0.0',
  '131072.0.0',
  '999999999999999.0.0',
  '9007199254740992.0.0',
  '9007199254740993.0.0',
  '18446744073709551615.0.0-9007199254740992',
  '18446744073709551615.0.0-9007199254740993',
  '18446744073709551615.0.0',
]

it('compares versions in the order of semver.org', () => {
  for (const [i, a] of ascending.entries())
    for (const [j, b] of ascending.entries())
      expect(Math.sign(compareVersions(parseVersion(a)!, parseVersion(b)!))).toBe(Math.sign(i - j))
})

it('ignores build metadata and a leading v', () => {
  for (const text of ['v1.2.3', '1.2.3+build.7', '1.2.3+001', 'v1.2.3+a-b'])
    expect(parseVersion(text)).toEqual(parseVersion('1.2.3'))
  expect(parseVersion('1.2.3-rc.1+5')).toEqual(parseVersion('1.2.3-rc.1'))
})

it.each([
  '',
  'v',
  '1',
  '1.2',
  '1.2.',
  '1.2.3.4',
  '.1.2',
  '1..2',
  '01.2.3',
  '1.02.3',
  '1.2.03',
  '1.2.3-',
  '1.2.3-01',
  '1.2.3-a.01',
  '1.2.3-a..b',
  '1.2.3+',
  '1.2.3 ',
  ' 1.2.3',
  '1.2.x',
  'a.b.c',
  '1,2,3',
  '1.2,3',
  '1.2.3a',
  'vv1.2.3',
  '18446744073709551616.0.0',
  '1.0.0-18446744073709551616',
  '100000000000000000000000.0.0',
  '-1.2.3',
])('rejects %j', (text) => {
  expect(parseVersion(text)).toBeUndefined()
})

it('parses prerelease identifiers of digits only as numbers', () => {
  expect(parseVersion('1.0.0-12.a1.1a.0')!.prerelease).toEqual([12, 'a1', '1a', 0])
  expect(parseVersion('1.0.0-10a')!.prerelease).toEqual(['10a'])
})

it('packs a version only if all of its parts fit', () => {
  for (const fits of ['0.0.0', '131071.0.0', '0.131071.0', '0.0.131071', '1.2.3'])
    expect(packVersion(parseVersion(fits)!)).not.toBeNaN()
  for (const not of ['131072.0.0', '0.131072.0', '0.0.131072', '1.0.0-a'])
    expect(packVersion(parseVersion(not)!)).toBeNaN()
  expect(packPlainVersion('99999.0.10')).toBe(packVersion(parseVersion('99999.0.10')!))
  expect(packPlainVersion('0.0.0')).toBe(0)
})

const lenientAscending = [
  ['0', 'v0', '0.0.0.0', '000'],
  ['1.0-rc.1'],
  ['1', 'V1', '1.0', '01.00.0', '1+build.7'],
  ['1.0.0.1'],
  ['9', '9.0.0'],
  ['10.2.3.4512'],
  ['10.9'],
  ['10.10', 'v10.10.0'],
  ['14'],
  ['18.4'],
  ['18.4.1'],
  ['2024.9007199254740992'],
  ['2024.9007199254740993'],
  ['131072.1'],
  ['131073'],
  [`1${'0'.repeat(40)}`],
]

it('compares lenient versions part by part, exactly, with missing parts as 0', () => {
  for (const [i, alike] of lenientAscending.entries())
    for (const [j, others] of lenientAscending.entries())
      for (const a of alike)
        for (const b of others)
          expect([
            a,
            b,
            Math.sign(compareVersions(parseLenientVersion(a)!, parseLenientVersion(b)!)),
          ]).toEqual([a, b, Math.sign(i - j)])
})

it.each([
  '',
  'v',
  'vv1',
  '1.',
  '.1',
  '1..2',
  '-1',
  '1e3',
  '1.2 ',
  '1.2-',
  '1.2+',
  '1.2-a..b',
  'a',
  '1,2',
  '2026-11-29',
  '5-1',
  `1.${'0'.repeat(1_000)}`,
])('reads no lenient version from %j', (text) => {
  expect(parseLenientVersion(text)).toBeUndefined()
  expect(packLenientVersion(text)).toBeNaN()
})

it('packs a lenient version directly to the number of its parts, or not at all', () => {
  const text = fc.oneof(
    anyText,
    fc
      .tuple(fc.constantFrom('', 'v', 'V'), fc.array(part, { minLength: 1, maxLength: 4 }))
      .map(([v, parts]) => v + parts.join('.')),
  )
  fc.assert(
    fc.property(text, (each) => {
      const packed = packLenientVersion(each)
      if (!Number.isNaN(packed)) expect(packed).toBe(packVersion(parseLenientVersion(each)!))
    }),
    { numRuns: 2_000 },
  )
  for (const each of ['14', '14.0', 'V14.0.0', '014']) expect(packLenientVersion(each)).toBe(14 * 2 ** 34)
})
