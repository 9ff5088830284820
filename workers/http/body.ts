// Reads a request's text or JSON up to a size limit. The limit is checked against the declared length, or by
// counting if there is none. The rest of a body that is too large is still received: a client whose
// connection breaks while it sends never sees the response. For a compressed body (`content-encoding`) the
// limit counts twice: for what is received, and for what it inflates to.
import { type Result, ok, refuse } from '../../core/model/problem.ts'
import { encodingOf, inflate, tooLarge } from './content-encoding.ts'

export async function readJson(request: Request, bytesMax: number): Promise<Result<unknown>> {
  const text = await readText(request, bytesMax)
  if (!text.ok) return text
  if (isDeep(text.value)) return refuse('INVALID', `the body is nested more than ${depthMax} levels deep`)
  try {
    return ok(parseJson(replaceLoneSurrogates(text.value)))
  } catch {
    return refuse('INVALID', 'the body is not valid JSON')
  }
}

/** JSON.parse takes any depth, but what walks through the result by recursion runs out of stack. */
const depthMax = 2_000

function isDeep(text: string): boolean {
  if (!hasManyBrackets(text)) return false
  let depth = 0
  let isInText = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) isInText = !isInText // "
    else if (isInText) i += code === 0x5c ? 1 : 0 // a backslash, and what it escapes
    else if ((code === 0x5b || code === 0x7b) && ++depth > depthMax) return true
    else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

/** Whether more brackets open than there may be levels, wherever they are: V8 finds one by machine words. */
function hasManyBrackets(text: string): boolean {
  let brackets = 0
  for (const bracket of '{[')
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++brackets > depthMax) return true
  return false
}

/**
 * Parses JSON. An integer that a double would not hold exactly becomes its text, so that no digit is lost.
 */
const parseJson = (text: string): unknown =>
  hasLongNumber(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)

/** Whether there are 16 digits in a row: of any 16 characters in a row, one is at a multiple of 16. */
function hasLongNumber(text: string): boolean {
  for (let i = 0; i < text.length; i += 16) {
    if (!isDigit(text, i)) continue
    let from = i
    while (isDigit(text, from - 1)) from--
    let to = i + 1
    while (isDigit(text, to)) to++
    if (to - from >= 16) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

const keepDigits = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' &&
  Math.abs(value) > Number.MAX_SAFE_INTEGER &&
  /^-?\d+$/.test(context?.source ?? '')
    ? context!.source
    : value

export async function readText(request: Request, bytesMax: number): Promise<Result<string>> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null) {
    const inflated = await readInflated(request, encoding, bytesMax)
    if (!inflated.ok) return inflated
    if (inflated.value) return decodeText(inflated.value)
  }
  const declared = request.headers.get('content-length')
  // HTTP guarantees that the declared length is right, and `text()` takes a third of the time of reading
  // chunks. This comes first because access to `request.body` alone costs more than a decision.
  if (declared !== null) {
    if (Number(declared) > bytesMax) return tooLarge(bytesMax)
    try {
      const text = await request.text()
      return wasUtf8(text, Number(declared)) ? ok(text) : notUtf8
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

/** The inflated body; undefined if `contentEncoding` changes nothing. */
async function readInflated(
  request: Request,
  contentEncoding: string,
  bytesMax: number,
): Promise<Result<Uint8Array | undefined>> {
  const encoding = encodingOf(contentEncoding)
  if (!encoding.ok || encoding.value === undefined) return encoding as Result<undefined>
  if (Number(request.headers.get('content-length')) > bytesMax) return tooLarge(bytesMax)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of (request.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes <= bytesMax) chunks.push(chunk)
    }
  } catch {
    return notUtf8
  }
  return bytes > bytesMax ? tooLarge(bytesMax) : inflate(chunks, encoding.value, bytesMax)
}

function decodeText(bytes: Uint8Array): Result<string> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return notUtf8
  }
}

/**
 * `Request.text()` replaces invalid sequences by U+FFFD, which has three bytes, so the text then has another
 * length than was declared. A truncated sequence of three bytes has the same length and goes unnoticed: it
 * is read as U+FFFD. Decoding ourselves would take half as long again.
 */
function wasUtf8(text: string, bytes: number): boolean {
  if (!text.includes('\ufffd')) return true
  const missing = bytes - new TextEncoder().encode(text).byteLength
  return missing === 0 || missing === byteOrderMarkBytes
}
/** `Request.text()` drops a byte order mark. */
const byteOrderMarkBytes = 3

const notUtf8 = refuse('INVALID', 'the body is not valid UTF-8, or broke off')

const surrogateEscape = /\\u[dD][89a-fA-F]/
/** Matches surrogate pairs, lone surrogates, and any other escape, such as an escaped backslash. */
const escapes =
  /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[^])/g

/**
 * In valid UTF-8 a lone surrogate can only come as an escape. It is replaced by U+FFFD, as UTF-8 encoders
 * do: ClickHouse cannot read a line of the lake that contains one.
 */
function replaceLoneSurrogates(json: string): string {
  if (!json.includes('\\u') || !surrogateEscape.test(json)) return json // V8 looks for a text by machine words
  return json.replace(escapes, (escape) => (escape.length === '\\ud800'.length ? '\\ufffd' : escape))
}
