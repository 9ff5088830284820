// Clauses made ready to be asked of many requests. What contexts usually hold is decided by a few machine words: the texts that lists name
// are numbered per attribute, so that a list is a set of small numbers and a request looks its text up once, and a comparison is one of
// two numbers. Everything else goes the general way (match.ts), once per request. Clauses that ask the same share one test, in whatever
// flags they stand.
import type { Clause } from '../model/clause.ts'
import {
  type AttributeClause,
  type AttributeTest,
  compileAttributeClause,
  holdsGenerally,
  isOrdered,
  signsOf,
} from './match.ts'
import type { Members } from '../model/members.ts'
import * as reading from './context-reader.ts'
import type { Memoized, ContextReader, Slot } from './context-reader.ts'
import { packVersion, parseVersion } from '../text/semver.ts'
import { parseFloat64 } from '../text/go-strconv.ts'

/** How a test is asked. */
const general = 0
const amongFew = 1
const amongMany = 2
const amongScattered = 3
const byNumber = 4
const byVersion = 5
export const inSegments = 6
export const ofFlag = 7

/** One shape for all, so that the engine compiles one way through them. */
export interface CompiledCondition extends Memoized {
  readonly opcode: number
  readonly isNegated: boolean
  /** Of clauses about an attribute. */
  readonly slot: Slot
  /** Of a list: the lowest number in it. Of another flag: its place in the snapshot. */
  readonly place: number
  /** Of a short list: which of the 32 numbers from the lowest on are in it. Of a comparison: which signs hold. */
  readonly bits: number
  /** Of a comparison. */
  readonly operand: number
  /** Of a long list, from its lowest number on: bits, or where they would be too thin, the numbers themselves in order. */
  readonly numbers: Int32Array | undefined
  readonly clause: Clause
  readonly segments: readonly CompiledSegment[] | undefined
  /** Made when first needed: most tests never are asked the general way. */
  general: AttributeTest | undefined
  /** Of a general test: what it answered in its turn. */
  answer: boolean
}

export type ConditionGroups = readonly (readonly CompiledCondition[])[]

export interface CompiledSegment extends Memoized {
  readonly key: string
  readonly included: ReadonlySet<string>
  readonly members: Members | undefined
  readonly anyOf: ConditionGroups
  /** Whether it has the targeting key, in its turn. */
  answer: boolean
}

/** What clauses can name, and what was given out so far to those already compiled. */
export interface CompileScope {
  /** Of flags, by key. */
  readonly places: ReadonlyMap<string, number>
  readonly segments: Map<string, CompiledSegment>
  readonly slots: Map<string, Slot>
  readonly shared: Map<string, CompiledCondition>
}

export const makeScope = (places: ReadonlyMap<string, number>): CompileScope => ({
  places,
  segments: new Map(),
  slots: new Map(),
  shared: new Map(),
})

export function compileClause(clause: Clause, scope: CompileScope): CompiledCondition {
  const { operator, attribute, values } = clause
  if (operator === 'in-segment') {
    const segments = values.flatMap((key) => scope.segments.get(key) ?? []) // an unknown segment has no members
    return { ...blank, clause, opcode: inSegments, segments }
  }
  if (operator === 'flag-is')
    return { ...blank, clause, opcode: ofFlag, place: scope.places.get(attribute) ?? -1 }
  return attributeCondition({ ...clause, operator }, slotOf(attribute, scope), scope)
}

const nowhere = reading.makeSlot('')

const blank = {
  generation: 0,
  opcode: general,
  isNegated: false,
  slot: nowhere,
  place: -1,
  bits: 0,
  operand: Number.NaN,
  numbers: undefined,
  segments: undefined,
  general: undefined,
  answer: false,
}

function attributeCondition(clause: AttributeClause, slot: Slot, scope: CompileScope): CompiledCondition {
  const { operator, values, ignoreCase } = clause
  const isNegated = operator === 'not-equals'
  const isEquality = operator === 'equals' || operator === 'in' || isNegated
  // Versions that are written differently may be equal: a list that has one is no list of texts.
  if (isEquality && !ignoreCase && !values.some(isVersion))
    return listCondition(clause, isNegated, slot, scope)
  const signs = signsOf[operator] ?? 0
  const [value] = values
  if (
    signs !== 0 &&
    values.length === 1 &&
    value !== undefined &&
    operator !== 'before' &&
    operator !== 'after'
  ) {
    const number = parseFloat64(value)
    if (number !== undefined && !Number.isNaN(number))
      return comparison(byNumber, clause, slot, number, scope)
    const version = parseVersion(value)
    const packed = version ? packVersion(version) : Number.NaN
    if (!Number.isNaN(packed)) return comparison(byVersion, clause, slot, packed, scope)
  }
  const name = JSON.stringify([operator, slot.name, ignoreCase, values])
  return shared(scope, name, () => ({ ...blank, clause, slot }))
}

