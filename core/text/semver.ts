// Versions. Strict ones are semantic versions (semver.org 2.0.0), parsed as Go's blang/semver does: three
// numbers of 64 bits and no spaces; a leading `v` is stripped. Lenient ones are what applications and phones
// report: `18.4`, `14`, `V9.1.0`, `10.2.3.4512`. Parsed by hand, so that other texts are rejected at their
// first wrong character.

/** Exact: a number of more than 15 digits is a bigint. JavaScript compares both kinds by value. */
type Count = number | bigint

export interface Version {
  /** Missing ones count as 0. */
  readonly parts: readonly Count[]
  /** Empty for a release. */
  readonly prerelease: readonly (string | Count)[]
}

const none: Version['prerelease'] = []
const dot = 46
const digitsMax = 15 // numbers with more digits may not be exact
const uint64Max = 2n ** 64n - 1n

/** Undefined if `text` is no semantic version. Build metadata is dropped, since it has no precedence. */
export function parseVersion(text: string): Version | undefined {
  const start = text.charCodeAt(0) === 118 ? 1 : 0
  const firstDot = numberEnd(text, start)
  if (firstDot < 0 || text.charCodeAt(firstDot) !== dot) return undefined // most texts end here
  const secondDot = numberEnd(text, firstDot + 1)
  if (secondDot < 0 || text.charCodeAt(secondDot) !== dot) return undefined
  const end = numberEnd(text, secondDot + 1)
  if (end < 0) return undefined
  const parts = text.slice(start, end).split('.').map(toCount)
  const prerelease = end === text.length ? none : parseRest(text.slice(end))
  return prerelease && isIn64Bits(parts) && isIn64Bits(prerelease) ? { parts, prerelease } : undefined
}

const isIn64Bits = (counts: Version['prerelease']) =>
  counts.every((count) => typeof count !== 'bigint' || count <= uint64Max)

/** The position after the digits from `start` on; -1 if there are none, too many, or a leading zero. */
function numberEnd(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  const digits = at - start
  return digits === 0 || digits > 20 || (digits > 1 && text.charCodeAt(start) === 48) ? -1 : at
}

const toCount = (digits: string): Count => (digits.length > digitsMax ? BigInt(digits) : Number(digits))

const rest = /^(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

function parseRest(text: string): Version['prerelease'] | undefined {
  const parts = rest.exec(text)
  if (!parts) return undefined
  const identifiers = parts[1]?.split('.') ?? []
  return identifiers.some((identifier) => /^0\d+$/.test(identifier))
    ? undefined
    : identifiers.map(toIdentifier)
}

const toIdentifier = (text: string) => (/^\d+$/.test(text) ? toCount(text) : text)

/** Longer texts are no versions. */
const lengthMax = 1_000
const lenient = /^[vV]?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/

/**
 * Undefined if `text` is no version even leniently: any number of parts of any length, and `v` or `V`. A
 * number and a hyphen before another are none: `2026-11-29` is a date.
 */
export function parseLenientVersion(text: string): Version | undefined {
  const [, release, prerelease] = (text.length <= lengthMax && lenient.exec(text)) || []
  if (release === undefined) return undefined
  if (prerelease !== undefined && /^\d+$/.test(release) && isDigit(prerelease.charCodeAt(0))) return undefined
  return {
    parts: release.split('.').map(toCount),
    prerelease: prerelease === undefined ? none : prerelease.split('.').map(toIdentifier),
  }
}

/** Three parts of 17 bits fit into the 53 bits of an exact number. */
const partMax = 2 ** 17

/**
 * `packVersion` of a plain version such as `1.2.3`, in one pass and without an object; NaN for any other
 * text.
 */
export const packPlainVersion = (text: string): number => pack(text, 0, true)

/** The same for lenient versions of one to three parts. `14`, `14.0` and `v14` are packed alike. */
export const packLenientVersion = (text: string): number =>
  pack(text, (text.charCodeAt(0) | 32) === 118 ? 1 : 0, false)

function pack(text: string, from: number, isStrict: boolean): number {
  let packed = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) {
      // Five digits always fit into a part. A leading zero is invalid in a strict version.
      if (digits === 5 || (isStrict && digits === 1 && part === 0)) return Number.NaN
      part = part * 10 + code - 48
      digits++
    } else {
      if (code !== dot || digits === 0 || ++dots > 2) return Number.NaN
      packed = (packed + part) * partMax
      part = digits = 0
    }
  }
  if (digits === 0 || (isStrict && dots < 2)) return Number.NaN
  return (packed + part) * partMax ** (2 - dots)
}

/** The version as one exact number, in version order; NaN for a prerelease or if a part is too large. */
export function packVersion({
  parts: [major = 0, minor = 0, patch = 0, ...more],
  prerelease,
}: Version): number {
  const fits = prerelease.length === 0 && major < partMax && minor < partMax && patch < partMax
  return fits && more.length === 0
    ? (Number(major) * partMax + Number(minor)) * partMax + Number(patch)
    : Number.NaN
}

/** Negative, zero or positive, by precedence (semver.org, section 11). */
export function compareVersions(a: Version, b: Version): number {
  const length = Math.max(a.parts.length, b.parts.length)
  for (let i = 0; i < length; i++) {
    const difference = compareCounts(a.parts[i] ?? 0, b.parts[i] ?? 0)
    if (difference !== 0) return difference
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  const shared = Math.min(a.prerelease.length, b.prerelease.length)
  for (let i = 0; i < shared; i++) {
    const difference = compareIdentifiers(a.prerelease[i]!, b.prerelease[i]!)
    if (difference !== 0) return difference
  }
  return a.prerelease.length - b.prerelease.length
}

const compareCounts = (a: Count | string, b: Count | string): number => (a < b ? -1 : a > b ? 1 : 0)

function compareIdentifiers(a: string | Count, b: string | Count): number {
  if (typeof a === 'string' || typeof b === 'string') {
    if (typeof a !== 'string') return -1 // numbers come before texts
    if (typeof b !== 'string') return 1
  }
  return compareCounts(a, b)
}

const isDigit = (code: number) => code >= 48 && code <= 57
