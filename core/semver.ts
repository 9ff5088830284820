// Semantic versions (semver.org 2.0.0), as strictly as Go's blang/semver reads them: three numbers, no spaces; a leading `v` is stripped.

export interface SemanticVersion {
  readonly numbers: readonly [number, number, number]
  /** Empty for a release. */
  readonly prerelease: readonly (string | number)[]
}

const pattern =
  /^v?(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})\.(0|[1-9]\d{0,15})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

/** Undefined where `text` is no version. Build metadata is dropped: it has no precedence. */
export function parseVersion(text: string): SemanticVersion | undefined {
  const parts = pattern.exec(text)
  if (!parts) return undefined
  const identifiers = parts[4]?.split('.') ?? []
  const hasLeadingZero = identifiers.some((identifier) => /^0\d+$/.test(identifier))
  if (hasLeadingZero) return undefined
  return {
    numbers: [Number(parts[1]), Number(parts[2]), Number(parts[3])],
    prerelease: identifiers.map((identifier) => (/^\d+$/.test(identifier) ? Number(identifier) : identifier)),
  }
}

/** Negative, zero or positive, by precedence (semver.org, section 11). */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (let i = 0; i < 3; i++) {
    const difference = a.numbers[i]! - b.numbers[i]!
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

function compareIdentifiers(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'number') return -1 // numbers come before words
  if (typeof b === 'number') return 1
  return a < b ? -1 : a > b ? 1 : 0
}
