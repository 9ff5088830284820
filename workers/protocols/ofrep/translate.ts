// Between OFREP's shapes and ours.
import type { CompiledSnapshot } from '../../../core/evaluation/compile.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Evaluation } from '../../../core/evaluation/evaluation.ts'
import { sha256OfText } from '../../../core/hash/sha-256.ts'
import { murmur3x64Words } from '../../../core/hash/murmur3-x64-128.ts'
import { type Snapshot, settingsOf } from '../../../core/model/snapshot.ts'
import { valueText } from './value-text.ts'
import type * as wire from './wire.ts'

/** An empty targeting key is none: everybody who has it would share one bucket. */
export function toContext(context: wire.Context): EvaluationContext {
  const { targetingKey, ...attributes } = context ?? {}
  return { targetingKey: targetingKey || undefined, attributes }
}

const contextIdWords = 4

/**
 * Stands for a targeting key where telemetry goes: equal in all answers to a user, and not the key itself.
 * Whoever can guess a key can check the guess. Not by murmur, which short keys can be computed back from.
 */
export const contextIdOf = (targetingKey: string): string => sha256OfText(targetingKey, contextIdWords)

/**
 * Every field is always there but `value`, whose absence means "use the default in your code": several
 * providers need the others. Nothing here changes from one answer to the next: the web provider takes any
 * difference for a changed flag.
 */
function textOf(evaluation: Evaluation, snapshot: Snapshot): string {
  const { flagKey: key, flag, variation, error } = evaluation
  if (error) return JSON.stringify({ key, errorCode: error.code, errorDetails: error.message })
  // The protocol's enumeration has no reason for a failed prerequisite: the flag is, for this user, off.
  const reason = evaluation.reason === 'PREREQUISITE_FAILED' ? 'DISABLED' : evaluation.reason
  const hasValue = reason !== 'DISABLED' || settingsOf(snapshot).disabledFlags === 'with-value'
  const value = flag && variation && hasValue ? `"value":${valueText(flag, variation)},` : ''
  const rest = {
    reason,
    variant: variation?.name || variation?.id || '',
    metadata: { version: String(flag?.version ?? 0), variationId: variation?.id ?? '' },
  }
  return `{"key":${JSON.stringify(key)},${value}${JSON.stringify(rest).slice(1)}`
}

export interface Written {
  readonly text: string
  /** Of the text: what a tag over many answers is made of. */
  readonly hash: readonly [high: number, low: number]
}

export const toWritten = (text: string): Written => ({ text, hash: murmur3x64Words(text) })

const written = new WeakMap<Evaluation, Written>()

/** An evaluation as JSON. There is one object for each that a snapshot can give, so each is written once. */
export function asWritten(evaluation: Evaluation, { snapshot }: CompiledSnapshot): Written {
  let form = written.get(evaluation)
  if (!form) {
    form = toWritten(textOf(evaluation, snapshot))
    written.set(evaluation, form)
  }
  return form
}

/** More in a decision's metadata, which is its last part: members as JSON. */
export const withMetadata = (text: string, more: string): string => `${text.slice(0, -2)},${more}}}`
