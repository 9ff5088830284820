// Checks what is typed by core's own schemas: the same rules as the admin API, in the same words.
import * as z from 'zod'
import { type FieldProblem, toFieldProblem } from '../../../core/model/problem.ts'
import { issueSentence } from '../../../core/text/issue-sentence.ts'

z.config({ customError: issueSentence })

/** Every problem with the value; none if the schema takes it. */
export const problemsBy = (schema: z.ZodType, value: unknown): FieldProblem[] =>
  (schema.safeParse(value).error?.issues ?? []).map(toFieldProblem)
