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
  keepToken(token)
  setIsOver(false)
  tell()
}

/** Another token for what is open: nothing is read anew, nothing typed is lost. */
export const keepToken = (token: string): void => sessionStorage.setItem(slot, token.trim())

export function endSession(): void {
  sessionStorage.removeItem(slot)
  tell()
}

let isOver = false
const overListeners = new Set<() => void>()

/** Whether the API has refused to know the caller: the token has expired, or Access asks to sign in again. */
export const isSessionOver = (): boolean => isOver

export function setIsOver(next: boolean): void {
  if (isOver === next) return
  isOver = next
  for (const listener of overListeners) listener()
}

/** A late refusal of a token that was replaced meanwhile ends nothing. */
export function endFor(token: string): void {
  if (token === readToken()) setIsOver(true)
}

export function onSessionOver(listener: () => void): () => void {
  overListeners.add(listener)
  return () => overListeners.delete(listener)
}

/** Calls back when the token changes; returns how to stop. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
