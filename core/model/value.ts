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
