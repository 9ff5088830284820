// Paths, off URLs that are known to be whole.

/** Path of an absolute URL as it came, without parsing all of it: that costs more than a decision does. */
export function pathOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('//') + 2)
  const to = url.indexOf('?', from)
  return to === -1 ? url.slice(from) : url.slice(from, to)
}

/**
 * A part of a path, or a header, as it was before percent-encoding. What is none, as a lone `%`, is taken as
 * it is.
 */
export function decoded(part: string): string {
  if (!part.includes('%')) return part
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
