// OpenFeature's evaluation context. Protocols translate their user, visitor or context into it.

/** `targetingKey` is undefined if the client sent none; then rollouts and slices end in an error. */
export interface EvaluationContext {
  readonly targetingKey: string | undefined
  /**
   * Texts, numbers, booleans, and lists of these. Other values (null, objects, nested lists) count as
   * missing.
   */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Bucketeer: the attribute `id` of a clause is the user's id. */
export const targetingKeyAttribute = 'id'
