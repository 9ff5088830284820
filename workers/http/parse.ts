// From a schema's complaints to ours.
import type * as z from 'zod'
import { type Result, ok, refuse } from '../../core/problem.ts'

export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return ok(parsed.data)
  const fields = parsed.error.issues.map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }))
  const first = fields[0]
  return refuse(
    'INVALID',
    first ? `${first.path || 'the body'}: ${first.message}` : 'the body is not valid',
    { fields },
  )
}
