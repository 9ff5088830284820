// The forms of OFREP's answers, after service/openapi.yaml of open-feature/protocol (0.3.0). As in that file,
// further fields are allowed: the strict forms that Tackline holds itself to are in
// test/support/sdk/ofrep-rules.ts.
import * as z from 'zod'

const scalar = z.union([z.boolean(), z.string(), z.number()])

const Success = z.looseObject({
  key: z.string(),
  /** Absent: the code's default (ADR 0006). */
  value: z.union([z.boolean(), z.string(), z.number(), z.record(z.string(), z.unknown())]).optional(),
  reason: z.string().optional(),
  variant: z.string().optional(),
  metadata: z.record(z.string(), scalar).optional(),
  errorCode: z.never().optional(),
})
const Failure = z.looseObject({
  key: z.string(),
  errorCode: z.enum(['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'GENERAL']),
  errorDetails: z.string().optional(),
})
const BulkFailure = z.looseObject({ errorCode: z.string(), errorDetails: z.string().optional() })
const NotFound = Failure.extend({ errorCode: z.literal('FLAG_NOT_FOUND') })
const Bulk = z.looseObject({
  flags: z.array(z.union([Success, Failure])),
  metadata: z.record(z.string(), scalar).optional(),
  eventStreams: z.array(z.looseObject({ type: z.string() })).optional(),
})

export const forms = { Success, Failure, NotFound, Bulk, BulkFailure } as const
export type Evaluated = z.infer<typeof Success>
