// Translates OFREP's context into ours, and evaluations into OFREP's JSON.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { sha256OfText } from '../../../core/hash/sha-256.ts'
import { type Snapshot, settingsOf } from '../../../core/model/snapshot.ts'
import { flagMetadataOf } from '../../sdk/flag-metadata.ts'
import { type HashedText, hashedText } from './bulk-text.ts'
import { valueText } from './value-text.ts'
import type * as wire from './wire.ts'

/** An empty targeting key counts as missing: all visitors that have it would share one bucket. */
export function toContext(context: wire.Context): EvaluationContext {
  const { targetingKey, ...attributes } = context ?? {}
  return { targetingKey: targetingKey || undefined, attributes }
}

const contextIdWords = 4

/**
 * A pseudonym of the targeting key for telemetry: the same in all responses to a user. Somebody who guesses a
 * key can verify the guess. Not MurmurHash, from which short keys can be computed back.
 */
export const contextIdOf = (targetingKey: string): string => sha256OfText(targetingKey, contextIdWords)

const cache = new WeakMap<Evaluation, HashedText>()

/** An evaluation as JSON. A snapshot has a fixed number of evaluation objects, so each is serialized once. */
export function evaluationText(evaluation: Evaluation, { snapshot }: CompiledSnapshot): HashedText {
  let text = cache.get(evaluation)
  if (!text) {
    text = hashedText(serialize(evaluation, snapshot))
    cache.set(evaluation, text)
  }
  return text
}

/**
 * All fields are always present, because several providers require them, except `value`: without it the
 * provider uses the default in the code. The text is the same in all responses, because the web provider
 * takes any difference for a changed flag. `metadata` comes last: see `withMetadata`.
 */
function serialize(evaluation: Evaluation, snapshot: Snapshot): string {
  const { flagKey: key, flag, variation, error } = evaluation
  if (error) return JSON.stringify({ key, errorCode: error.code, errorDetails: error.message })
  // The protocol has no reason for a failed prerequisite. To this user the flag is off.
  const reason = evaluation.reason === 'PREREQUISITE_FAILED' ? 'DISABLED' : evaluation.reason
  const hasValue = reason !== 'DISABLED' || settingsOf(snapshot).disabledFlags === 'with-value'
  const value = flag && variation && hasValue ? `"value":${valueText(flag, variation)},` : ''
  const rest = {
    reason,
    variant: variation?.name || variation?.id || '',
    metadata: flagMetadataOf(evaluation),
  }
  return `{"key":${JSON.stringify(key)},${value}${JSON.stringify(rest).slice(1)}`
}
