// Paths of request URLs, without the cost of `new URL`.

/** The path of an absolute URL, still percent-encoded. Parsing the whole URL costs more than a decision. */
export function pathOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('//') + 2)
  const to = url.indexOf('?', from)
  return to === -1 ? url.slice(from) : url.slice(from, to)
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
