// Compiles clauses into conditions that are cheap to test. Texts named in lists are numbered per attribute: a
// list becomes a set of small integers, and a request looks its text up once. An order comparison becomes a
// comparison of two numbers. Everything else uses the general implementation (match.ts), once per request.
// Equal clauses share one condition, across all flags. A request tests it once and spends its steps once
// (steps.ts), so what is shared depends on the clauses alone, never on who was asked about first.
import type { AnyOf, Clause } from '../model/clause.ts'
import {
  type AttributeClause,
  type AttributeTest,
  baseOperators,
  compileAttributeClause,
  matchesAttribute,
  isOrdered,
  orderingsOf,
} from './match.ts'
import type { Members } from '../model/members.ts'
import * as reading from './context-reader.ts'
import type { Memoized, ContextReader, Slot } from './context-reader.ts'
import { packLenientVersion, packVersion, parseVersion } from '../text/semver.ts'
import { parseDecimal, parseFloat64 } from '../text/go-strconv.ts'

/** How a condition is tested; opcodes from `segmentOpcode` on test no attribute. */
const generalOpcode = 0
const shortListOpcode = 1
const bitmapOpcode = 2
const sortedListOpcode = 3
const numberOpcode = 4
const versionOpcode = 5
const orderOpcode = 6
export const segmentOpcode = 7
export const flagOpcode = 8

/** All conditions have one object shape, which keeps property access monomorphic in V8. */
export interface CompiledCondition extends Memoized {
  readonly opcode: number
  readonly isNegated: boolean
  /** The attribute, for clauses that test one. */
  readonly slot: Slot
  /**
   * For a list: the lowest operand index in it (`Slot.operands`). For `flag-is`: the index of the other flag.
   */
  readonly index: number
  /**
   * For a short list: which of the 32 operand indexes from `index` on are in it. For a comparison: the
   * orderings that match (match.ts).
   */
  readonly bits: number
  /** For a comparison: the number, or the packed version; NaN for none. */
  readonly operand: number
  /** For a comparison by our own rule: the packed lenient version; NaN for none. */
  readonly packed: number
  /**
   * For a long list, relative to `index`: a bitmap, or sorted operand indexes if the bitmap would be sparse.
   */
  readonly numbers: Int32Array | undefined
  readonly clause: Clause
  readonly segments: readonly CompiledSegment[] | undefined
  /** For the general implementation; compiled on first use, since most conditions never need it. */
  attributeTest: AttributeTest | undefined
  /** The memoized result. */
  result: boolean
}

export type ConditionGroups = readonly (readonly CompiledCondition[])[]

export interface CompiledSegment extends Memoized {
  readonly key: string
  readonly included: ReadonlySet<string>
  readonly members: Members | undefined
  readonly anyOf: ConditionGroups
  /** The memoized result: whether the context is in the segment. */
  result: boolean
}

/** What clauses refer to, and what the clauses compiled so far share. */
export interface CompileScope {
  /** By flag key. */
  readonly flagIndexes: ReadonlyMap<string, number>
  readonly segments: Map<string, CompiledSegment>
  readonly slots: Map<string, Slot>
  readonly shared: Map<Slot, SharedConditions>
}

/** The conditions about one attribute that equal clauses share. */
interface SharedConditions {
  /** Lists, by all that tells them apart: a number for a short list, a text for a long one. */
  readonly lists: Map<number | string, CompiledCondition>
  /**
   * The others, by the values of their clauses: the value, or JSON of several. They are compared as texts:
   * `18` and `18.0` differ for an attribute that is not a number.
   */
  readonly byValues: Map<string, CompiledCondition[]>
}

export const makeCompileScope = (flagIndexes: ReadonlyMap<string, number>): CompileScope => ({
  flagIndexes,
  segments: new Map(),
  slots: new Map(),
  shared: new Map(),
})

export function compileClause(clause: Clause, scope: CompileScope): CompiledCondition {
  const { operator, attribute, values, negated = false } = clause
  if (operator === 'in-segment' || operator === 'not-in-segment') {
    // An unknown segment has no members.
    const segments = values.flatMap((key) => scope.segments.get(key) ?? [])
    const isNegated = negated !== (operator === 'not-in-segment')
    return { ...conditionDefaults, clause, isNegated, opcode: segmentOpcode, segments }
  }
  if (operator === 'flag-is') {
    const index = scope.flagIndexes.get(attribute) ?? -1
    return { ...conditionDefaults, clause, isNegated: negated, opcode: flagOpcode, index }
  }
  return attributeCondition(clause as AttributeClause, slotOf(attribute, scope), scope)
}

