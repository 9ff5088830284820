// Caches what one request has read from its context. Each attribute that the snapshot uses has a slot, which
// is read and parsed as number or version at most once per request. Evaluation is synchronous, so one reader
// serves all requests of a snapshot in turn. Cached values carry a request number, so nothing has to be
// cleared between requests.
import type { EvaluationContext } from './context.ts'
import { type KeyBlocks, makeKeyBlocks, setKey } from '../hash/murmur3-x86-32.ts'
import { attributeDepthMax } from '../model/limits.ts'
import { idAttribute, targetingKeyAttribute } from '../model/vocabulary.ts'
import { type Ordered, orderedOf } from './order.ts'
import { makeSteps, type Steps } from './steps.ts'
import {
  packLenientVersion,
  packPlainVersion,
  packVersion,
  parseVersion,
  type Version,
} from '../text/semver.ts'
import { parseFloat64 } from '../text/go-strconv.ts'

/** Kinds of attribute. A missing attribute reads as the empty text, but does not match `exists`. */
export const missing = 1
export const text = 2
export const number = 3
export const list = 4
/** An object: it exists, and reads as the empty text. */
export const structure = 5

/** How Bucketeer's rule compares an attribute in order: as number, as version, or as text. */
const unclassified = 0
export const asNumber = 1
export const asVersion = 2
export const asText = 3

/** Operand indexes of a text that is in no list, and of one not looked up yet. */
const notListed = -1
const notLookedUp = -2
export const versionOperand = -3
const notPacked = -2

/** A value cached for one request. */
export interface Memoized {
  /** Number of the request that the cached value belongs to (`ContextReader.generation`). */
  generation: number
}

/** One attribute of the context. */
export interface Slot extends Memoized {
  readonly name: string
  /** Whether the value is not simply the attribute of that name. */
  readonly isSpecial: boolean
  /** The names of a path into structures, for an attribute with dots. */
  readonly path: readonly string[] | undefined
  /** The texts named in lists, numbered from 0 up. Versions have no number but `versionOperand`. */
  readonly operands: Map<string, number>
  kind: number
  /** Canonical form; undefined for a number until it is needed. */
  text: string | undefined
  list: readonly string[]
  /** A list or structure as it was sent. */
  raw: unknown
  /** Index of the text in `operands`, or negative. */
  operandIndex: number
  orderKind: number
  /** The number, or the version packed into a number (semver.ts). */
  number: number
  version: Version | undefined
  folded: string | undefined
  /** The text as a packed lenient version; NaN if it is none. */
  lenient: number
  ordered: Ordered | undefined
}

export interface ContextReader {
  context: EvaluationContext
  /** Number of the current request. */
  generation: number
  /** Whether the request evaluates all flags, and so hashes its targeting key after many prefixes. */
  evaluatesMany: boolean
  readonly key: KeyBlocks & Memoized
  readonly ownSteps: Steps & Memoized
}

export const makeSlot = (name: string): Slot => ({
  generation: 0,
  name,
  isSpecial: name === targetingKeyAttribute || name === idAttribute || name.includes('.'),
  path: pathOf(name),
  operands: new Map(),
  kind: missing,
  text: '',
  list: [],
  raw: undefined,
  operandIndex: notLookedUp,
  orderKind: unclassified,
  number: Number.NaN,
  version: undefined,
  folded: undefined,
  lenient: notPacked,
  ordered: undefined,
})

function pathOf(name: string): readonly string[] | undefined {
  const names = name.split('.')
  return names.length > 1 && names.length <= attributeDepthMax ? names : undefined
}

const emptyContext: EvaluationContext = { targetingKey: undefined, attributes: {} }

export const makeContextReader = (): ContextReader => ({
  context: emptyContext,
  generation: 0,
  evaluatesMany: false,
  key: { generation: 0, ...makeKeyBlocks() },
  ownSteps: { generation: 0, ...makeSteps() },
})

/** Starts the next request. */
export function reset(reader: ContextReader, context: EvaluationContext, evaluatesMany: boolean): void {
  reader.context = context
  reader.evaluatesMany = evaluatesMany
  reader.generation++
}

export const kindOf = (reader: ContextReader, slot: Slot): number =>
  slot.generation === reader.generation ? slot.kind : read(reader, slot)

function read({ context, generation }: ContextReader, slot: Slot): number {
  const value = slot.isSpecial ? resolve(slot, context) : context.attributes[slot.name]
  slot.generation = generation
  slot.operandIndex = notLookedUp
  slot.orderKind = unclassified
  slot.folded = undefined
  slot.lenient = notPacked
  slot.ordered = undefined
  return (slot.kind = store(slot, value, context))
}

