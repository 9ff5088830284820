// Semantic versions (semver.org 2.0.0), parsed as strictly as Go's blang/semver does: three numbers and no
// spaces; a leading `v` is stripped. Parsed by hand, so that other texts are rejected at their first wrong
// character.

export interface SemanticVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** Empty for a release. */
  readonly prerelease: readonly (string | number)[]
}

const none: readonly (string | number)[] = []
const dot = 46
const digitsMax = 15 // numbers with more digits may not be exact

/** Undefined if `text` is not a version. Build metadata is dropped, since it has no precedence. */
export function parseVersion(text: string): SemanticVersion | undefined {
  const start = text.charCodeAt(0) === 118 ? 1 : 0
  const firstDot = numberEnd(text, start)
  if (firstDot < 0 || text.charCodeAt(firstDot) !== dot) return undefined // most texts end here
  const secondDot = numberEnd(text, firstDot + 1)
  if (secondDot < 0 || text.charCodeAt(secondDot) !== dot) return undefined
  const end = numberEnd(text, secondDot + 1)
  if (end < 0) return undefined
  const prerelease = end === text.length ? none : parseRest(text.slice(end))
  return (
    prerelease && {
      major: numberAt(text, start, firstDot),
      minor: numberAt(text, firstDot + 1, secondDot),
      patch: numberAt(text, secondDot + 1, end),
      prerelease,
    }
  )
}

/** The position after the digits from `start` on; -1 if there are none, too many, or a leading zero. */
function numberEnd(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  const digits = at - start
  return digits === 0 || digits > digitsMax || (digits > 1 && text.charCodeAt(start) === 48) ? -1 : at
}

function numberAt(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 48
  return value
}

const rest = /^(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

function parseRest(text: string): readonly (string | number)[] | undefined {
  const parts = rest.exec(text)
  if (!parts) return undefined
  if (parts[1] === undefined) return none
  const identifiers = parts[1].split('.')
  if (identifiers.some((identifier) => /^0\d+$/.test(identifier))) return undefined
  return identifiers.map((identifier) => (/^\d+$/.test(identifier) ? Number(identifier) : identifier))
}

/** Three parts of 17 bits fit into the 53 bits of an exact number. */
const partMax = 2 ** 17

/**
 * `packVersion` of a plain version such as `1.2.3`, in one pass and without an object; NaN for any other
 * text.
 */
export function packPlainVersion(text: string): number {
  let packed = 0
  let part = 0
  let digits = 0
  let dots = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) {
      // Five digits always fit into a part. A leading zero is invalid.
      if (digits === 5 || (digits === 1 && part === 0)) return Number.NaN
      part = part * 10 + code - 48
      digits++
    } else {
      if (code !== dot || digits === 0 || ++dots > 2) return Number.NaN
      packed = (packed + part) * partMax
      part = digits = 0
    }
  }
  return dots === 2 && digits > 0 ? packed + part : Number.NaN
}

/** The version as one exact number, in version order; NaN for a prerelease or if a part is too large. */
export function packVersion({ major, minor, patch, prerelease }: SemanticVersion): number {
  const fits = prerelease.length === 0 && major < partMax && minor < partMax && patch < partMax
  return fits ? (major * partMax + minor) * partMax + patch : Number.NaN
}

/** Negative, zero or positive, by precedence (semver.org, section 11). */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  if (a.major !== b.major) return a.major - b.major
  if (a.minor !== b.minor) return a.minor - b.minor
  if (a.patch !== b.patch) return a.patch - b.patch
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  const shared = Math.min(a.prerelease.length, b.prerelease.length)
  for (let i = 0; i < shared; i++) {
    const difference = compareIdentifiers(a.prerelease[i]!, b.prerelease[i]!)
    if (difference !== 0) return difference
  }
  return a.prerelease.length - b.prerelease.length
}

function compareIdentifiers(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'number') return -1 // numbers come before texts
  if (typeof b === 'number') return 1
  return a < b ? -1 : a > b ? 1 : 0
}

const isDigit = (code: number) => code >= 48 && code <= 57
