// Reads a request's JSON, never more of it than a limit allows: by the declared length, and by counting where none or a false one is declared.
import { type Result, ok, refuse } from '../../core/problem.ts'

export async function readJson(request: Request, bytesMax: number): Promise<Result<unknown>> {
  const text = await readText(request, bytesMax)
  if (!text.ok) return text
  try {
    return ok(JSON.parse(text.value))
  } catch {
    return refuse('INVALID', 'the body is not valid JSON')
  }
}

async function readText(request: Request, bytesMax: number): Promise<Result<string>> {
  const tooLarge = refuse('TOO_LARGE', `the body is larger than ${bytesMax} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return tooLarge
  if (!request.body) return ok('')
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) return tooLarge
    text += decoder.decode(chunk, { stream: true })
  }
  return ok(text + decoder.decode())
}
