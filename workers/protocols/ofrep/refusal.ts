// Refusals as OFREP answers them. Every body has all fields, because some providers require the optional
// ones.
import type { ErrorCode } from '../../../core/evaluation/evaluation.ts'
import type { FieldProblem, Problem, ProblemCode } from '../../../core/model/problem.ts'
import { problemHeaders } from '../../http/problem-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type * as wire from './wire.ts'

/** The protocol has 500 instead of 503, and its clients read the body of no other server error. */
const statuses = {
  INVALID: [400, 'INVALID_CONTEXT'],
  UNAUTHENTICATED: [401, 'GENERAL'],
  FORBIDDEN: [403, 'GENERAL'],
  NOT_FOUND: [404, 'GENERAL'],
  CONFLICT: [409, 'GENERAL'],
  IN_USE: [409, 'GENERAL'],
  EXPERIMENT_RUNNING: [409, 'GENERAL'],
  TOO_LARGE: [413, 'GENERAL'],
  UNSUPPORTED_ENCODING: [415, 'GENERAL'],
  RATE_LIMITED: [429, 'GENERAL'],
  UNAVAILABLE: [500, 'GENERAL'],
} as const satisfies Record<ProblemCode, readonly [number, wire.ErrorCode]>

export const statusOfError = {
  FLAG_NOT_FOUND: 404,
  TARGETING_KEY_MISSING: 400,
  GENERAL: 400,
} as const satisfies Record<ErrorCode, number>

/** `key` is the requested flag's key, if a single flag was requested. */
export function refusalResponse(
  problem: Problem,
  requestContext: RequestContext,
  key?: string,
  status: number = statuses[problem.code][0],
): Response {
  requestContext.refused = problem.code
  const body: wire.Refusal = { ...(key !== undefined && { key }), ...refusalOf(problem) }
  return Response.json(body, { status, headers: problemHeaders(problem) })
}

export function refusalOf({ code, message, fields }: Problem): Omit<wire.Refusal, 'key'> {
  const errorCode = code === 'INVALID' ? codeOfInvalid(fields) : statuses[code][1]
  const details = fields?.map((field) => `${field.path || 'the body'}: ${field.message}`).join('; ')
  return { errorCode, errorDetails: details || message }
}

/** A rule of our own for FieldProblem: the protocol has an error code for it. */
export const targetingKeyMissing = 'targeting-key-missing'

/** Problems without fields come from invalid JSON. Fields outside the context have no code of their own. */
function codeOfInvalid(fields: readonly FieldProblem[] | undefined): wire.ErrorCode {
  if (!fields) return 'PARSE_ERROR'
  if (fields.some(({ rule }) => rule === targetingKeyMissing)) return 'TARGETING_KEY_MISSING'
  return fields.some(({ path }) => path === '' || /^(?:events\.\d+\.)?context/.test(path))
    ? 'INVALID_CONTEXT'
    : 'GENERAL'
}
