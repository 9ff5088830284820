// What one decision has read of its context. Attributes have numbered slots, one per name that the snapshot asks for; each is read,
// and parsed as number or version, at most once per request, however many clauses ask. One reader serves all requests of a snapshot,
// one after the other: deciding is synchronous.
import { type EvaluationContext, targetingKeyAttribute } from './context.ts'
import { type KeyBlocks, keyBlocks } from './hash/murmur3-x86-32.ts'
import { parseVersion, type SemanticVersion } from './semver.ts'
import { parseFloat64 } from './text.ts'

/** Kinds of a slot. A missing attribute reads as the empty text, but does not exist. */
export const unread = 0
export const missing = 1
export const text = 2
export const number = 3
export const list = 4

const unparsed = 0
const unfit = 1
const parsed = 2

export interface Reader {
  readonly names: readonly string[]
  context: EvaluationContext
  readonly kinds: Uint8Array
  /** Canonical texts; of a number made when asked for. */
  readonly texts: (string | undefined)[]
  readonly lists: (readonly string[])[]
  readonly numbers: Float64Array
  readonly numberStates: Uint8Array
  readonly versions: (SemanticVersion | undefined)[]
  readonly versionStates: Uint8Array
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
    numbers: new Float64Array(size),
    numberStates: new Uint8Array(size),
    versions: new Array<SemanticVersion | undefined>(size).fill(undefined),
    versionStates: new Uint8Array(size),
    folded: new Array<string | undefined>(size).fill(undefined),
    blocks: undefined,
  }
}

/** Forgets the request before. */
export function begin(reader: Reader, context: EvaluationContext): void {
  reader.context = context
  reader.blocks = undefined
  const { kinds, numberStates, versionStates } = reader
  for (let slot = 0; slot < kinds.length; slot++) {
    kinds[slot] = unread
    numberStates[slot] = unparsed
    versionStates[slot] = unparsed
  }
}

/** Drops what it holds of the request, so that a long-lived snapshot keeps nobody's context alive. */
export function end(reader: Reader): void {
  reader.context = nobody
  reader.blocks = undefined
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
  switch (typeof value) {
    case 'string':
      reader.texts[slot] = value
      return text
    case 'number':
      reader.texts[slot] = undefined
      reader.numbers[slot] = value
      reader.numberStates[slot] = parsed
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

/** Whether the slot's text is a number (Go's ParseFloat); it is then in `numbers`. */
export function isNumber(reader: Reader, slot: number): boolean {
  if (reader.numberStates[slot] === unparsed) {
    const value = parseFloat64(textOf(reader, slot))
    reader.numberStates[slot] = value === undefined ? unfit : parsed
    if (value !== undefined) reader.numbers[slot] = value
  }
  return reader.numberStates[slot] === parsed
}

export function versionOf(reader: Reader, slot: number): SemanticVersion | undefined {
  if (reader.versionStates[slot] === unparsed) {
    reader.versions[slot] = parseVersion(textOf(reader, slot))
    reader.versionStates[slot] = parsed
  }
  return reader.versions[slot]
}

/** The targeting key, prepared for hashing after many prefixes. */
export const blocksOf = (reader: Reader, targetingKey: string): KeyBlocks =>
  (reader.blocks ??= keyBlocks(targetingKey))
