// A refusal as the document describes it: problem details (RFC 9457). `http/problem-response.ts` makes them.
import * as z from 'zod'
import type { ProblemCode } from '../../core/problem.ts'
import { statusOf } from '../http/problem-response.ts'

export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(statusOf) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string().describe('One sentence for a person.'),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .optional()
    .describe('Every field that is not as it should be.'),
  current: z.unknown().optional().describe('What is stored now, where a stale edit was refused.'),
  yours: z.unknown().optional().describe('What the stale edit asked for.'),
  users: z
    .array(z.strictObject({ kind: z.string(), id: z.string() }))
    .optional()
    .describe('Who uses what would go away.'),
})
