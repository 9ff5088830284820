// OFREP 0.3, spelled as the protocol spells it.
import * as z from 'zod/mini'

export const EvaluationRequest = z.object({
  context: z.optional(z.looseObject({ targetingKey: z.optional(z.string()) })),
})
export type EvaluationRequest = z.infer<typeof EvaluationRequest>

/** Every field is always there but `value`, whose absence means "use the default in your code": several providers need the others. */
export interface EvaluationSuccess {
  readonly key: string
  readonly value?: unknown
  readonly reason: string
  readonly variant: string
  readonly metadata: Readonly<Record<string, string | number | boolean>>
}

export interface EvaluationFailure {
  readonly key: string
  readonly errorCode: ErrorCode
  readonly errorDetails: string
}

export type ErrorCode =
  | 'FLAG_NOT_FOUND'
  | 'PARSE_ERROR'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'

export interface BulkResponse {
  readonly flags: readonly (EvaluationSuccess | EvaluationFailure)[]
  readonly metadata: { readonly flagSetId: string; readonly version: string }
}
