// The schemas of OFREP's OpenAPI file (service/openapi.yaml and event-streams.yaml, 0.3.0) by status. Strict:
// a field that the protocol does not name is a failure.
import * as z from 'zod'

const metadata = z.record(z.string(), z.union([z.boolean(), z.string(), z.number()]))
const success = z.strictObject({
  key: z.string(),
  value: z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.unknown())]).optional(),
  reason: z.enum(['STATIC', 'DEFAULT', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'UNKNOWN']),
  variant: z.string(),
  metadata,
})
const failure = (code: z.ZodType) =>
  z.strictObject({ key: z.string(), errorCode: code, errorDetails: z.string().min(1) })
const badRequest = z.enum(['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'GENERAL'])
const refusal = z.strictObject({
  key: z.string().optional(),
  errorCode: z.literal('GENERAL'),
  errorDetails: z.string().min(1),
})

const stream = z.strictObject({
  type: z.literal('sse'),
  endpoint: z.strictObject({ origin: z.url().optional(), requestUri: z.string().startsWith('/') }),
  inactivityDelaySec: z.int().min(1).optional(),
})

const single: Record<number, z.ZodType> = {
  200: success,
  400: failure(badRequest),
  404: failure(z.literal('FLAG_NOT_FOUND')),
  401: refusal,
  403: refusal,
  429: refusal,
  500: refusal,
}
const bulk: Record<number, z.ZodType> = {
  200: z.strictObject({
    flags: z.array(z.union([success, failure(badRequest)])),
    metadata: metadata.optional(),
    eventStreams: z.array(stream).optional(),
  }),
  400: z.strictObject({ errorCode: badRequest, errorDetails: z.string().min(1) }),
  401: refusal,
  403: refusal,
  429: refusal,
  500: refusal,
}

/** The problem of a response; undefined if it is valid. */
export async function broken(path: string, response: Response): Promise<string | undefined> {
  const { status, headers } = response
  if (status === 304)
    return (await response.text()) === '' && headers.has('etag') ? undefined : '304 with a body'
  const rules = /\/evaluate\/flags\/?$/.test(path) ? bulk : single
  if (!rules[status]) return `${status} is not in the protocol`
  if (status === 429 && !/^[1-9]\d*$/.test(headers.get('retry-after') ?? '')) return 'no Retry-After'
  if (status === 200 && rules === bulk && !headers.has('etag')) return 'no tag'
  if (!headers.get('content-type')?.startsWith('application/json')) return 'not JSON'
  return rules[status].safeParse(await response.json()).error?.message
}
