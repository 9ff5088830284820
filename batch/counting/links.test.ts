import { expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import { type Link, linkRows, personsOfSides, resolveLinks } from './links.ts'

const names = 'abcdefghij'
const hashOf = (name: string) => BigInt(names.indexOf(name))
/** `ab`: a became known as b. */
const personsOf = (...links: readonly string[]) =>
  Object.fromEntries(
    [...resolveLinks(links.map(([previous, known]): Link => [hashOf(previous!), hashOf(known!)]))].map(
      (pair) => pair.map((hash) => names[Number(hash)]!),
    ) as [string, string][],
  )

it('follows chains, and keeps two users of one device apart', () => {
  expect(personsOf('ab', 'bc')).toEqual({ a: 'c', b: 'c', c: 'c' })
  expect(personsOf('da', 'db')).toEqual({ d: 'a', a: 'a', b: 'b' })
})

it('ignores the link that closes a circle, and takes the next one of the same id', () => {
  expect(personsOf('ab', 'ba')).toEqual({ a: 'b', b: 'b' })
  expect(personsOf('ab', 'bc', 'ca')).toEqual({ a: 'c', b: 'c', c: 'c' })
  expect(personsOf('aa')).toEqual({})
  expect(personsOf('ab', 'ba', 'bd')).toEqual({ a: 'd', b: 'd', d: 'd' })
})

it('a long chain takes no stack, in either order', () => {
  const chain = Array.from({ length: 20_000 }, (_, i): Link => [BigInt(i), BigInt(i + 1)])
  for (const links of [chain, chain.toReversed()])
    expect(new Set(resolveLinks(links).values())).toEqual(new Set([20_000n]))
})

it('any links: each user counts as one person, who counts as himself; a link again changes nothing', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.bigInt(0n, 9n), fc.bigInt(0n, 9n))), (links) => {
      const persons = resolveLinks(links)
      for (const person of persons.values()) expect(persons.get(person)).toBe(person)
      expect(resolveLinks([...links, ...links])).toEqual(persons)
    }),
  ))

const last = 2n ** 64n - 1n

/** Rows of counting/aliases.sql: the side, an anonymous id, a known one. */
function aliasRows(rows: readonly (readonly [side: bigint, previous: bigint, known: bigint])[]): Buffer {
  const aliases = Buffer.alloc(24 * rows.length)
  for (const [row, [side, previous, known]] of rows.entries()) {
    aliases.writeBigInt64LE(side, row * 24)
    aliases.writeBigUInt64LE(previous, row * 24 + 8)
    aliases.writeBigUInt64LE(known, row * 24 + 16)
  }
  return aliases
}

function rowsOf(aliases: Buffer) {
  const rows = linkRows(...personsOfSides(aliases))
  return Array.from({ length: rows.length / 18 }, (_, row) => [
    rows.readInt8(row * 18),
    rows.readBigUInt64LE(row * 18 + 1),
    rows.readBigUInt64LE(row * 18 + 9),
    rows.readUInt8(row * 18 + 17),
  ])
}

it('reads the links of both sides, and says whose person changed', () => {
  const aliases = aliasRows([
    [-1n, 1n, 2n],
    [-1n, 5n, 6n],
    [1n, 1n, 3n],
    [1n, 4n, last],
  ])
  expect(rowsOf(aliases)).toEqual([
    [-1, 1n, 2n, 1],
    [-1, 2n, 2n, 0],
    [-1, 5n, 6n, 1],
    [-1, 6n, 6n, 0],
    [1, 1n, 3n, 1],
    [1, 3n, 3n, 0],
    [1, 4n, last, 1],
    [1, last, last, 0],
  ])
})

it('reads one side, no side, and two that are the same', () => {
  expect(rowsOf(aliasRows([[1n, 1n, 2n]]))).toEqual([
    [1, 1n, 2n, 1],
    [1, 2n, 2n, 0],
  ])
  expect(rowsOf(aliasRows([[-1n, 1n, 1n << 63n]]))).toEqual([
    [-1, 1n, 1n << 63n, 1],
    [-1, 1n << 63n, 1n << 63n, 0],
  ])
  expect(rowsOf(aliasRows([]))).toEqual([])
  const both = [-1n, 1n].map((side) => [side, 1n, 2n] as const)
  expect(rowsOf(aliasRows(both))).toEqual([
    [-1, 1n, 2n, 0],
    [-1, 2n, 2n, 0],
    [1, 1n, 2n, 0],
    [1, 2n, 2n, 0],
  ])
})
