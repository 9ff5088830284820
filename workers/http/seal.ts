// Texts that only whoever has a key can read: AES-256-GCM, with what the text belongs to as additional data,
// so that a sealed text cannot be moved to another place.

/** The length of a key in bytes. */
export const sealKeyBytes = 32
const ivBytes = 12

const importKey = (key: Uint8Array<ArrayBuffer>, usage: 'encrypt' | 'decrypt') =>
  crypto.subtle.importKey('raw', key, 'AES-GCM', false, [usage])

const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

/** `iv` is used once per key: twelve random bytes. Returns base64. */
export async function seal(
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
  place: string,
  text: string,
): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'AES-GCM', iv, additionalData: encoder.encode(place) }
  const sealed = await crypto.subtle.encrypt(algorithm, await importKey(key, 'encrypt'), encoder.encode(text))
  const bytes = new Uint8Array(ivBytes + sealed.byteLength)
  bytes.set(iv)
  bytes.set(new Uint8Array(sealed), ivBytes)
  return toBase64(bytes)
}

/** Rejects if the key, the place or the text is another one. */
export async function unseal(key: Uint8Array<ArrayBuffer>, place: string, sealed: string): Promise<string> {
  const bytes = fromBase64(sealed)
  const algorithm = {
    name: 'AES-GCM',
    iv: bytes.subarray(0, ivBytes),
    additionalData: new TextEncoder().encode(place),
  }
  const text = await crypto.subtle.decrypt(
    algorithm,
    await importKey(key, 'decrypt'),
    bytes.subarray(ivBytes),
  )
  return new TextDecoder().decode(text)
}

export const newIv = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(ivBytes))

/** The key of a header; undefined if it is none. */
export function sealKeyOf(header: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(header)) return undefined
  return fromBase64(header)
}
