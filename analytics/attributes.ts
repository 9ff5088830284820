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
  /** At most: to measure exactly takes longer than everything else, and is seldom needed. */
  let bytes = 0
  for (const name of Object.keys(attributes)) {
    if (count === attributesMax) break
    const value = attributes[name]
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    const text = String(value)
    if (name.length > nameLengthMax || text.length > textLengthMax || name === '__proto__') continue
    bytes += escapeBytes * (name.length + text.length)
    if (bytes > bytesMax && bytesOf(kept) + jsonBytesMax(name) + jsonBytesMax(text) > bytesMax) break
    kept[name] = text
    count++
  }
  return kept
}

const bytesOf = (kept: Readonly<Record<string, string>>): number =>
  Object.entries(kept).reduce((sum, [name, text]) => sum + jsonBytesMax(name) + jsonBytesMax(text), 0)

/** Bytes of the text in JSON, at most. */
const jsonBytesMax = (text: string): number => (plain.test(text) ? text.length : escapeBytes * text.length)
const escapeBytes = 6
const plain = /^[ !#-[\]-~]*$/
