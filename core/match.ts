// Whether a clause holds, by the semantics of Bucketeer's Go server (bucketeer reference 3.3 and 3.4). Operands are parsed once, when a
// snapshot is compiled. A missing attribute reads as the empty text; of a list any element may hold, and for a negation none may.
import type { Clause, Operator } from './clause.ts'
import { type EvaluationContext, readAttribute } from './context.ts'
import { compareVersions, parseVersion } from './semver.ts'

type TextTest = (text: string) => boolean
type ContextTest = (context: EvaluationContext) => boolean
type AttributeOperator = Exclude<Operator, 'in-segment' | 'flag-is'>

/** A test of the context alone; `in-segment` and `flag-is` look further and are compiled where segments and flags are known. */
export function compileAttributeClause(clause: Clause & { operator: AttributeOperator }): ContextTest {
  const { attribute, values } = clause
  switch (clause.operator) {
    case 'exists':
      return (context) => readAttribute(context, attribute) !== undefined
    case 'not-exists':
      return (context) => readAttribute(context, attribute) === undefined
    case 'not-equals':
      return none(attribute, equalsAny(values))
    case 'not-contains':
      return none(attribute, (text) => values.some((value) => text.includes(value)))
    default:
      return any(attribute, positiveTest(clause.operator, values))
  }
}

function positiveTest(
  operator: Exclude<AttributeOperator, 'exists' | 'not-exists' | 'not-equals' | 'not-contains'>,
  values: readonly string[],
): TextTest {
  switch (operator) {
    case 'equals':
    case 'in':
      return equalsAny(values)
    case 'starts-with':
      return (text) => values.some((value) => text.startsWith(value))
    case 'ends-with':
      return (text) => values.some((value) => text.endsWith(value))
    case 'contains':
      return (text) => values.some((value) => text.includes(value))
    case 'greater':
      return ordered(values, (order) => order > 0)
    case 'greater-or-equal':
      return ordered(values, (order) => order >= 0)
    case 'less':
      return ordered(values, (order) => order < 0)
    case 'less-or-equal':
      return ordered(values, (order) => order <= 0)
    case 'before':
      return integers(values, (user, value) => user < value)
    case 'after':
      return integers(values, (user, value) => user > value)
  }
}

function any(attribute: string, test: TextTest): ContextTest {
  return (context) => {
    const value = readAttribute(context, attribute)
    return typeof value === 'object' ? value.some(test) : test(value ?? '')
  }
}

function none(attribute: string, test: TextTest): ContextTest {
  const holds = any(attribute, test)
  return (context) => !holds(context)
}

/** A text that is a version equals versions only, whatever their build metadata and `v`; any other text equals itself. */
function equalsAny(values: readonly string[]): TextTest {
  const texts = new Set(values)
  const versions = values.flatMap((value) => parseVersion(value) ?? [])
  return (text) => {
    const version = parseVersion(text)
    return version ? versions.some((value) => compareVersions(version, value) === 0) : texts.has(text)
  }
}

/** The user's text chooses the order: numeric, else by version, else by text; values that are not of that kind are left out. */
function ordered(values: readonly string[], holds: (order: number) => boolean): TextTest {
  const numbers = values.flatMap((value) => parseFloat64(value) ?? [])
  const versions = values.flatMap((value) => parseVersion(value) ?? [])
  return (text) => {
    const number = parseFloat64(text)
    if (number !== undefined) return numbers.some((value) => holds(compareNumbers(number, value)))
    const version = parseVersion(text)
    if (version) return versions.some((value) => holds(compareVersions(version, value)))
    return values.some((value) => holds(compareTexts(text, value)))
  }
}

function integers(values: readonly string[], holds: (user: bigint, value: bigint) => boolean): TextTest {
  const numbers = values.flatMap((value) => parseInt64(value) ?? [])
  return (text) => {
    const number = parseInt64(text)
    return number !== undefined && numbers.some((value) => holds(number, value))
  }
}

/** NaN orders with nothing: the result is NaN, for which no comparison holds. */
const compareNumbers = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : a > b ? 1 : Number.NaN)

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const named = /^([+-]?)(?:inf|infinity)$/i
const hexadecimal = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/

/** Go's strconv.ParseFloat(text, 64); undefined where that is an error, also for values out of range. */
export function parseFloat64(text: string): number | undefined {
  if (decimal.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  const infinite = named.exec(text)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  const [, sign, whole = '', fraction = '', exponent] = hexadecimal.exec(text) ?? []
  if (exponent === undefined || whole + fraction === '') return undefined
  const value = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : undefined
}

/** Go's strconv.ParseInt(text, 10, 64). */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,40}$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : undefined
}

/** Order of the UTF-8 bytes: UTF-16 units, except that surrogates come after U+E000..U+FFFF. */
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
