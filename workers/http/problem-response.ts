// Problems as our own API answers them: problem details (RFC 9457) with a code for programs.
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Problem, ProblemCode } from '../../core/model/problem.ts'

/** The HTTP status of each problem, for our API and for dialects without statuses of their own. */
export const statusOf = {
  INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  IN_USE: 409,
  EXPERIMENT_RUNNING: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_ENCODING: 415,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
} as const satisfies Record<ProblemCode, ContentfulStatusCode>

const titles = {
  INVALID: 'Invalid request',
  UNAUTHENTICATED: 'Not authenticated',
  FORBIDDEN: 'Not allowed',
  NOT_FOUND: 'Not found',
  CONFLICT: 'Conflict',
  IN_USE: 'In use',
  EXPERIMENT_RUNNING: 'Experiment running',
  TOO_LARGE: 'Too large',
  UNSUPPORTED_ENCODING: 'Unsupported encoding',
  RATE_LIMITED: 'Too many requests',
  UNAVAILABLE: 'Unavailable',
} as const satisfies Record<ProblemCode, string>

/** What a body may be compressed with, as in Accept-Encoding. */
export const encodings = 'gzip, deflate, br'

/** Retry-After, in seconds, for errors that a client should retry; the encodings that it may send. */
export const problemHeaders = ({
  code,
  retryAfterSeconds = 1,
}: Pick<Problem, 'code' | 'retryAfterSeconds'>): Record<string, string> =>
  code === 'UNAVAILABLE' || code === 'RATE_LIMITED'
    ? { 'retry-after': String(retryAfterSeconds) }
    : code === 'UNSUPPORTED_ENCODING'
      ? { 'accept-encoding': encodings } // RFC 9110, 12.5.3
      : {}

export function problemResponse(problem: Problem): Response {
  const { code, message, fields, current, yours, dependents } = problem
  const status = statusOf[code]
  const body = {
    type: 'about:blank',
    title: titles[code],
    status,
    code,
    detail: message,
    ...(fields && { errors: fields }),
    ...(current !== undefined && { current }),
    ...(yours !== undefined && { yours }),
    ...(dependents && { dependents, users: dependents }), // `users` is the old name of the field
  }
  const headers = {
    'content-type': 'application/problem+json',
    ...problemHeaders(problem),
  }
  return new Response(JSON.stringify(body), { status, headers })
}
