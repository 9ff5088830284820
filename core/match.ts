// Whether a clause holds, by the semantics of Bucketeer's Go server. Operands are parsed once, when a
// snapshot is compiled; all tests have one shape, so that the engine compiles one fast path for them. A missing attribute reads as the
// empty text; of a list any element may hold, and for a negation none may.
import type { Clause, Operator } from './clause.ts'
import * as reading from './reader.ts'
import type { Reader } from './reader.ts'
import { compilePattern } from './regex.ts'
import { compareVersions, packVersion, parseVersion, type SemanticVersion } from './semver.ts'
import { compareTexts, parseFloat64, parseInt64 } from './text.ts'

export type AttributeOperator = Exclude<Operator, 'in-segment' | 'flag-is'>
export type AttributeClause = Clause & { operator: AttributeOperator }

/** What `holds` decides at once, for contexts as they usually are; all else goes the general way. */
const general = 0
const plainList = 1
const plainSet = 2
const singleNumber = 3
const singleVersion = 4

export interface AttributeTest {
  readonly fast: number
  /** Of the fast ways that compare: the operand. */
  readonly operand: number
  /** The operator without its negation. */
  readonly asks: 'equals' | 'starts-with' | 'ends-with' | 'contains' | 'matches' | 'exists' | 'order' | 'time'
  readonly isNegated: boolean
  readonly slot: number
  /** Lower-cased where case is ignored. */
  readonly values: readonly string[]
  readonly isFolded: boolean
  /** In place of a search through many values. */
  readonly set: ReadonlySet<string> | undefined
  readonly numbers: readonly number[]
  readonly versions: readonly SemanticVersion[]
  readonly integers: readonly bigint[]
  readonly patterns: readonly ((text: string) => boolean)[]
  /** Of `order` and `time`: which signs of a comparison hold. */
  readonly below: boolean
  readonly same: boolean
  readonly above: boolean
}

/** Up to here a search through the list costs no more than a look into a set, and nothing to prepare. */
const listedMax = 24

const positive = {
  equals: 'equals',
  'not-equals': 'equals',
  in: 'equals',
  'starts-with': 'starts-with',
  'ends-with': 'ends-with',
  contains: 'contains',
  'not-contains': 'contains',
  matches: 'matches',
  exists: 'exists',
  'not-exists': 'exists',
  greater: 'order',
  'greater-or-equal': 'order',
  less: 'order',
  'less-or-equal': 'order',
  before: 'time',
  after: 'time',
} as const satisfies Record<AttributeOperator, AttributeTest['asks']>

const nothing: readonly never[] = []

export function compileAttributeClause(
  { operator, values, ignoreCase }: AttributeClause,
  slot: number,
): AttributeTest {
  const asks = positive[operator]
  const isFolded = ignoreCase === true
  const texts = isFolded ? values.map((value) => value.toLowerCase()) : values
  const isEquality = asks === 'equals'
  const test: Omit<AttributeTest, 'fast' | 'operand'> = {
    asks,
    isNegated: operator.startsWith('not-'),
    slot,
    values: texts,
    isFolded,
    set: isEquality && values.length > listedMax ? new Set(texts) : undefined,
    numbers: asks === 'order' ? parsed(values, parseFloat64) : nothing,
    versions: isEquality || asks === 'order' ? parsed(values, parseVersion) : nothing,
    integers: asks === 'time' ? parsed(values, parseInt64) : nothing,
    patterns: asks === 'matches' ? values.flatMap((value) => testOf(value)) : nothing,
    below: operator === 'less' || operator === 'less-or-equal' || operator === 'before',
    same: operator === 'less-or-equal' || operator === 'greater-or-equal',
    above: operator === 'greater' || operator === 'greater-or-equal' || operator === 'after',
  }
  const fast = fastWay(test)
  const version = test.versions[0]
  const operand =
    fast === singleNumber
      ? test.numbers[0]!
      : fast === singleVersion && version
        ? packVersion(version)
        : Number.NaN
  return { fast, operand, ...test }
}

function fastWay({
  asks,
  isNegated,
  isFolded,
  set,
  versions,
  numbers,
  values,
}: Omit<AttributeTest, 'fast' | 'operand'>): number {
  if (isNegated || isFolded) return general
  if (asks === 'equals' && versions.length === 0) return set ? plainSet : plainList
  if (asks !== 'order' || values.length !== 1) return general
  return numbers.length === 1 ? singleNumber : versions.length === 1 ? singleVersion : general
}

function parsed<T>(values: readonly string[], parse: (text: string) => T | undefined): readonly T[] {
  let found: T[] | undefined
  for (const value of values) {
    const operand = parse(value)
    if (operand !== undefined) (found ??= []).push(operand)
  }
  return found ?? nothing
}

/** A pattern that was refused when the flag was written can only come from elsewhere: it matches nothing. */
function testOf(source: string): ((text: string) => boolean)[] {
  const pattern = compilePattern(source)
  return pattern.ok ? [pattern.test] : []
}

