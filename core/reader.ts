// What one decision has read of its context. Attributes have numbered slots, one per name that the snapshot asks for; each is read,
// and parsed as number or version, at most once per request, however many clauses ask. One reader serves all requests of a snapshot,
// one after the other: deciding is synchronous.
import { type EvaluationContext, targetingKeyAttribute } from './context.ts'
import { type KeyBlocks, keyBlocks } from './hash/murmur3-x86-32.ts'
import { packPlainVersion, packVersion, parseVersion, type SemanticVersion } from './semver.ts'
import { parseFloat64 } from './text.ts'

/** Kinds of a slot. A missing attribute reads as the empty text, but does not exist. */
export const unread = 0
export const missing = 1
export const text = 2
export const number = 3
export const list = 4

/** How a slot's text is put in order: as a number, as a version, or as the text it is. */
const unclassified = 0
export const asNumber = 1
export const asVersion = 2
export const asText = 3

export interface Reader {
  readonly names: readonly string[]
  context: EvaluationContext
  readonly kinds: Uint8Array
  /** Canonical texts; of a number made when asked for. */
  readonly texts: (string | undefined)[]
  readonly lists: (readonly string[])[]
  readonly orders: Uint8Array
  /** The number, or where the slot is a version, that packed into one (semver.ts). */
  readonly numbers: Float64Array
  readonly versions: (SemanticVersion | undefined)[]
  readonly folded: (string | undefined)[]
  blocks: KeyBlocks | undefined
}

const nobody: EvaluationContext = { targetingKey: undefined, attributes: {} }

export function makeReader(names: readonly string[]): Reader {
  const size = names.length
  return {
    names,
    context: nobody,
    kinds: new Uint8Array(size),
    texts: new Array<string | undefined>(size).fill(undefined),
    lists: new Array<readonly string[]>(size).fill([]),
    orders: new Uint8Array(size),
    numbers: new Float64Array(size),
    versions: new Array<SemanticVersion | undefined>(size).fill(undefined),
    folded: new Array<string | undefined>(size).fill(undefined),
    blocks: undefined,
  }
}

/** Forgets the request before. What a slot holds beside its kind is made anew when it is read. */
export function begin(reader: Reader, context: EvaluationContext): void {
  reader.context = context
  reader.blocks = undefined
  const { kinds } = reader
  for (let slot = 0; slot < kinds.length; slot++) kinds[slot] = unread
}

export function kindOf(reader: Reader, slot: number): number {
  const kind = reader.kinds[slot]!
  return kind === unread ? read(reader, slot) : kind
}

function read(reader: Reader, slot: number): number {
  const name = reader.names[slot]!
  const { context } = reader
  const value: unknown = name === targetingKeyAttribute ? context.targetingKey : context.attributes[name]
  return (reader.kinds[slot] = keep(reader, slot, name, value))
}

function keep(reader: Reader, slot: number, name: string, value: unknown): number {
  reader.folded[slot] = undefined
  reader.orders[slot] = unclassified
  switch (typeof value) {
    case 'string':
      reader.texts[slot] = value
      return text
    case 'number':
      reader.texts[slot] = undefined
      reader.numbers[slot] = value
      reader.orders[slot] = asNumber
      return number
    case 'boolean':
      reader.texts[slot] = value ? 'true' : 'false'
      return text
    case 'object':
      // Own lists only: whatever JavaScript hangs on every object is missing. (No inherited property is a text, number or boolean.)
      if (
        Array.isArray(value) &&
        (name === targetingKeyAttribute || Object.hasOwn(reader.context.attributes, name))
      ) {
        reader.lists[slot] = value.map(toText).filter((each) => each !== undefined)
        return list
      }
      break
    default:
  }
  reader.texts[slot] = ''
  return missing
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** Of any slot but a list. */
export const textOf = (reader: Reader, slot: number): string =>
  (reader.texts[slot] ??= String(reader.numbers[slot]))

/** The text without regard to case. */
export const foldedOf = (reader: Reader, slot: number): string =>
  (reader.folded[slot] ??= textOf(reader, slot).toLowerCase())

/** How the slot is put in order; its number or version is then there. Of any slot but a list. */
export function orderOf(reader: Reader, slot: number): number {
  const order = reader.orders[slot]!
  return order === unclassified ? classify(reader, slot) : order
}

function classify(reader: Reader, slot: number): number {
  const value = textOf(reader, slot)
  reader.versions[slot] = undefined
  const plain = packPlainVersion(value)
  if (plain >= 0) {
    reader.numbers[slot] = plain
    return (reader.orders[slot] = asVersion)
  }
  const float = parseFloat64(value)
  if (float !== undefined) {
    reader.numbers[slot] = float
    return (reader.orders[slot] = asNumber)
  }
  const version = parseVersion(value)
  reader.versions[slot] = version
  if (!version) return (reader.orders[slot] = asText)
  reader.numbers[slot] = packVersion(version)
  return (reader.orders[slot] = asVersion)
}

/** Undefined where the slot's text is no version. (A number is none: a version has two dots.) */
export const versionOf = (reader: Reader, slot: number): SemanticVersion | undefined =>
  orderOf(reader, slot) === asVersion
    ? (reader.versions[slot] ??= parseVersion(textOf(reader, slot)))
    : undefined

/** The targeting key, prepared for hashing after many prefixes. */
export const blocksOf = (reader: Reader, targetingKey: string): KeyBlocks =>
  (reader.blocks ??= keyBlocks(targetingKey))
