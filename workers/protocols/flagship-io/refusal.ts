// Refusals as AB Tasty's servers answer them.
import type { Problem } from '../../../core/model/problem.ts'
import { problemHeaders, statusOf } from '../../http/problem-response.ts'
import type { RequestContext } from '../../sdk/request-context.ts'

/** The vendor's body is a message only. SDKs ignore our `code` next to it. */
export function refusalResponse(
  problem: Problem,
  requestContext: RequestContext,
  status: number = statusOf[problem.code],
): Response {
  const { code, message, fields = [] } = problem
  requestContext.refused = code
  const allFields =
    fields.length > 1
      ? fields.map((field) => `${field.path || 'the body'}: ${field.message}`).join('; ')
      : message
  return Response.json({ message: allFields, code }, { status, headers: problemHeaders(problem) })
}

export const noRoute = (requestContext: RequestContext) =>
  refusalResponse({ code: 'NOT_FOUND', message: 'there is no such route' }, requestContext)

/** The vendor's wording. */
export const onlyMethod = (method: 'GET' | 'POST', requestContext: RequestContext) =>
  refusalResponse({ code: 'INVALID', message: `only ${method} http method is allowed` }, requestContext)
