// Selects the attributes of a context that a record keeps, for breakdowns: scalars as text, within limits.
// The limit in bytes is what keeps every record below the size of a queue message. `__proto__` cannot be
// assigned like other names, and is dropped.

const attributesMax = 50
const nameLengthMax = 100
const textLengthMax = 500
/** Of all names and texts as JSON. Fifty of ASCII always fit. */
const bytesMax = 60_000

export function toRecordAttributes(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  const kept: Record<string, string> = {}
  let count = 0
  let bytes = 0
  for (const name of Object.keys(attributes)) {
    if (count === attributesMax) break
    const value = attributes[name]
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    const text = String(value)
    if (name.length > nameLengthMax || text.length > textLengthMax || name === '__proto__') continue
    bytes += jsonBytesMax(name) + jsonBytesMax(text)
    if (bytes > bytesMax) break
    kept[name] = text
    count++
  }
  return kept
}

/** Bytes of the text in JSON, at most: an escape has six. */
const jsonBytesMax = (text: string): number => (plain.test(text) ? text.length : 6 * text.length)
const plain = /^[ !#-[\]-~]*$/
