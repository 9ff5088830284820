// What a variation's text is, read as its flag's type. Apart from the schemas: deciding needs it, and loads no schema for it.

export const flagTypes = ['boolean', 'string', 'number', 'json', 'yaml'] as const
export type FlagType = (typeof flagTypes)[number]

/** `json`: of a yaml flag, the value as compact JSON. */
interface StoredValue {
  readonly value: string
  readonly json?: string | undefined
}

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }
export type FlagValue = JsonValue

/** The typed value of a variation; undefined where its text is no such value. YAML was turned into JSON when it was written. */
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

/** Deeper than any value one writes, and far from what a parser's or printer's stack holds. */
const depthMax = 100

/** Whether a JSON text nests deeper than `depthMax`; signs inside its texts do not count. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  let isInText = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (isInText) {
      if (sign === '\\') at++
      else if (sign === '"') isInText = false
    } else if (sign === '"') isInText = true
    else if (sign === '[' || sign === '{') {
      if (++depth > depthMax) return true
    } else if (sign === ']' || sign === '}') depth--
  }
  return false
}

function parseJson(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return value === null ? undefined : value // null means "use your default" on every wire
  } catch {
    return undefined
  }
}

/** An object, whose keys are flag keys. */
export function isBundle(type: FlagType, variation: StoredValue): boolean {
  const value = parseValue(type, variation)
  return (type === 'json' || type === 'yaml') && typeof value === 'object' && !Array.isArray(value)
}
