// Reads a request's JSON, never keeping more of it than a limit allows: by the declared length, and by counting where none or a false one
// is declared. What comes after the limit is still received: a client whose connection breaks while it sends never sees the answer.
import { type Result, ok, refuse } from '../../core/problem.ts'

export async function readJson(request: Request, bytesMax: number): Promise<Result<unknown>> {
  const text = await readText(request, bytesMax)
  if (!text.ok) return text
  try {
    return ok(JSON.parse(withoutHalfPairs(text.value)))
  } catch {
    return refuse('INVALID', 'the body is not valid JSON')
  }
}

/** Without a stream it keeps nothing from one text to the next. */
const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

export async function readText(request: Request, bytesMax: number): Promise<Result<string>> {
  const tooLarge = refuse('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)
  const declared = request.headers.get('content-length')
  if (Number(declared ?? 0) > bytesMax) return tooLarge
  if (!request.body) return ok('')
  // What is declared is what comes: HTTP sees to that, and reading it whole costs a third of reading it by chunks.
  if (declared !== null) {
    try {
      return ok(whole.decode(await request.arrayBuffer()))
    } catch {
      return notUtf8
    }
  }
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let text = ''
  let bytes = 0
  try {
    for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes <= bytesMax) text += decoder.decode(chunk, { stream: true })
    }
    return bytes > bytesMax ? tooLarge : ok(text + decoder.decode())
  } catch {
    return notUtf8
  }
}

const notUtf8 = refuse('INVALID', 'the body is not valid UTF-8, or broke off')

const anyHalf = /\\u[dD][89a-fA-F]/
const escapes =
  /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[^])/g

/**
 * Half of a surrogate pair can only come as an escape. It becomes U+FFFD, as in every UTF-8 encoder: a line of the lake that held one
 * could not be read by ClickHouse.
 */
function withoutHalfPairs(json: string): string {
  if (!anyHalf.test(json)) return json
  return json.replace(escapes, (escape) => (escape.length === '\\ud800'.length ? '\\ufffd' : escape))
}