export const compileGroups = (anyOf: AnyOf, scope: CompileScope): ConditionGroups =>
  anyOf.map((group) => group.map((clause) => compileClause(clause, scope)))

const unusedSlot = reading.makeSlot('')

const conditionDefaults = {
  generation: 0,
  opcode: generalOpcode,
  isNegated: false,
  slot: unusedSlot,
  index: -1,
  bits: 0,
  operand: Number.NaN,
  packed: Number.NaN,
  numbers: undefined,
  segments: undefined,
  attributeTest: undefined,
  result: false,
}

function attributeCondition(clause: AttributeClause, slot: Slot, scope: CompileScope): CompiledCondition {
  const { operator, values, ignoreCase, negated = false } = clause
  const shared = sharedAbout(slot, scope)
  if (baseOperators[operator] === 'equals' && !ignoreCase) {
    const isNegated = (operator === 'not-equals') !== negated
    const condition = listCondition(clause, isNegated, slot, shared)
    if (condition) return condition
  }
  const key = values.length === 1 ? values[0]! : JSON.stringify(values)
  let alike = shared.byValues.get(key)
  if (!alike) shared.byValues.set(key, (alike = []))
  for (let i = 0; i < alike.length; i++) if (isSameTest(alike[i]!.clause, clause)) return alike[i]!
  const condition = { ...conditionDefaults, clause, slot, ...comparisonOf(clause) }
  alike.push(condition)
  return condition
}

/** Of two clauses about one attribute, with the same key in `byValues`. */
const isSameTest = (a: Clause, b: Clause): boolean =>
  a.operator === b.operator &&
  a.compareAs === b.compareAs &&
  !a.ignoreCase === !b.ignoreCase &&
  !a.negated === !b.negated &&
  a.values.length === b.values.length

function sharedAbout(slot: Slot, { shared }: CompileScope): SharedConditions {
  let about = shared.get(slot)
  if (!about) shared.set(slot, (about = { lists: new Map(), byValues: new Map() }))
  return about
}

/** How an order comparison with one value becomes a comparison of numbers; undefined if it does not. */
function comparisonOf({ operator, values, compareAs, negated }: AttributeClause): Comparison | undefined {
  const [value] = values
  if (baseOperators[operator] !== 'order' || values.length !== 1 || negated) return undefined
  const operand = compareAs === 'bucketeer' ? bucketeersOperand(value!) : ownOperand(value!, compareAs)
  return operand && { ...operand, bits: orderingsOf[operator]! }
}

const isVersion = (text: string) => parseVersion(text) !== undefined

type Operand = Pick<CompiledCondition, 'opcode' | 'operand' | 'packed'>
type Comparison = Operand & Pick<CompiledCondition, 'bits'>

function bucketeersOperand(value: string): Operand | undefined {
  const packed = Number.NaN
  const number = parseFloat64(value)
  if (number !== undefined && !Number.isNaN(number)) return { opcode: numberOpcode, operand: number, packed }
  const version = parseVersion(value)
  const operand = version ? packVersion(version) : Number.NaN
  return Number.isNaN(operand) ? undefined : { opcode: versionOpcode, operand, packed }
}

function ownOperand(value: string, compareAs: Clause['compareAs']): Operand | undefined {
  if (compareAs === 'semver' || compareAs === 'text') return undefined
  const number = compareAs === 'version' ? undefined : parseDecimal(value)
  // An integer beyond 2^53 is compared digit by digit.
  const isExact = number !== undefined && (Number.isSafeInteger(number) || !Number.isInteger(number))
  const operand = isExact ? number : Number.NaN
  const packed = compareAs === 'number' ? Number.NaN : packLenientVersion(value)
  return Number.isNaN(operand) && Number.isNaN(packed) ? undefined : { opcode: orderOpcode, operand, packed }
}

/**
 * Undefined for a list with a version: versions that are written differently may be equal, so it cannot be
 * compared as texts.
 */
function listCondition(
  clause: AttributeClause,
  isNegated: boolean,
  slot: Slot,
  { lists }: SharedConditions,
): CompiledCondition | undefined {
  const { operands } = slot
  const { values } = clause
  let index = values.length > 0 ? 2 ** 30 - 1 : 0
  let last = -1
  let bits = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const number = operands.get(value) ?? numberOperand(value, slot)
    if (number < 0) return undefined
    if (number < index) {
      bits <<= index - number
      index = number
    }
    if (number > last) last = number
    bits |= 1 << (number - index)
  }
  if (last - index < 32 && index < shortListIndexMax) {
    const key = shortListKey(index, bits, isNegated)
    const known = lists.get(key)
    if (known) return known
    const condition = { ...conditionDefaults, clause, isNegated, opcode: shortListOpcode, slot, index, bits }
    lists.set(key, condition)
    return condition
  }
  const sorted = Int32Array.from(new Set(values), (value) => operands.get(value)! - index).sort()
  const words = ((last - index) >>> 5) + 1
  const isSparse = words > sorted.length * wordsPerValueMax
  const opcode = isSparse ? sortedListOpcode : bitmapOpcode
  const numbers = isSparse ? sorted : bitsOf(sorted, words)
  const key = String([opcode, isNegated, index, numbers])
  const known = lists.get(key)
  if (known) return known
  const condition = { ...conditionDefaults, clause, isNegated, opcode, slot, index, numbers }
  lists.set(key, condition)
  return condition
}

