// Whether a clause about an attribute holds, by the semantics of Bucketeer's Go server: the general way, right for every operator and
// every kind of value. What contexts usually hold is decided faster, before it comes to this (question.ts). A missing attribute reads
// as the empty text; of a list any element may hold, and for a negation none may.
import type { Clause, Operator } from '../model/clause.ts'
import * as reading from './context-reader.ts'
import type { ContextReader, Slot } from './context-reader.ts'
import { compilePattern } from '../text/regex.ts'
import { compareVersions, parseVersion, type SemanticVersion } from '../text/semver.ts'
import { compareTexts, parseFloat64, parseInt64 } from '../text/go-strconv.ts'

export type AttributeOperator = Exclude<Operator, 'in-segment' | 'flag-is'>
export type AttributeClause = Clause & { operator: AttributeOperator }

/** A clause with its operands parsed. */
export interface AttributeTest {
  /** The operator without its negation. */
  readonly asks: 'equals' | 'starts-with' | 'ends-with' | 'contains' | 'matches' | 'exists' | 'order' | 'time'
  readonly isNegated: boolean
  readonly slot: Slot
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
  readonly signs: number
}

/** Signs of a comparison, as bits. */
export const below = 1
export const same = 2
export const above = 4

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

export const signsOf: Partial<Record<AttributeOperator, number>> = {
  less: below,
  before: below,
  'less-or-equal': below | same,
  'greater-or-equal': above | same,
  greater: above,
  after: above,
}

const nothing: readonly never[] = []

export function compileAttributeClause(
  { operator, values, ignoreCase }: AttributeClause,
  slot: Slot,
): AttributeTest {
  const asks = positive[operator]
  const isFolded = ignoreCase === true
  const texts = isFolded ? values.map((value) => value.toLowerCase()) : values
  const isEquality = asks === 'equals'
  return {
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
    signs: signsOf[operator] ?? 0,
  }
}

const parsed = <T>(values: readonly string[], parse: (text: string) => T | undefined): readonly T[] =>
  values.map(parse).filter((operand) => operand !== undefined)

/** A pattern that was refused when the flag was written can only come from elsewhere: it matches nothing. */
function testOf(source: string): ((text: string) => boolean)[] {
  const pattern = compilePattern(source)
  return pattern.ok ? [pattern.test] : []
}

/** Whether the clause holds for what the reader reads. */
export function holdsGenerally(test: AttributeTest, reader: ContextReader): boolean {
  const kind = reading.kindOf(reader, test.slot)
  if (test.asks === 'exists') return (kind !== reading.missing) !== test.isNegated
  return (kind === reading.list ? anyElement(test) : holdsPositively(test)) !== test.isNegated
}

function holdsPositively(test: AttributeTest): boolean {
  const { slot } = test
  switch (test.asks) {
    case 'equals':
      if (isListed(test, test.isFolded ? reading.foldedOf(slot) : reading.textOf(slot)))
        return isComparable(test)
      return test.versions.length > 0 && equalsVersion(test, reading.versionOf(slot))
    case 'order':
      if (reading.orderOf(slot) === reading.asNumber) return ordersNumber(test, slot.number)
      return ordersText(test, reading.textOf(slot), reading.versionOf(slot))
    default:
      return holdsForText(test, test.isFolded ? reading.foldedOf(slot) : reading.textOf(slot))
  }
}

/** Equal texts are equal, with one exception to rule out: where case is ignored, versions that differ in it are different. */
function isComparable(test: AttributeTest): boolean {
  if (!test.isFolded) return true
  const version = reading.versionOf(test.slot)
  return version === undefined || equalsVersion(test, version)
}

/** As above for one text, whatever it was read from: the slow path of lists. */
function anyElement(test: AttributeTest): boolean {
  return test.slot.list.some((element) => {
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
function ordersNumber({ numbers, signs }: AttributeTest, number: number): boolean {
  for (const value of numbers) if (isOrdered(signs, number, value)) return true
  return false
}

function ordersText(
  { versions, values, signs }: AttributeTest,
  text: string,
  version: SemanticVersion | undefined,
): boolean {
  if (version) {
    for (const value of versions) if (isOrdered(signs, compareVersions(version, value), 0)) return true
    return false
  }
  for (const value of values) if (isOrdered(signs, compareTexts(text, value), 0)) return true
  return false
}

function ordersTime({ integers, signs }: AttributeTest, time: bigint | undefined): boolean {
  if (time === undefined) return false
  for (const value of integers)
    if ((signs & (time < value ? below : time > value ? above : same)) !== 0) return true
  return false
}

/** NaN has no order: nothing holds. */
export const isOrdered = (signs: number, a: number, b: number): boolean =>
  (signs & (a < b ? below : a > b ? above : a === b ? same : 0)) !== 0
