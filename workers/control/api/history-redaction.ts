// Hashes of keys and tokens are nobody's business: what is shown whole is shown without them.

/** A copy without any field that holds a SHA-256. */
export function withoutHashes<T>(value: T): T {
  const text = JSON.stringify(value, (key, field: unknown) => (/sha256$/i.test(key) ? undefined : field))
  return JSON.parse(text) as T
}
