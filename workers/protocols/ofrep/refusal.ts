// How this dialect says no, on every route: a total table from our problems to its codes, and always the
// fields that some provider misses.
import type { ErrorCode } from '../../../core/evaluation/evaluation.ts'
import type { FieldProblem, Problem, ProblemCode } from '../../../core/model/problem.ts'
import { retryHeaders } from '../../http/problem-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'
import type * as wire from './wire.ts'

/** The protocol has 500 where others have 503, and its clients read no body of any other. */
const statuses = {
  INVALID: [400, 'INVALID_CONTEXT'],
  UNAUTHENTICATED: [401, 'GENERAL'],
  FORBIDDEN: [403, 'GENERAL'],
  NOT_FOUND: [404, 'GENERAL'],
  CONFLICT: [409, 'GENERAL'],
  IN_USE: [409, 'GENERAL'],
  TOO_LARGE: [413, 'GENERAL'],
  RATE_LIMITED: [429, 'GENERAL'],
  UNAVAILABLE: [500, 'GENERAL'],
} as const satisfies Record<ProblemCode, readonly [number, wire.ErrorCode]>

export const statusOfError = {
  FLAG_NOT_FOUND: 404,
  TARGETING_KEY_MISSING: 400,
  GENERAL: 400,
} as const satisfies Record<ErrorCode, number>

/** `key`: of the flag that was asked for. */
export function fail(problem: Problem, requestContext: RequestContext, key?: string): Response {
  requestContext.refused = problem.code
  const body: wire.Refusal = { ...(key !== undefined && { key }), ...refusalOf(problem) }
  return Response.json(body, { status: statuses[problem.code][0], headers: retryHeaders(problem.code) })
}

export function refusalOf({ code, message, fields }: Problem): Omit<wire.Refusal, 'key'> {
  const errorCode = code === 'INVALID' ? codeOfFlaws(fields) : statuses[code][1]
  const named = fields?.map(({ path, message: flaw }) => `${path || 'the body'}: ${flaw}`).join('; ')
  return { errorCode, errorDetails: named || message }
}

/** Rule of a field (core/model/problem.ts) for which the protocol has a code of its own. */
export const targetingKeyMissing = 'targeting-key-missing'

/** A text that is no JSON has no fields; what is wrong beside the context has no code of its own. */
function codeOfFlaws(fields: readonly FieldProblem[] | undefined): wire.ErrorCode {
  if (!fields) return 'PARSE_ERROR'
  if (fields.some(({ rule }) => rule === targetingKeyMissing)) return 'TARGETING_KEY_MISSING'
  return fields.some(({ path }) => path === '' || /^(?:events\.\d+\.)?context/.test(path))
    ? 'INVALID_CONTEXT'
    : 'GENERAL'
}
