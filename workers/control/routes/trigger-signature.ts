// Whether the request that fires a trigger is signed by its sender: HMAC-SHA-256 over the body as it was
// sent, in hexadecimal, with or without `sha256=` before it. GitHub, Grafana, Linear and others sign so.
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { TriggerSignature } from '../../../core/model/trigger.ts'
import { tooLarge } from '../../http/content-encoding.ts'

/** Of a body whose signature is checked. What alerts and deploys send is far smaller. */
export const signedBytesMax = 1_000_000

export async function checkSignature(
  { header, secret }: TriggerSignature,
  request: Request,
): Promise<Result<undefined>> {
  const body = await readBytes(request)
  if (!body.ok) return body
  const signature = fromHex(request.headers.get(header) ?? '')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const bytes = new TextEncoder().encode(secret)
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
  // verify() compares in constant time.
  if (signature && (await crypto.subtle.verify('HMAC', key, signature, body.value))) return ok(undefined)
  return refuse('FORBIDDEN', `the header ${header} must be the HMAC-SHA-256 of the body, in hexadecimal`)
}

async function readBytes(request: Request): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of (request.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength
      if (length <= signedBytesMax) chunks.push(chunk) // the rest is still received, so that the answer is seen
    }
  } catch {
    return refuse('INVALID', 'the body broke off')
  }
  if (length > signedBytesMax) return tooLarge(signedBytesMax)
  const body = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.byteLength
  }
  return ok(body)
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  const hex = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(text.trim())?.[1]
  return hex === undefined
    ? undefined
    : Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16))
}
