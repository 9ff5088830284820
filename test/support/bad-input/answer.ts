// Checks every response to bad input: no 5xx, no hang, no stack trace, and refusals in the dialect's own
// form.
import * as z from 'zod'
import type { TestEnvironment } from '../stack-fixture.ts'
import type { Dialect, Route } from './routes.ts'

const answerWithinMs = 10_000

const sentence = z.string().min(8)
const codes = [
  'INVALID',
  'NOT_FOUND',
  'CONFLICT',
  'IN_USE',
  'FORBIDDEN',
  'UNAUTHENTICATED',
  'TOO_LARGE',
  'UNSUPPORTED_ENCODING',
  'RATE_LIMITED',
]

/** The refusals of each dialect: a code for programs, a sentence for people. */
const refusals: Record<Dialect, z.ZodType> = {
  bucketeer: z.strictObject({
    code: z.int().min(1).max(16),
    message: sentence.startsWith('gateway: '),
    details: z.array(z.never()),
  }),
  'flagship-io': z.strictObject({ message: sentence, code: z.enum(codes) }),
  ofrep: z.strictObject({
    key: z.string().optional(),
    errorCode: z.enum([
      'PARSE_ERROR',
      'TARGETING_KEY_MISSING',
      'INVALID_CONTEXT',
      'FLAG_NOT_FOUND',
      'GENERAL',
    ]),
    errorDetails: sentence,
  }),
  admin: z.looseObject({
    type: z.literal('about:blank'),
    title: z.string().min(5),
    status: z.int(),
    code: z.enum(codes),
    detail: sentence,
  }),
}

export const keyHeader: Record<Dialect, (key: string) => Record<string, string>> = {
  bucketeer: (key) => ({ authorization: key }),
  'flagship-io': (key) => ({ 'x-api-key': key }),
  ofrep: (key) => ({ authorization: `Bearer ${key}` }),
  admin: (key) => ({ authorization: `Bearer ${key}` }),
}

export interface TestRequest {
  readonly dialect: Dialect
  readonly method: string
  readonly path: string
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream
  /** Replaces the right key; empty for no key. */
  readonly key?: string
  readonly role?: 'server'
}

/** Sends a request. Throws with request and response if the response is invalid. */
export async function send(
  environment: TestEnvironment,
  { dialect, method, path, body, key, role }: TestRequest,
): Promise<number> {
  const right =
    dialect === 'admin'
      ? environment.token
      : role === 'server'
        ? environment.serverKey
        : environment.clientKey
  const used = key ?? right
  const response = await fetch(environment.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...(used !== '' && keyHeader[dialect](used)) },
    ...(body !== undefined && { body, duplex: 'half' }),
    signal: AbortSignal.timeout(answerWithinMs),
  })
  const { status } = response
  const text = await response.text()
  const complaint = complaintAbout(dialect, response, text)
  if (complaint === undefined) return status
  const bodyText = typeof body === 'string' ? body.slice(0, 500) : ''
  throw new Error(
    `${complaint}: ${method} ${path.slice(0, 100)} ${bodyText} -> ${status} ${text.slice(0, 500)}`,
  )
}

/** Undefined if the response is valid. */
export function complaintAbout(dialect: Dialect, response: Response, text: string): string | undefined {
  if (response.status >= 500) return 'the server failed'
  if (/\.ts:\d+|\bat \S+ \(|node_modules/.test(text)) return 'a stack trace in the response'
  if (response.status < 400) return undefined
  if (!/^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? ''))
    return 'refused without JSON'
  const refusal = refusals[dialect].safeParse(JSON.parse(text))
  return refusal.success ? undefined : `not the form of ${dialect}`
}

/** The distinct statuses of a route for several bodies. */
export async function statusesOf(
  environment: TestEnvironment,
  route: Route,
  sent: readonly Partial<TestRequest>[],
): Promise<number[]> {
  const { body: _, ...to } = route
  const statuses = await Promise.all(sent.map((each) => send(environment, { ...to, ...each })))
  return [...new Set(statuses)].toSorted((a, b) => a - b)
}
