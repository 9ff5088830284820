// How Bucketeer's server compares an attribute with a value, as slow and obvious code for the reference
// evaluators. Numbers and versions are recognised in plain forms only; the generators make no others.

export const isInteger = (text: string): boolean => /^-?\d+$/.test(text)
const numberOf = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined)
const versionOf = (text: string) => /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number)

/** A version equals versions only; another text equals itself, or, with `ignoreCase`, its other spellings. */
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