/** An attribute of the very name comes before what a path leads to. */
function resolve({ name, path }: Slot, { targetingKey, attributes }: EvaluationContext): unknown {
  if (name === targetingKeyAttribute) return targetingKey
  const own = Object.hasOwn(attributes, name) ? attributes[name] : undefined
  if (name === idAttribute) return own ?? targetingKey
  if (own !== undefined || !path) return own
  let value: unknown = attributes
  for (const each of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, each))
      return undefined
    value = (value as Record<string, unknown>)[each]
  }
  return value
}

function store(slot: Slot, value: unknown, context: EvaluationContext): number {
  switch (typeof value) {
    case 'string':
      slot.text = value
      return text
    case 'number':
      slot.text = undefined
      slot.number = value
      slot.orderKind = asNumber
      return number
    case 'boolean':
      slot.text = value ? 'true' : 'false'
      return text
    case 'object':
      // Own properties only. Other kinds need no check: nothing inherited is a text, number or boolean.
      if (value !== null && (slot.isSpecial || Object.hasOwn(context.attributes, slot.name)))
        return storeObject(slot, value)
      break
    case 'bigint':
      slot.text = String(value)
      return text
    default:
  }
  slot.text = ''
  return missing
}

function storeObject(slot: Slot, value: object): number {
  slot.raw = value
  if (Array.isArray(value)) {
    slot.list = value.map(toText).filter((each) => each !== undefined)
    return list
  }
  const time = toText(value)
  slot.text = time ?? ''
  return time === undefined ? structure : text
}

export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
}

// The functions below need a slot that was read (`kindOf`) and is not a list.

export const textOf = (slot: Slot): string => (slot.text ??= String(slot.number))

/** The text in lower case. */
export const foldedOf = (slot: Slot): string => (slot.folded ??= textOf(slot).toLowerCase())

/** The text as a packed lenient version (semver.ts); NaN if it is none that can be packed. */
export const lenientOf = (slot: Slot): number =>
  slot.lenient === notPacked ? (slot.lenient = packLenientVersion(textOf(slot))) : slot.lenient

/** The value for comparisons by Tackline's own rule. */
export const ordered = (slot: Slot): Ordered =>
  (slot.ordered ??= orderedOf(slot.kind === number ? slot.number : textOf(slot)))

/** Index of the slot's text in its operands; negative if no list has it. */
export const operandIndexOf = (slot: Slot): number =>
  slot.operandIndex === notLookedUp ? lookUp(slot) : slot.operandIndex

/** To be called when operands are added. */
export function forgetOperand(slot: Slot): void {
  slot.operandIndex = notLookedUp
}

const lookUp = (slot: Slot): number => (slot.operandIndex = slot.operands.get(textOf(slot)) ?? notListed)

/** How Bucketeer's rule compares the slot in order. Also fills in its number or version. */
export const orderKindOf = (slot: Slot): number =>
  slot.orderKind === unclassified ? classify(slot) : slot.orderKind

function classify(slot: Slot): number {
  const value = textOf(slot)
  slot.version = undefined
  const plain = packPlainVersion(value)
  if (plain >= 0) {
    slot.number = plain
    return (slot.orderKind = asVersion)
  }
  const float = parseFloat64(value)
  if (float !== undefined) {
    slot.number = float
    return (slot.orderKind = asNumber)
  }
  const version = parseVersion(value)
  slot.version = version
  if (!version) return (slot.orderKind = asText)
  slot.number = packVersion(version)
  return (slot.orderKind = asVersion)
}

/** Undefined if the slot's text is not a version. */
export const versionOf = (slot: Slot): Version | undefined =>
  orderKindOf(slot) === asVersion ? (slot.version ??= parseVersion(textOf(slot))) : undefined

/** What the current request may still take. */
export function stepsOf({ context, ownSteps, generation }: ContextReader): Steps {
  if (context.steps) return context.steps
  if (ownSteps.generation !== generation) Object.assign(ownSteps, makeSteps(), { generation })
  return ownSteps
}

/** The targeting key, prepared for hashing after many prefixes. */
export function blocksOf({ key, generation }: ContextReader, targetingKey: string): KeyBlocks {
  if (key.generation !== generation) {
    key.generation = generation
    setKey(key, targetingKey)
  }
  return key
}
