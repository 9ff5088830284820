// How Bucketeer's server and how we compare an attribute with a value, as slow and obvious code for the
// reference evaluators. Numbers and versions are recognised in plain forms only; the generators make no
// others.

import type { Comparison } from '../../../core/model/vocabulary.ts'

export const isInteger = (text: string): boolean => /^-?\d+$/.test(text)
const numberOf = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined)
const versionOf = (text: string) => /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number)

/**
 * A version equals versions only; another text equals itself, or, with `ignoreCase`, its other spellings.
 */
export function equals(own: string, value: string, ignoreCase = false): boolean {
  const version = versionOf(own)
  if (version) return String(version) === String(versionOf(value))
  return ignoreCase ? own.toLowerCase() === value.toLowerCase() : own === value
}

/**
 * Negative, zero or positive. NaN, for which no comparison is true, if `value` is not of the kind of `own`.
 */
export function compare(own: string, value: string): number {
  const number = numberOf(own)
  if (number !== undefined) return number - (numberOf(value) ?? Number.NaN)
  const version = versionOf(own)
  return version
    ? compareLists(version, versionOf(value) ?? [Number.NaN])
    : compareLists(points(own), points(value))
}

/** The order of code points is the order of UTF-8 bytes. */
const points = (text: string) => Array.from(text, (character) => character.codePointAt(0)!)

function compareLists(own: readonly number[], value: readonly number[]): number {
  for (const [i, number] of own.entries()) {
    if (i === value.length) return 1
    if (number !== value[i]) return number - value[i]!
  }
  return own.length - value.length
}

const ownVersionOf = (text: string) => /^[vV]?(\d+(?:\.\d+)*)$/.exec(text)?.[1]?.split('.').map(Number)

/** Missing parts are 0. */
function compareParts(own: readonly number[], value: readonly number[]): number {
  const length = Math.max(own.length, value.length)
  const padded = (parts: readonly number[]) => Array.from({ length }, (_, i) => parts[i] ?? 0)
  return compareLists(padded(own), padded(value))
}

/** Like `compare`, by our own rule or the one that the clause names. */
export function compareOwn(as: Comparison | undefined, own: string | number, value: string): number {
  const text = String(own)
  const numbers = (numberOf(text) ?? Number.NaN) - (numberOf(value) ?? Number.NaN)
  const [a, b] =
    as === 'semver' ? [versionOf(text), versionOf(value)] : [ownVersionOf(text), ownVersionOf(value)]
  const versions = a && b ? compareParts(a, b) : Number.NaN
  const texts = compareLists(points(text), points(value))
  switch (as) {
    case 'number':
      return numbers
    case 'version':
    case 'semver':
      return versions
    case 'text':
      return texts
    default: {
      if (typeof own === 'number') return numberOf(value) === undefined ? versions : numbers
      if (a && b && /[v.]/i.test(text + value)) return versions
      return Number.isNaN(numbers) ? texts : numbers
    }
  }
}

/**
 * Epoch milliseconds; NaN for what is no time. The generators make integers and ISO 8601 with seconds and Z.
 */
export function timeOf(value: string | number): number {
  const text = String(value)
  if (/^\d{4}-\d\d-\d\d(T[\d:]+Z)?$/.test(text)) return Date.parse(text)
  const amount = numberOf(text) ?? Number.NaN
  return Math.abs(amount) < 100_000_000_000 ? amount * 1_000 : amount
}
