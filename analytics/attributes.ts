// Selects the attributes of a context that a record keeps, for breakdowns: scalars as text, within limits.

const attributesMax = 50
const nameLengthMax = 100
const textLengthMax = 500

export function toRecordAttributes(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(attributes)) {
    if (kept.length === attributesMax) break
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    const text = String(value)
    if (name.length <= nameLengthMax && text.length <= textLengthMax) kept.push([name, text])
  }
  return Object.fromEntries(kept)
}