/** Negative for a version, also when it is met again. */
function numberOperand(value: string, slot: Slot): number {
  const number = isVersion(value) ? reading.versionOperand : slot.operands.size
  slot.operands.set(value, number)
  reading.forgetOperand(slot) // the current request may have looked up this very text
  return number
}

/** Below it, `shortListKey` is a safe integer. */
const shortListIndexMax = 2 ** 20

const shortListKey = (index: number, bits: number, isNegated: boolean) =>
  (index * 2 + (isNegated ? 1 : 0)) * 2 ** 32 + (bits >>> 0)

/** A bitmap with more words per value than this is replaced by a sorted list. */
const wordsPerValueMax = 2

function bitsOf(numbers: Int32Array, words: number): Int32Array {
  const bits = new Int32Array(words)
  for (const number of numbers) bits[number >>> 5]! |= 1 << (number & 31)
  return bits
}

export function slotOf(attribute: string, { slots }: CompileScope): Slot {
  let slot = slots.get(attribute)
  if (!slot) slots.set(attribute, (slot = reading.makeSlot(attribute)))
  return slot
}

/** Tests a clause about an attribute against the reader's context, once per request. */
export function attributeHolds(condition: CompiledCondition, reader: ContextReader): boolean {
  if (condition.generation === reader.generation) return condition.result
  condition.result = testAttribute(condition, reader) // may throw (steps.ts)
  condition.generation = reader.generation
  return condition.result
}

function testAttribute(condition: CompiledCondition, reader: ContextReader): boolean {
  const { slot } = condition
  if (condition.opcode === generalOpcode) return matchesAttribute(attributeTestOf(condition), reader)
  if (reading.kindOf(reader, slot) === reading.list)
    return matchesAttribute(attributeTestOf(condition), reader)
  switch (condition.opcode) {
    case shortListOpcode: {
      // Negative or too large if the list does not have it.
      const number = reading.operandIndexOf(slot) - condition.index
      return (number >>> 5 === 0 && ((condition.bits >>> number) & 1) === 1) !== condition.isNegated
    }
    case numberOpcode:
      if (reading.orderKindOf(slot) === reading.asNumber)
        return isOrdered(condition.bits, slot.number, condition.operand)
      break
    case versionOpcode:
      // A version that cannot be packed is NaN and is left to the general implementation.
      if (reading.orderKindOf(slot) === reading.asVersion && slot.number >= 0)
        return isOrdered(condition.bits, slot.number, condition.operand)
      break
    case orderOpcode:
      return slot.kind === reading.number && !Number.isNaN(condition.operand)
        ? isOrdered(condition.bits, slot.number, condition.operand)
        : slot.kind === reading.text && reading.lenientOf(slot) >= 0 && condition.packed >= 0
          ? isOrdered(condition.bits, slot.lenient, condition.packed)
          : matchesAttribute(attributeTestOf(condition), reader)
    default:
      return isInList(condition, reading.operandIndexOf(slot) - condition.index) !== condition.isNegated
  }
  return matchesAttribute(attributeTestOf(condition), reader)
}

/** Whether a long list has the operand index, which is relative to `index` and may be negative. */
function isInList({ opcode, numbers }: CompiledCondition, number: number): boolean {
  if (opcode === sortedListOpcode) return isInSortedList(numbers!, number)
  return (
    number >= 0 && number >>> 5 < numbers!.length && ((numbers![number >>> 5]! >>> (number & 31)) & 1) === 1
  )
}

function isInSortedList(sorted: Int32Array, wanted: number): boolean {
  let from = 0
  let to = sorted.length - 1
  while (from <= to) {
    const middle = (from + to) >>> 1
    const number = sorted[middle]!
    if (number === wanted) return true
    if (number < wanted) from = middle + 1
    else to = middle - 1
  }
  return false
}

const attributeTestOf = (condition: CompiledCondition): AttributeTest =>
  (condition.attributeTest ??= compileAttributeClause(condition.clause as AttributeClause, condition.slot))
