// Parses values with zod and turns its issues into problems.
import { type $ZodError, type $ZodType, config, safeParse } from 'zod/v4/core'
import { type FieldProblem, type Result, ok, refuse, toFieldProblem } from '../../core/model/problem.ts'
import { issueSentence } from '../../core/text/issue-sentence.ts'

config({ customError: issueSentence })

export function parseWith<T>(schema: $ZodType<T>, value: unknown): Result<T> {
  const parsed = safeParse(schema, value)
  if (parsed.success) return ok(parsed.data)
  const fields = fieldsOf(parsed.error)
  const first = fields[0]
  return refuse(
    'INVALID',
    first ? `${first.path || 'the body'}: ${first.message}` : 'the body is not valid',
    { fields },
  )
}

/** One problem per invalid field, and one per unknown field. */
export function fieldsOf(error: $ZodError): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [toFieldProblem(issue)]
    return issue.keys.map((key) =>
      toFieldProblem({ ...issue, path: [...issue.path, key], message: 'there is no such field' }),
    )
  })
}
