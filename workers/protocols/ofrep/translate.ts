// Between OFREP's shapes and ours.
import type { EvaluationContext } from '../../../core/context.ts'
import type { Evaluation } from '../../../core/evaluation.ts'
import { murmur3x64Hex } from '../../../core/hash/murmur3-x64-128.ts'
import type * as wire from './wire.ts'

export function toContext({ context }: wire.EvaluationRequest): EvaluationContext {
  const { targetingKey, ...attributes } = context ?? {}
  return { targetingKey, attributes }
}

function fromEvaluation(evaluation: Evaluation): wire.EvaluationSuccess | wire.EvaluationFailure {
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

export interface Written {
  readonly text: string
  /** Of the text: what a tag over many answers is made of. */
  readonly hash: string
}

const written = new WeakMap<Evaluation, Written>()

/** An evaluation as JSON. There is one object for each that a snapshot can give, so each is written once. */
export function asWritten(evaluation: Evaluation): Written {
  let form = written.get(evaluation)
  if (!form) {
    const text = JSON.stringify(fromEvaluation(evaluation))
    form = { text, hash: murmur3x64Hex(text) }
    written.set(evaluation, form)
  }
  return form
}
