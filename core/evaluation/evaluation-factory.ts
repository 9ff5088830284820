// Makes the evaluations that a flag can give.
import type { Cause, DecidedVariation, ErrorCode, Evaluation, Reason } from './evaluation.ts'
import type { Flag, Variation } from '../model/flag.ts'
import { parseValue } from '../model/value.ts'

export interface Decidable {
  readonly flag: Flag
  /** Those that its evaluations gave so far: a value is parsed when it is first given. */
  variations: readonly DecidedVariation[]
}

export const makeEvaluation = (
  decidable: Decidable,
  cause: Cause,
  reason: Reason,
  variationId: string | undefined,
): Evaluation => ({
  flagKey: decidable.flag.key,
  flag: decidable.flag,
  reason,
  cause,
  variation: variationId === undefined ? undefined : variationOf(decidable, variationId),
  error: undefined,
})

function variationOf(decidable: Decidable, variationId: string): DecidedVariation | undefined {
  const { flag, variations } = decidable
  const isMeant = ({ id }: Variation) => id === variationId
  const known = variations.find(isMeant)
  const variation = known ?? flag.variations.find(isMeant)
  if (known || !variation) return known
  const decided = toDecidedVariation(flag, variation)
  decidable.variations = variations.concat(decided)
  return decided
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
