// Parses numbers and compares texts as Go does, because Bucketeer's server, whose comparisons we follow, is
// written in Go.

const infinite = /^([+-]?)inf(?:inity)?$/i
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/
/** Go: an underscore stands between two digits, or behind the prefix 0x. */
const misplacedUnderscore = /(?<!\d)_|_(?!\d)/
const misplacedHexUnderscore = /(?<![\da-fx])_|_(?![\da-f])/i

/** Go's strconv.ParseFloat(text, 64); undefined where that returns an error, also for values out of range. */
export function parseFloat64(text: string): number | undefined {
  // The first character after a sign rules out most texts that are not numbers.
  const first = text.charCodeAt(0)
  const sign = first === 43 || first === 45 ? text.charCodeAt(1) : first
  if ((sign >= 48 && sign <= 57) || sign === 46) {
    if (text.includes('_')) return parseWithUnderscores(text)
    if (!isDecimal(text)) return text.includes('x') || text.includes('X') ? parseHexadecimal(text) : undefined
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  if (text.length === 3 && text.toLowerCase() === 'nan') return Number.NaN // without a sign
  const infinity = infinite.exec(text)
  return infinity ? (infinity[1] === '-' ? -Infinity : Infinity) : undefined
}

function parseWithUnderscores(text: string): number | undefined {
  const misplaced = /^[+-]?0x/i.test(text) ? misplacedHexUnderscore : misplacedUnderscore
  return misplaced.test(text) ? undefined : parseFloat64(text.replaceAll('_', ''))
}

/** A decimal number, with an exponent or without; undefined for any other text, and beyond a double. */
export function parseDecimal(text: string): number | undefined {
  const value = isDecimal(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/**
 * Matches `[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`. By hand, so that versions, the most common other texts
 * with a leading digit, are rejected fast.
 */
function isDecimal(text: string): boolean {
  const first = text.charCodeAt(0)
  let at = first === 43 || first === 45 ? 1 : 0
  const whole = digitsFrom(text, at)
  at += whole
  if (text.charCodeAt(at) === 46) {
    const fraction = digitsFrom(text, ++at)
    if (whole + fraction === 0) return false
    at += fraction
  } else if (whole === 0) return false
  if (at === text.length) return true
  if ((text.charCodeAt(at++) | 32) !== 101) return false // e or E
  const sign = text.charCodeAt(at)
  if (sign === 43 || sign === 45) at++
  const exponent = digitsFrom(text, at)
  return exponent > 0 && at + exponent === text.length
}

function digitsFrom(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++
  return at - from
}

function parseHexadecimal(text: string): number | undefined {
  const [, sign, whole = '', fraction = '', exponent] = hexadecimal.exec(text) ?? []
  if (exponent === undefined || whole + fraction === '') return undefined
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : undefined
}

/** Go's strconv.ParseInt(text, 10, 64); undefined where that returns an error. */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : undefined
}

/** Compares by UTF-8 bytes: like UTF-16 units, except that surrogates come after U+E000..U+FFFF. */
export function compareTexts(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

const rank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x10000 : unit)
