// Between OFREP's shapes and ours.
import type { EvaluationContext } from '../../../core/context.ts'
import type { Evaluation } from '../../../core/evaluation.ts'
import type * as wire from './wire.ts'

export function toContext({ context }: wire.EvaluationRequest): EvaluationContext {
  const { targetingKey, ...attributes } = context ?? {}
  return { targetingKey, attributes }
}

export function fromEvaluation(evaluation: Evaluation): wire.EvaluationSuccess | wire.EvaluationFailure {
  const { flagKey: key, flag, reason, variation, error } = evaluation
  if (error) return { key, errorCode: error.code, errorDetails: error.message }
  return {
    key,
    ...(variation && { value: variation.typed }),
    // The protocol's enumeration has no reason for a failed prerequisite: the flag is, for this user, off.
    reason: reason === 'PREREQUISITE_FAILED' ? 'DISABLED' : reason,
    variant: variation?.name || variation?.id || '',
    metadata: { version: String(flag?.version ?? 0), variationId: variation?.id ?? '' },
  }
}
