// What a decision is. An evaluation depends on flag, cause and variation alone, never on the context: all of them are made once per
// snapshot, so that deciding allocates nothing, and a protocol may keep its own form of each beside it.
import type { Flag, Variation } from '../model/flag.ts'
import type { FlagValue } from '../model/value.ts'

/** OpenFeature's reasons, plus PREREQUISITE_FAILED (the specification allows own reasons). */
export type Reason =
  | 'STATIC'
  | 'DEFAULT'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'DISABLED'
  | 'PREREQUISITE_FAILED'
  | 'ERROR'

/** OpenFeature's error codes that a decision can end in. */
export type ErrorCode = 'FLAG_NOT_FOUND' | 'TARGETING_KEY_MISSING' | 'GENERAL'

/** Which part of the flag decided. */
export type Cause =
  | { readonly kind: 'off' | 'prerequisite' | 'target' | 'slice' | 'error' }
  | { readonly kind: 'rule' | 'default'; readonly ruleId: string }

export interface DecidedVariation extends Variation {
  /** The variation's text, read as the flag's type. */
  readonly typed: FlagValue
}

export interface Evaluation {
  readonly flagKey: string
  /** Undefined only where there is no such flag. */
  readonly flag: Flag | undefined
  readonly reason: Reason
  readonly cause: Cause
  /** Undefined means: use the default in your code. */
  readonly variation: DecidedVariation | undefined
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined
}
