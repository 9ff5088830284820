// Paths of request URLs, without the cost of `new URL`.

/**
 * The path of an absolute URL, still percent-encoded and without doubled slashes. Parsing the whole URL costs
 * more than a decision.
 */
export function pathOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('//') + 2)
  const to = url.indexOf('?', from)
  return withoutDoubledSlashes(to === -1 ? url.slice(from) : url.slice(from, to))
}

const keyFollows = /^(.*?\/ofrep\/+v1\/+evaluate\/+flags\/)(.*)$/

/**
 * The path with one slash for several in a row, which come from a base URL that ends in one. A flag's key, at
 * the end of an OFREP path, stays as it is.
 */
export function withoutDoubledSlashes(path: string): string {
  if (!path.includes('//')) return path
  const [, route = path, key = ''] = keyFollows.exec(path) ?? []
  return route.replaceAll(/\/{2,}/g, '/') + key
}

/** Decodes percent-encoding. Invalid encodings, such as a lone `%`, are returned unchanged. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
