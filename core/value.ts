// What a variation's text is, read as its flag's type. Apart from the schemas: deciding needs it, and loads no schema for it.
import type { FlagType } from './flag.ts'

export type FlagValue = JsonValue
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/** The typed value of a variation's text; undefined where the text is no such value. */
export function parseValue(type: FlagType, text: string): FlagValue | undefined {
  switch (type) {
    case 'string':
      return text
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined
    case 'number': {
      const number = text.trim() === '' ? Number.NaN : Number(text)
      return Number.isFinite(number) ? number : undefined
    }
    case 'json':
      return parseJson(text)
  }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return value === null ? undefined : value // null means "use your default" on every wire
  } catch {
    return undefined
  }
}

/** A json object, whose keys are flag keys. */
export function isBundle(type: FlagType, text: string): boolean {
  const value = parseValue(type, text)
  return type === 'json' && typeof value === 'object' && !Array.isArray(value)
}
