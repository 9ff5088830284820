// Reads a request's JSON, never keeping more of it than a limit allows: by the declared length, and by
// counting where none or a false one is declared. What comes after the limit is still received: a client
// whose connection breaks while it sends never sees the answer.
import { type Result, ok, refuse } from '../../core/model/problem.ts'

export async function readJson(request: Request, bytesMax: number): Promise<Result<unknown>> {
  const text = await readText(request, bytesMax)
  if (!text.ok) return text
  try {
    return ok(JSON.parse(withoutHalfPairs(text.value)))
  } catch {
    return refuse('INVALID', 'the body is not valid JSON')
  }
}

export async function readText(request: Request, bytesMax: number): Promise<Result<string>> {
  const declared = request.headers.get('content-length')
  // What is declared is what comes: HTTP sees to that, and reading it whole costs a third of reading it by
  // chunks. To ask for `body` alone costs more than a decision.
  if (declared !== null) {
    if (Number(declared) > bytesMax) return tooLarge(bytesMax)
    try {
      const text = await request.text()
      return isWhole(text, Number(declared)) ? ok(text) : notUtf8
    } catch {
      return notUtf8
    }
  }
  if (!request.body) return ok('')
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes <= bytesMax) text += decoder.decode(chunk, { stream: true })
    }
    return bytes > bytesMax ? tooLarge(bytesMax) : ok(text + decoder.decode())
  } catch {
    return notUtf8
  }
}

const tooLarge = (bytesMax: number) => refuse('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)

/**
 * Whether it was UTF-8. The platform puts U+FFFD where it was not, which then takes another number of bytes;
 * what took three as well, the start of a longer character, stays U+FFFD. To decode by ourselves would cost
 * half of reading.
 */
function isWhole(text: string, bytes: number): boolean {
  if (!text.includes('\ufffd')) return true
  const missing = bytes - new TextEncoder().encode(text).byteLength
  return missing === 0 || missing === byteOrderMarkBytes
}
/** It is taken off the text. */
const byteOrderMarkBytes = 3

const notUtf8 = refuse('INVALID', 'the body is not valid UTF-8, or broke off')

const anyHalf = /\\u[dD][89a-fA-F]/
const escapes =
  /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[^])/g

/**
 * Half of a surrogate pair can only come as an escape. It becomes U+FFFD, as in every UTF-8 encoder: a line
 * of the lake that held one could not be read by ClickHouse.
 */
function withoutHalfPairs(json: string): string {
  if (!anyHalf.test(json)) return json
  return json.replace(escapes, (escape) => (escape.length === '\\ud800'.length ? '\\ufffd' : escape))
}
