// Tests a clause about an attribute, for every operator and kind of value. Common cases take a faster path
// in compiled-condition.ts and do not come here. Equality and texts are Bucketeer's; order is our own
// (order.ts), or Bucketeer's where the clause says so. A missing attribute reads as the empty text, and has
// no place in our own order. A list matches if any element does; a negated operator or clause, if it
// otherwise would not.
import type { Clause } from '../model/clause.ts'
import { matchedLengthMax } from '../model/limits.ts'
import { type Comparison, type Operator, slicesOperator } from '../model/vocabulary.ts'
import { compareInOrder, type Ordered, orderedOf } from './order.ts'
import * as reading from './context-reader.ts'
import type { ContextReader, Slot } from './context-reader.ts'
import { isBetween, saltedSlice } from './slice.ts'
import { spend, type Steps } from './steps.ts'
import { compilePattern, type Pattern } from '../text/regex.ts'
import { compareVersions, parseVersion, type Version } from '../text/semver.ts'
import { parseTime, timeOfNumber } from '../text/time.ts'
import { compareTexts, parseFloat64, parseInt64 } from '../text/go-strconv.ts'

export type AttributeOperator = Exclude<Operator, 'in-segment' | 'not-in-segment' | 'flag-is'>
export type AttributeClause = Clause & { operator: AttributeOperator }

/** A clause with its values parsed for its operator. */
export interface AttributeTest {
  /** The operator without its negation. */
  readonly baseOperator:
    | 'equals'
    | 'starts-with'
    | 'ends-with'
    | 'contains'
    | 'matches'
    | 'exists'
    | 'order'
    | 'time'
    | 'slices'
  readonly isNegated: boolean
  readonly slot: Slot
  /** In lower case if `isFolded`. For `equals`, each once: equal sets share a test, and its steps. */
  readonly values: readonly string[]
  readonly isFolded: boolean
  /** The values again, if there are too many for a linear search. */
  readonly set: ReadonlySet<string> | undefined
  readonly numbers: readonly number[]
  readonly versions: readonly Version[]
  readonly integers: readonly bigint[]
  readonly patterns: readonly PatternTest[]
  /** For `order` and `time`. */
  readonly compareAs: Comparison | undefined
  /** For `order` that is not Bucketeer's. */
  readonly operands: readonly Ordered[]
  /** Epoch milliseconds, for `time` that is not Bucketeer's. */
  readonly times: readonly number[]
  /** For `order` and `time`: the orderings that match, as bits. */
  readonly orderings: number
}

type PatternTest = Extract<Pattern, { ok: true }>['test']

/** The orderings of an attribute relative to a value, as bits. */
export const below = 1
export const same = 2
export const above = 4

/** Up to this length, a linear search costs no more than a set, and needs no preparation. */
const listedMax = 24

export const baseOperators = {
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
  [slicesOperator]: 'slices',
} as const satisfies Record<AttributeOperator | typeof slicesOperator, AttributeTest['baseOperator']>

export const orderingsOf: Partial<Record<AttributeOperator, number>> = {
  less: below,
  before: below,
  'less-or-equal': below | same,
  'greater-or-equal': above | same,
  greater: above,
  after: above,
}

const noOperands: readonly never[] = []

export function compileAttributeClause(
  { operator, values, ignoreCase = false, compareAs, negated = false }: AttributeClause,
  slot: Slot,
): AttributeTest {
  const baseOperator = baseOperators[operator]
  const isFolded = ignoreCase && baseOperator !== 'matches'
  const isBucketeers = compareAs === 'bucketeer'
  const texts = isFolded ? values.map((value) => value.toLowerCase()) : values
  const isEquality = baseOperator === 'equals'
  const set = isEquality ? new Set(texts) : undefined
  return {
    baseOperator,
    isNegated: operator.startsWith('not-') !== negated,
    slot,
    values: set ? [...set] : texts,
    isFolded,
    set: set && set.size > listedMax ? set : undefined,
    numbers: baseOperator === 'order' ? parsed(values, parseFloat64) : noOperands,
    versions: isEquality || baseOperator === 'order' ? parsed(values, parseVersion) : noOperands,
    integers: baseOperator === 'time' ? parsed(values, parseInt64) : noOperands,
    patterns:
      baseOperator === 'matches'
        ? values.flatMap((value) => compilePatternTest(value, ignoreCase))
        : noOperands,
    compareAs,
    operands: baseOperator === 'order' && !isBucketeers ? values.map(orderedOf) : noOperands,
    times: baseOperator === 'time' && !isBucketeers ? parsed(values, parseTime) : noOperands,
    orderings: orderingsOf[operator] ?? 0,
  }
}