/** Whether the clause holds for what the reader reads. */
export function holds(test: AttributeTest, reader: Reader): boolean {
  const { slot } = test
  const kind = reading.kindOf(reader, slot)
  switch (test.fast) {
    case plainList:
      if (kind === reading.text) return test.values.includes(reader.texts[slot]!)
      break
    case plainSet:
      if (kind === reading.text) return test.set!.has(reader.texts[slot]!)
      break
    case singleNumber:
      if (kind === reading.number) return isOrdered(test, reader.numbers[slot]!)
      break
    case singleVersion:
      // A version that cannot be packed is NaN, and goes the general way.
      if (kind === reading.text && reading.orderOf(reader, slot) === reading.asVersion) {
        const version = reader.numbers[slot]!
        if (version >= 0 && test.operand >= 0) return isOrdered(test, version)
      }
  }
  return holdsGenerally(test, reader, kind)
}

const isOrdered = (test: AttributeTest, value: number) =>
  value < test.operand ? test.below : value > test.operand ? test.above : value === test.operand && test.same

function holdsGenerally(test: AttributeTest, reader: Reader, kind: number): boolean {
  if (test.asks === 'exists') return (kind !== reading.missing) !== test.isNegated
  return (kind === reading.list ? anyElement(test, reader) : holdsPositively(test, reader)) !== test.isNegated
}

function holdsPositively(test: AttributeTest, reader: Reader): boolean {
  const { slot } = test
  switch (test.asks) {
    case 'equals':
      if (isListed(test, test.isFolded ? reading.foldedOf(reader, slot) : reading.textOf(reader, slot)))
        return isComparable(test, reader)
      return test.versions.length > 0 && equalsVersion(test, reading.versionOf(reader, slot))
    case 'order':
      if (reading.orderOf(reader, slot) === reading.asNumber) return ordersNumber(test, reader.numbers[slot]!)
      return ordersText(test, reading.textOf(reader, slot), reading.versionOf(reader, slot))
    default:
      return holdsForText(test, test.isFolded ? reading.foldedOf(reader, slot) : reading.textOf(reader, slot))
  }
}

/** Equal texts are equal, with one exception to rule out: where case is ignored, versions that differ in it are different. */
function isComparable(test: AttributeTest, reader: Reader): boolean {
  if (!test.isFolded) return true
  const version = reading.versionOf(reader, test.slot)
  return version === undefined || equalsVersion(test, version)
}

/** As above for one text, whatever it was read from: the slow path of lists. */
function anyElement(test: AttributeTest, reader: Reader): boolean {
  return reader.lists[test.slot]!.some((element) => {
    const text = test.isFolded ? element.toLowerCase() : element
    if (test.asks === 'equals') {
      const version = parseVersion(element)
      return version ? equalsVersion(test, version) : isListed(test, text)
    }
    if (test.asks !== 'order') return holdsForText(test, text)
    const number = parseFloat64(element)
    return number === undefined
      ? ordersText(test, element, parseVersion(element))
      : ordersNumber(test, number)
  })
}

function holdsForText(test: AttributeTest, text: string): boolean {
  const { values } = test
  switch (test.asks) {
    case 'starts-with':
      for (const value of values) if (text.startsWith(value)) return true
      return false
    case 'ends-with':
      for (const value of values) if (text.endsWith(value)) return true
      return false
    case 'contains':
      for (const value of values) if (text.includes(value)) return true
      return false
    case 'matches':
      for (const matches of test.patterns) if (matches(text)) return true
      return false
    default:
      return ordersTime(test, parseInt64(text))
  }
}

const isListed = ({ set, values }: AttributeTest, text: string) =>
  set ? set.has(text) : values.includes(text)

function equalsVersion({ versions }: AttributeTest, version: SemanticVersion | undefined): boolean {
  if (!version) return false
  for (const value of versions) if (compareVersions(version, value) === 0) return true
  return false
}

/** The user's text chooses the order: numeric, else by version, else by text; values that are not of that kind are left out. */
function ordersNumber(test: AttributeTest, number: number): boolean {
  for (const value of test.numbers)
    if (orders(test, number < value ? -1 : number > value ? 1 : number === value ? 0 : Number.NaN))
      return true
  return false
}

function ordersText(test: AttributeTest, text: string, version: SemanticVersion | undefined): boolean {
  if (version) {
    for (const value of test.versions) if (orders(test, compareVersions(version, value))) return true
    return false
  }
  for (const value of test.values) if (orders(test, compareTexts(text, value))) return true
  return false
}

function ordersTime(test: AttributeTest, time: bigint | undefined): boolean {
  if (time === undefined) return false
  for (const value of test.integers) if (orders(test, time < value ? -1 : time > value ? 1 : 0)) return true
  return false
}

/** NaN has no order: nothing holds. */
const orders = (test: AttributeTest, sign: number) =>
  sign < 0 ? test.below : sign > 0 ? test.above : sign === 0 && test.same
