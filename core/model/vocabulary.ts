// The closed vocabularies of the model, without schemas, so that edge can load them. A snapshot from a newer
// control may hold values that are not listed here.

/**
 * Bucketeer's operators, under OpenFeature-like names, and our own: `not-contains`, `matches`, `exists`,
 * `not-exists`, `not-in-segment`. `in` means the same as `equals`; both exist so that a flag can be exported
 * as it was written.
 */
export const operators = [
  'equals',
  'not-equals',
  'in',
  'starts-with',
  'ends-with',
  'contains',
  'not-contains',
  'matches',
  'greater',
  'greater-or-equal',
  'less',
  'less-or-equal',
  'before',
  'after',
  'exists',
  'not-exists',
  'in-segment',
  'not-in-segment',
  'flag-is',
] as const

export type Operator = (typeof operators)[number]

/**
 * Only in published rules, which hold users back (core/model/hold-back.ts): whether the targeting key lies in
 * one of some ranges of slices. Its values are a salt, and then the first slice of each range and the one
 * after its last.
 */
export const slicesOperator = 'in-slices'

/** The attribute of a clause that is always the targeting key. */
export const targetingKeyAttribute = 'targetingKey'
/** The attribute that is the targeting key if the context has none of that name. */
export const idAttribute = 'id'

/** Whose values are segment keys, and which test no attribute. */
export const segmentOperators: ReadonlySet<string> = new Set<Operator>(['in-segment', 'not-in-segment'])

/** Operators that compare in order. */
export const orderedOperators: ReadonlySet<string> = new Set<Operator>([
  'greater',
  'greater-or-equal',
  'less',
  'less-or-equal',
  'before',
  'after',
])

/** How an ordered clause compares; without one, by Tackline's own rule (core/evaluation/order.ts). */
export const comparisons = ['number', 'version', 'semver', 'text', 'bucketeer'] as const
export type Comparison = (typeof comparisons)[number]

export const strategyKinds = ['fixed', 'rollout'] as const
export const allocations = ['percent', 'fine'] as const

/**
 * The snapshot format that introduced an operator; 1 if it is not listed. Add an entry with every new
 * operator.
 */
export const operatorFormats: Partial<Record<Operator | typeof slicesOperator, number>> = {
  'not-in-segment': 2,
  [slicesOperator]: 3,
}
