// Compares in order, by Tackline's own rule or by the rule that a clause names (`compareAs`). Bucketeer's
// rule is in match.ts.
import type { Comparison } from '../model/vocabulary.ts'
import { compareTexts, parseDecimal } from '../text/go-strconv.ts'
import { compareVersions, parseLenientVersion, parseVersion, type Version } from '../text/semver.ts'

/**
 * An attribute, an element of a list, or a value of a clause, with the forms that it can be compared in.
 */
export interface Ordered {
  readonly text: string
  /** Whether the client sent a number, not a text. */
  readonly isNumber: boolean
  readonly number: number | undefined
  readonly version: Version | undefined
}

export function orderedOf(value: string | number): Ordered {
  const isNumber = typeof value === 'number'
  const text = String(value)
  return { text, isNumber, number: isNumber ? value : parseDecimal(text), version: parseLenientVersion(text) }
}

/** Negative, zero or positive; NaN, for which nothing holds, if the two cannot be compared in that way. */
export function compareInOrder(as: Comparison | undefined, a: Ordered, b: Ordered): number {
  switch (as) {
    case 'number':
      return compareNumbers(a, b)
    case 'version':
      return versionsOrder(a.version, b.version)
    case 'semver':
      return versionsOrder(parseVersion(a.text), parseVersion(b.text))
    case 'text':
      return compareTexts(a.text, b.text)
    default:
      return compareByKind(a, b)
  }
}

/**
 * The own rule. A number is compared with numbers, and with versions that are none. A text is compared as a
 * version if both are versions and one of them shows it, by a dot or a `v`: `10.10` is above `10.9`.
 * Otherwise two numbers are compared as numbers, and anything else as texts.
 */
function compareByKind(a: Ordered, b: Ordered): number {
  const areNumbers = a.number !== undefined && b.number !== undefined
  if (a.isNumber) return areNumbers ? compareNumbers(a, b) : versionsOrder(a.version, b.version)
  if (a.version && b.version && (isPlainlyVersion(a) || isPlainlyVersion(b)))
    return compareVersions(a.version, b.version)
  return areNumbers ? compareNumbers(a, b) : compareTexts(a.text, b.text)
}

const isPlainlyVersion = ({ version, text }: Ordered) => version!.parts.length > 1 || /^v/i.test(text)

const versionsOrder = (a: Version | undefined, b: Version | undefined): number =>
  a && b ? compareVersions(a, b) : Number.NaN

/** Integers beyond 2^53 are compared digit by digit. */
function compareNumbers(a: Ordered, b: Ordered): number {
  const x = a.number ?? Number.NaN
  const y = b.number ?? Number.NaN
  if (x !== y || Number.isSafeInteger(x)) return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN
  const [p, q] = [integerOf(a), integerOf(b)]
  return p === undefined || q === undefined || p === q ? 0 : p < q ? -1 : 1
}

/** Undefined for a fraction or an exponent. */
function integerOf({ text, isNumber, number }: Ordered): bigint | undefined {
  if (isNumber) return Number.isInteger(number) ? BigInt(number!) : undefined
  const digits = /^([+-]?)0*(\d{1,400})$/.exec(text)
  return digits ? BigInt(`${digits[1] === '-' ? '-' : ''}${digits[2]!}`) : undefined
}
