// The answers a flag can give, made before anybody asks.
import type { Cause, DecidedVariation, ErrorCode, Evaluation, Reason } from './evaluation.ts'
import type { Flag, Variation } from '../model/flag.ts'
import { parseValue } from '../model/value.ts'

export type EvaluationFactory = (cause: Cause, reason: Reason, variationId: string | undefined) => Evaluation

/** Makes a flag's answers; variations that none gives are never read. */
export function evaluationFactory(flag: Flag): EvaluationFactory {
  const decided = new Map<string, DecidedVariation>()
  const variationOf = (variationId: string) => {
    const known = decided.get(variationId)
    if (known) return known
    const variation = flag.variations.find(({ id }) => id === variationId)
    if (!variation) return undefined
    const made = decidable(flag, variation)
    decided.set(variationId, made)
    return made
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

const decidable = (flag: Flag, variation: Variation): DecidedVariation => ({
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
