// Parses a variation's text as its flag's type. Separate from the schemas because evaluation must not load
// zod.

export const flagTypes = ['boolean', 'string', 'number', 'json', 'yaml'] as const
export type FlagType = (typeof flagTypes)[number]

/** `json`: the value as compact JSON, for yaml flags only. */
interface StoredValue {
  readonly value: string
  readonly json?: string | undefined
}

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
export type FlagValue = JsonValue

/** Undefined if the text is not a value of the type. YAML is converted to JSON when a flag is written. */
export function parseValue(type: FlagType, { value, json }: StoredValue): FlagValue | undefined {
  switch (type) {
    case 'string':
      return value
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : undefined
    case 'number': {
      const number = value.trim() === '' ? Number.NaN : Number(value)
      return Number.isFinite(number) ? number : undefined
    }
    case 'json':
      return parseJson(value)
    case 'yaml':
      return json === undefined ? undefined : parseJson(json)
  }
}

/**
 * Why protocols would read a number's text, or a number inside a JSON text, as different values; undefined
 * if they all read the same. Some send the text, others the number that JavaScript makes of it.
 */
export function numberProblem(type: FlagType, { value, json }: StoredValue): string | undefined {
  if (type === 'number') return jsonNumber.test(value) ? inexact(value) : 'is no number as JSON writes it'
  if (type !== 'json' && type !== 'yaml') return undefined
  for (const [, number] of (json ?? (type === 'json' ? value : '')).matchAll(jsonNumbers)) {
    const problem = number === undefined ? undefined : inexact(number)
    if (problem !== undefined) return `has ${number!.slice(0, 40)}, which ${problem}`
  }
  return undefined
}

/** RFC 8259, section 6. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
/** Skips texts. */
const jsonNumbers = /"(?:[^"\\]|\\.)*"|(-?\d[\d.eE+-]*)/g

function inexact(text: string): string | undefined {
  const number = Number(text)
  if (!Number.isFinite(number)) return 'is beyond every double'
  if (Object.is(number, -0)) return 'is a negative zero: write 0'
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number)
    ? 'is an integer beyond 2^53, which loses digits: write it as a text'
    : undefined
}

/** Deeper than any hand-written value, and far below the depth at which parsers overflow the stack. */
const depthMax = 100

/** Whether a JSON text nests deeper than `depthMax`. Brackets within strings do not count. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  let isInText = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isInText) {
      if (character === '\\') at++
      else if (character === '"') isInText = false
    } else if (character === '"') isInText = true
    else if (character === '[' || character === '{') {
      if (++depth > depthMax) return true
    } else if (character === ']' || character === '}') depth--
  }
  return false
}

function parseJson(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return value === null ? undefined : value // in every protocol, null means that there is no value
  } catch {
    return undefined
  }
}

/** Whether the value is an object, whose keys can be served as flags. */
export function isBundle(type: FlagType, variation: StoredValue): boolean {
  const value = parseValue(type, variation)
  return (type === 'json' || type === 'yaml') && typeof value === 'object' && !Array.isArray(value)
}
