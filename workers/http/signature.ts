// HMAC-SHA-256 signatures, and base64url. Whoever signs puts what it is for into the text, so that a
// signature for one purpose is worth nothing for another.

const encoder = new TextEncoder()

export const sign = async (secret: string, text: string): Promise<string> =>
  toBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', await hmacKey(secret), encoder.encode(text))))

export async function isSignature(secret: string, signature: string, text: string): Promise<boolean> {
  const bytes = fromBase64url(signature)
  return (
    bytes !== undefined &&
    (await crypto.subtle.verify('HMAC', await hmacKey(secret), bytes, encoder.encode(text)))
  )
}

/** A Worker has one secret, which is imported once. */
let imported: { readonly secret: string; readonly key: Promise<CryptoKey> } | undefined

function hmacKey(secret: string): Promise<CryptoKey> {
  if (imported?.secret !== secret) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign', 'verify'])
    imported = { secret, key }
  }
  return imported.key
}

export const toBase64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/** Undefined if the text is not base64url. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0))
  } catch {
    return undefined
  }
}