const parsed = <T>(values: readonly string[], parse: (text: string) => T | undefined): readonly T[] =>
  values.map(parse).filter((operand) => operand !== undefined)

/**
 * An invalid pattern matches nothing. The admin API accepts none, so only foreign snapshots can have one.
 */
function compilePatternTest(source: string, ignoreCase: boolean): PatternTest[] {
  const pattern = compilePattern(source, ignoreCase)
  return pattern.ok ? [pattern.test] : []
}

/** Tests the clause against the reader's context. */
export function matchesAttribute(test: AttributeTest, reader: ContextReader): boolean {
  const kind = reading.kindOf(reader, test.slot)
  if (test.baseOperator === 'exists') return (kind !== reading.missing) !== test.isNegated
  if (test.baseOperator === 'slices') {
    const [salt = '', ...bounds] = test.values
    return kind !== reading.missing && isBetween(bounds, saltedSlice(salt, reading.textOf(test.slot)))
  }
  if (kind === reading.list) spend(reading.stepsOf(reader), listSteps(test))
  if (test.orderings !== 0 && test.compareAs !== 'bucketeer')
    return holdsInOrder(test, kind) !== test.isNegated
  return (
    (kind === reading.list ? matchesAnyElement(test, reader) : matchesValue(test, reader)) !== test.isNegated
  )
}

/** Each element is parsed and read, and compared with each value unless a set has them. */
function listSteps({ baseOperator, slot: { list }, set, values }: AttributeTest): number {
  let length = 0
  for (const element of list) length += element.length
  return list.length * (parseSteps[baseOperator] + (set ? 1 : values.length)) + length / unitsPerStep
}
/** Steps to parse a text for the operator, measured. */
const parseSteps: Readonly<Record<AttributeTest['baseOperator'], number>> = {
  equals: 4,
  'starts-with': 1,
  'ends-with': 1,
  contains: 1,
  matches: 1,
  exists: 1,
  order: 10,
  time: 50,
  slices: 1,
}
/** UTF-16 units that are searched in a step. */
const unitsPerStep = 16

function matchesValue(test: AttributeTest, reader: ContextReader): boolean {
  const { slot } = test
  switch (test.baseOperator) {
    case 'equals':
      if (isListed(test, test.isFolded ? reading.foldedOf(slot) : reading.textOf(slot)))
        return isComparable(test)
      return test.versions.length > 0 && equalsVersion(test, reading.versionOf(slot))
    case 'order':
      if (reading.orderKindOf(slot) === reading.asNumber) return matchesNumberOrder(test, slot.number)
      return matchesTextOrder(test, reading.textOf(slot), reading.versionOf(slot))
    default:
      return matchesText(test, test.isFolded ? reading.foldedOf(slot) : reading.textOf(slot), reader)
  }
}

/** By our own rule: nothing holds for a missing attribute, a structure or an empty text. */
function holdsInOrder(test: AttributeTest, kind: number): boolean {
  const { slot } = test
  if (kind === reading.list)
    return (slot.raw as readonly unknown[]).some((element) => isInOrder(test, element))
  if (kind === reading.number && test.baseOperator === 'time') return isInOrder(test, slot.number)
  if (kind !== reading.number && reading.textOf(slot) === '') return false
  return test.baseOperator === 'time'
    ? isInOrder(test, reading.textOf(slot))
    : isAnyInOrder(test, reading.ordered(slot))
}

