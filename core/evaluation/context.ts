// Who a decision is for, in OpenFeature's words. Protocols translate their user, visitor or context into this.

/** `targetingKey` is undefined where the client sent none; then only what needs no bucket can be decided. */
export interface EvaluationContext {
  readonly targetingKey: string | undefined
  /** Texts, numbers, booleans and lists of them; values of other shapes (null, objects, nested lists) count as missing. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** Bucketeer: the attribute `id` of a clause is the user's id. */
export const targetingKeyAttribute = 'id'
