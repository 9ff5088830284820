// Refusals as Bucketeer's gateway answers them: grpc-gateway's error body.
import type { Problem, ProblemCode } from '../../../core/model/problem.ts'
import { problemHeaders } from '../../http/problem-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'

/** HTTP status and gRPC code. */
const statuses = {
  INVALID: [400, 3],
  UNAUTHENTICATED: [401, 16],
  FORBIDDEN: [403, 7],
  NOT_FOUND: [404, 5],
  CONFLICT: [409, 10],
  IN_USE: [409, 10],
  EXPERIMENT_RUNNING: [409, 10],
  TOO_LARGE: [413, 8],
  UNSUPPORTED_ENCODING: [415, 3],
  RATE_LIMITED: [429, 8],
  UNAVAILABLE: [503, 14],
} as const satisfies Record<ProblemCode, readonly [http: number, grpc: number]>

export function refusalResponse(problem: Problem, requestContext: RequestContext): Response {
  const { code, message } = problem
  const [status, grpc] = statuses[code]
  requestContext.refused = code
  const body = { code: grpc, message: `gateway: ${message}`, details: [] }
  return Response.json(body, { status, headers: problemHeaders(problem) })
}

/** gRPC's UNIMPLEMENTED, with the status of HTTP for a wrong method. */
export function methodNotAllowed(method: string): Response {
  const body = { code: 12, message: `gateway: method not allowed, use ${method}`, details: [] }
  return Response.json(body, { status: 405, headers: { allow: method } })
}

export function unimplemented(): Response {
  const body = { code: 12, message: 'gateway: this method is not implemented', details: [] }
  return Response.json(body, { status: 501 })
}
