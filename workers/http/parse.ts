// From a schema's complaints to ours.
import type * as z from 'zod'
import { type FieldProblem, type Result, ok, refuse } from '../../core/problem.ts'

export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return ok(parsed.data)
  const fields = fieldsOf(parsed.error)
  const first = fields[0]
  return refuse(
    'INVALID',
    first ? `${first.path || 'the body'}: ${first.message}` : 'the body is not valid',
    { fields },
  )
}

/** Every field that is not as it should be; of fields that should not be there, each by its name. */
export function fieldsOf(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String)
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'there is no such field' }))
  })
}
