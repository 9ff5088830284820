// Builds the evaluations that a flag can give, in advance.
import type { Cause, DecidedVariation, ErrorCode, Evaluation, Reason } from './evaluation.ts'
import type { Flag, Variation } from '../model/flag.ts'
import { parseValue } from '../model/value.ts'

export type EvaluationFactory = (cause: Cause, reason: Reason, variationId: string | undefined) => Evaluation

/** Parses a variation's value on first use, so that unused variations are never parsed. */
export function evaluationFactory(flag: Flag): EvaluationFactory {
  const variations = new Map<string, DecidedVariation>()
  const variationOf = (variationId: string) => {
    const known = variations.get(variationId)
    if (known) return known
    const variation = flag.variations.find(({ id }) => id === variationId)
    if (!variation) return undefined
    const parsed = toDecidedVariation(flag, variation)
    variations.set(variationId, parsed)
    return parsed
  }
  return (cause, reason, variationId) => ({
    flagKey: flag.key,
    flag,
    reason,
    cause,
    variation: variationId === undefined ? undefined : variationOf(variationId),
    error: undefined,
  })
}

const toDecidedVariation = (flag: Flag, variation: Variation): DecidedVariation => ({
  ...variation,
  typed: parseValue(flag.type, variation) ?? variation.value,
})

const error: Cause = { kind: 'error' }

export function failure(
  flagKey: string,
  flag: Flag | undefined,
  code: ErrorCode,
  message: string,
): Evaluation {
  return { flagKey, flag, reason: 'ERROR', cause: error, variation: undefined, error: { code, message } }
}
