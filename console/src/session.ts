// The API token of this tab. Cloudflare Access needs none: then the browser sends a cookie by itself.
const slot = 'tackline-token'
const listeners = new Set<() => void>()
const tell = () => {
  for (const listener of listeners) listener()
}

/**
 * Takes the token of `#token=...`. Browsers send no fragment to the server, so it gets into no log. In the
 * address it would stay in the browser's history.
 */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return
  sessionStorage.setItem(slot, token.trim())
  history.replaceState(null, '', location.pathname + location.search)
}

export const readToken = (): string => sessionStorage.getItem(slot) ?? ''

export function beginSession(token: string): void {
  sessionStorage.setItem(slot, token.trim())
  tell()
}

export function endSession(): void {
  sessionStorage.removeItem(slot)
  tell()
}

/** Calls back when the token changes; returns how to stop. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