function isInOrder(test: AttributeTest, value: unknown): boolean {
  const given = typeof value === 'number' ? value : reading.toText(value)
  if (given === undefined || given === '') return false
  if (test.baseOperator === 'order') return isAnyInOrder(test, orderedOf(given))
  const time = typeof given === 'number' ? timeOfNumber(given) : parseTime(given)
  return time !== undefined && test.times.some((operand) => isOrdered(test.orderings, time, operand))
}

function isAnyInOrder({ operands, orderings, compareAs }: AttributeTest, value: Ordered): boolean {
  for (const operand of operands)
    if (isOrdered(orderings, compareInOrder(compareAs, value, operand), 0)) return true
  return false
}

/**
 * Confirms that equal texts match. Only when case is ignored may they not: case matters between versions.
 */
function isComparable(test: AttributeTest): boolean {
  if (!test.isFolded) return true
  const version = reading.versionOf(test.slot)
  return version === undefined || equalsVersion(test, version)
}

/** Like `matchesValue`, for the elements of a list. Slower, since no slot caches their parsed forms. */
function matchesAnyElement(test: AttributeTest, reader: ContextReader): boolean {
  let length = 0
  return test.slot.list.some((element) => {
    if (test.baseOperator === 'matches' && (length += element.length) > matchedLengthMax) return false
    const text = test.isFolded ? element.toLowerCase() : element
    if (test.baseOperator === 'equals') {
      const version = parseVersion(element)
      return version ? equalsVersion(test, version) : isListed(test, text)
    }
    if (test.baseOperator !== 'order') return matchesText(test, text, reader)
    const number = parseFloat64(element)
    return number === undefined
      ? matchesTextOrder(test, element, parseVersion(element))
      : matchesNumberOrder(test, number)
  })
}

function matchesText(test: AttributeTest, text: string, reader: ContextReader): boolean {
  const { values } = test
  switch (test.baseOperator) {
    case 'starts-with':
      for (const value of values) if (text.startsWith(value)) return true
      return false
    case 'ends-with':
      for (const value of values) if (text.endsWith(value)) return true
      return false
    case 'contains':
      spend(reading.stepsOf(reader), (text.length * values.length) / unitsPerStep)
      for (const value of values) if (text.includes(value)) return true
      return false
    case 'matches':
      return text.length <= matchedLengthMax && matchesPattern(test.patterns, text, reading.stepsOf(reader))
    case 'time':
      return matchesTimeOrder(test, parseInt64(text))
    default:
      test.baseOperator satisfies 'equals' | 'exists' | 'order' | 'slices' // compared elsewhere
      return false
  }
}

function matchesPattern(patterns: readonly PatternTest[], text: string, steps: Steps): boolean {
  for (const matches of patterns) {
    if (matches(text, steps)) return true
    spend(steps, 0)
  }
  return false
}

const isListed = ({ set, values }: AttributeTest, text: string) =>
  set ? set.has(text) : values.includes(text)

function equalsVersion({ versions }: AttributeTest, version: Version | undefined): boolean {
  if (!version) return false
  for (const value of versions) if (compareVersions(version, value) === 0) return true
  return false
}

// Bucketeer's rule: the attribute decides how to compare, as number, else as version, else as text. Numbers
// and versions are only compared with values of their own kind.
function matchesNumberOrder({ numbers, orderings }: AttributeTest, number: number): boolean {
  for (const value of numbers) if (isOrdered(orderings, number, value)) return true
  return false
}

function matchesTextOrder(
  { versions, values, orderings }: AttributeTest,
  text: string,
  version: Version | undefined,
): boolean {
  if (version) {
    for (const value of versions) if (isOrdered(orderings, compareVersions(version, value), 0)) return true
    return false
  }
  for (const value of values) if (isOrdered(orderings, compareTexts(text, value), 0)) return true
  return false
}

function matchesTimeOrder({ integers, orderings }: AttributeTest, time: bigint | undefined): boolean {
  if (time === undefined) return false
  for (const value of integers)
    if ((orderings & (time < value ? below : time > value ? above : same)) !== 0) return true
  return false
}

/** Never true for NaN. */
export const isOrdered = (orderings: number, a: number, b: number): boolean =>
  (orderings & (a < b ? below : a > b ? above : a === b ? same : 0)) !== 0