const isVersion = (text: string) => parseVersion(text) !== undefined

function comparison(
  opcode: number,
  clause: AttributeClause,
  slot: Slot,
  operand: number,
  scope: CompileScope,
): CompiledCondition {
  const bits = signsOf[clause.operator]!
  // By the text, not the operand: `18` and `18.0` are one number, but two texts to somebody whose attribute is no number.
  return shared(scope, JSON.stringify([opcode, bits, slot.name, clause.values]), () => ({
    ...blank,
    clause,
    opcode,
    slot,
    bits,
    operand,
  }))
}

function listCondition(
  clause: AttributeClause,
  isNegated: boolean,
  slot: Slot,
  scope: CompileScope,
): CompiledCondition {
  const { operands } = slot
  const { values } = clause
  let place = Infinity
  let last = -1
  for (const value of values) {
    let number = operands.get(value)
    if (number === undefined) operands.set(value, (number = operands.size))
    if (number < place) place = number
    if (number > last) last = number
  }
  if (last - place < 32) {
    let bits = 0
    for (const value of values) bits |= 1 << (operands.get(value)! - place)
    const name = `${amongFew} ${place} ${bits} ${isNegated} ${slot.name}`
    return shared(scope, name, () => ({ ...blank, clause, isNegated, opcode: amongFew, slot, place, bits }))
  }
  const numbers = values.map((value) => operands.get(value)! - place)
  const words = ((last - place) >>> 5) + 1
  const isThin = words > values.length * wordsPerValueMax
  return {
    ...blank,
    clause,
    isNegated,
    slot,
    place,
    opcode: isThin ? amongScattered : amongMany,
    numbers: isThin ? Int32Array.from(numbers).sort() : bitsOf(numbers, words),
  }
}

/** Beyond, the numbers themselves take less room than their bits. */
const wordsPerValueMax = 2

function bitsOf(numbers: readonly number[], words: number): Int32Array {
  const bits = new Int32Array(words)
  for (const number of numbers) bits[number >>> 5]! |= 1 << (number & 31)
  return bits
}

function shared(
  { shared: known }: CompileScope,
  name: string,
  make: () => CompiledCondition,
): CompiledCondition {
  let test = known.get(name)
  if (!test) known.set(name, (test = make()))
  return test
}

function slotOf(attribute: string, { slots }: CompileScope): Slot {
  let slot = slots.get(attribute)
  if (!slot) slots.set(attribute, (slot = reading.makeSlot(attribute)))
  return slot
}

/** Whether a clause about an attribute holds for what the reader reads. */
export function holds(test: CompiledCondition, reader: ContextReader): boolean {
  const { slot } = test
  if (test.opcode === general) return holdsOnce(test, reader)
  if (reading.kindOf(reader, slot) === reading.list) return holdsGenerally(generalOf(test), reader)
  switch (test.opcode) {
    case amongFew: {
      const number = reading.listedOf(slot) - test.place // negative, or too large, where the list does not have it
      return (number >>> 5 === 0 && ((test.bits >>> number) & 1) === 1) !== test.isNegated
    }
    case byNumber:
      if (reading.orderOf(slot) === reading.asNumber) return isOrdered(test.bits, slot.number, test.operand)
      break
    case byVersion:
      // A version that cannot be packed is NaN, and goes the general way.
      if (reading.orderOf(slot) === reading.asVersion && slot.number >= 0)
        return isOrdered(test.bits, slot.number, test.operand)
      break
    default:
      return isAmong(test, reading.listedOf(slot) - test.place) !== test.isNegated
  }
  return holdsGenerally(generalOf(test), reader)
}

/** Whether a long list has the number, which is counted from the list's lowest: negative where no list has it. */
function isAmong({ opcode, numbers }: CompiledCondition, number: number): boolean {
  if (opcode === amongScattered) return isScattered(numbers!, number)
  return (
    number >= 0 && number >>> 5 < numbers!.length && ((numbers![number >>> 5]! >>> (number & 31)) & 1) === 1
  )
}

function isScattered(sorted: Int32Array, wanted: number): boolean {
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

function holdsOnce(test: CompiledCondition, reader: ContextReader): boolean {
  if (test.generation === reader.generation) return test.answer
  test.generation = reader.generation
  return (test.answer = holdsGenerally(generalOf(test), reader))
}

const generalOf = (test: CompiledCondition): AttributeTest =>
  (test.general ??= compileAttributeClause(test.clause as AttributeClause, test.slot))
