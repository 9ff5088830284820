// The result of evaluating a flag. An evaluation depends only on flag, cause and variation, never on the
// context. Therefore each is made once per compiled snapshot, when it is first given, and protocols can cache
// their form of each.
import type { Variation } from '../model/flag.ts'
import type { SnapshotFlag } from '../model/snapshot.ts'
import type { FlagValue } from '../model/value.ts'

/** OpenFeature's reasons, plus PREREQUISITE_FAILED (the specification allows further reasons). */
export type Reason =
  | 'STATIC'
  | 'DEFAULT'
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'DISABLED'
  | 'PREREQUISITE_FAILED'
  | 'ERROR'

/** The OpenFeature error codes that an evaluation can have. */
export type ErrorCode = 'FLAG_NOT_FOUND' | 'TARGETING_KEY_MISSING' | 'GENERAL'

/** The part of the flag that decided. `slice`: the user is outside the flag's slices. */
export type Cause =
  | { readonly kind: 'off' | 'prerequisite' | 'target' | 'slice' | 'error' }
  | { readonly kind: 'rule' | 'default'; readonly ruleId: string }

export interface DecidedVariation extends Variation {
  /** The value parsed as the flag's type. */
  readonly typed: FlagValue
}

export interface Evaluation {
  readonly flagKey: string
  /** Undefined only if there is no such flag. */
  readonly flag: SnapshotFlag | undefined
  readonly reason: Reason
  readonly cause: Cause
  /** Undefined means that the application uses its own default. */
  readonly variation: DecidedVariation | undefined
  readonly error: { readonly code: ErrorCode; readonly message: string } | undefined
}
