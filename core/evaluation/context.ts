// OpenFeature's evaluation context. Protocols translate their user, visitor or context into it.
import type { Steps } from '../text/regex.ts'

/** `targetingKey` is undefined if the client sent none; then rollouts and slices end in an error. */
export interface EvaluationContext {
  readonly targetingKey: string | undefined
  /**
   * Texts, numbers, booleans, lists of these, and structures, whose values a path names (`account.plan`). A
   * Date reads as its ISO text, a bigint as its digits. Other values (null, and what a list holds beside the
   * above) count as missing.
   */
  readonly attributes: Readonly<Record<string, unknown>>
  /** What its evaluations may take together, for a request that evaluates one after another (steps.ts). */
  readonly steps?: Steps
}
