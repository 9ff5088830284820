// What one decision has read of its context. Every attribute that the snapshot asks for has a slot; it is read, and parsed as number or
// version, at most once per request, however many clauses ask. One reader serves all requests of a snapshot, one after the other: deciding
// is synchronous. What is remembered belongs to a turn, so that a new request need forget nothing.
import { type EvaluationContext, targetingKeyAttribute } from './context.ts'
import { type KeyBlocks, makeKeyBlocks, takeKey } from '../hash/murmur3-x86-32.ts'
import { packPlainVersion, packVersion, parseVersion, type SemanticVersion } from '../text/semver.ts'
import { parseFloat64 } from '../text/go-strconv.ts'

/** Kinds of a slot. A missing attribute reads as the empty text, but does not exist. */
export const missing = 1
export const text = 2
export const number = 3
export const list = 4

/** How a slot's text is put in order: as a number, as a version, or as the text it is. */
const unclassified = 0
export const asNumber = 1
export const asVersion = 2
export const asText = 3

/** Of a slot's text that no list names, and of one that nobody has looked for yet. */
const unlisted = -1
const notLookedUp = -2

/** Whatever is remembered of a request: what it holds counts only in its turn. */
export interface Memoized {
  generation: number
}

export interface Slot extends Memoized {
  readonly name: string
  /** The texts that clauses list, numbered. */
  readonly operands: Map<string, number>
  kind: number
  /** Canonical; of a number made when asked for. */
  text: string | undefined
  list: readonly string[]
  /** Number of the text among the operands. */
  listed: number
  order: number
  /** The number, or where the slot is a version, that packed into one (semver.ts). */
  number: number
  version: SemanticVersion | undefined
  folded: string | undefined
}

export interface ContextReader {
  context: EvaluationContext
  /** Number of the request. */
  generation: number
  /** Whether the request asks for many flags, and so hashes its targeting key after many texts. */
  evaluatesMany: boolean
  readonly key: KeyBlocks & Memoized
}

export const makeSlot = (name: string): Slot => ({
  generation: 0,
  name,
  operands: new Map(),
  kind: missing,
  text: '',
  list: [],
  listed: notLookedUp,
  order: unclassified,
  number: Number.NaN,
  version: undefined,
  folded: undefined,
})

const nobody: EvaluationContext = { targetingKey: undefined, attributes: {} }

export const makeContextReader = (): ContextReader => ({
  context: nobody,
  generation: 0,
  evaluatesMany: false,
  key: { generation: 0, ...makeKeyBlocks() },
})

/** Takes the next request. */
export function reset(reader: ContextReader, context: EvaluationContext, evaluatesMany: boolean): void {
  reader.context = context
  reader.evaluatesMany = evaluatesMany
  reader.generation++
}

export const kindOf = (reader: ContextReader, slot: Slot): number =>
  slot.generation === reader.generation ? slot.kind : read(reader, slot)

function read({ context, generation }: ContextReader, slot: Slot): number {
  const { name } = slot
  const value: unknown = name === targetingKeyAttribute ? context.targetingKey : context.attributes[name]
  slot.generation = generation
  slot.listed = notLookedUp
  slot.order = unclassified
  slot.folded = undefined
  return (slot.kind = keep(slot, value, context))
}

function keep(slot: Slot, value: unknown, context: EvaluationContext): number {
  switch (typeof value) {
    case 'string':
      slot.text = value
      return text
    case 'number':
      slot.text = undefined
      slot.number = value
      slot.order = asNumber
      return number
    case 'boolean':
      slot.text = value ? 'true' : 'false'
      return text
    case 'object':
      // Own lists only: whatever JavaScript hangs on every object is missing. (No inherited property is a text, number or boolean.)
      if (
        Array.isArray(value) &&
        (slot.name === targetingKeyAttribute || Object.hasOwn(context.attributes, slot.name))
      ) {
        slot.list = value.map(toText).filter((each) => each !== undefined)
        return list
      }
      break
    default:
  }
  slot.text = ''
  return missing
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

// What follows is asked of slots that were read, and are no lists.

export const textOf = (slot: Slot): string => (slot.text ??= String(slot.number))

/** The text without regard to case. */
export const foldedOf = (slot: Slot): string => (slot.folded ??= textOf(slot).toLowerCase())

/** Number of the slot's text among the operands of lists; negative where no list has it. */
export const listedOf = (slot: Slot): number => (slot.listed === notLookedUp ? lookUp(slot) : slot.listed)

const lookUp = (slot: Slot): number => (slot.listed = slot.operands.get(textOf(slot)) ?? unlisted)

/** How the slot is put in order; its number or version is then there. */
export const orderOf = (slot: Slot): number => (slot.order === unclassified ? classify(slot) : slot.order)

function classify(slot: Slot): number {
  const value = textOf(slot)
  slot.version = undefined
  const plain = packPlainVersion(value)
  if (plain >= 0) {
    slot.number = plain
    return (slot.order = asVersion)
  }
  const float = parseFloat64(value)
  if (float !== undefined) {
    slot.number = float
    return (slot.order = asNumber)
  }
  const version = parseVersion(value)
  slot.version = version
  if (!version) return (slot.order = asText)
  slot.number = packVersion(version)
  return (slot.order = asVersion)
}

/** Undefined where the slot's text is no version. (A number is none: a version has two dots.) */
export const versionOf = (slot: Slot): SemanticVersion | undefined =>
  orderOf(slot) === asVersion ? (slot.version ??= parseVersion(textOf(slot))) : undefined

/** The targeting key, prepared for hashing after many texts. */
export function blocksOf({ key, generation }: ContextReader, targetingKey: string): KeyBlocks {
  if (key.generation !== generation) {
    key.generation = generation
    takeKey(key, targetingKey)
  }
  return key
}
