import { expect, it } from 'vitest'
import { linkRows, personsOfSides } from './link-rows.ts'

const last = 2n ** 64n - 1n

/** Rows of counting/aliases.sql: the side, an anonymous id, a known one. */
function aliasRows(rows: readonly (readonly [side: bigint, previous: bigint, known: bigint])[]): Buffer {
  const aliases = Buffer.alloc(32 * rows.length)
  for (const [row, [side, previous, known]] of rows.entries()) {
    aliases.writeBigInt64LE(side, row * 32)
    aliases.writeBigUInt64LE(previous, row * 32 + 8)
    aliases.writeBigUInt64LE(known, row * 32 + 16)
    aliases.writeBigInt64LE(-5n, row * 32 + 24)
  }
  return aliases
}

function rowsOf(aliases: Buffer) {
  const rows = linkRows(personsOfSides(aliases, [{ from: -5, to: -4 }]))
  return Array.from({ length: rows.length / 26 }, (_, row) => [
    rows.readInt8(row * 26),
    rows.readBigUInt64LE(row * 26 + 1),
    rows.readBigUInt64LE(row * 26 + 9),
    rows.readUInt8(row * 26 + 25),
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
