// The closed vocabularies of the model, without schemas, so that edge can load them. A snapshot from a newer
// control may hold values that are not listed here.

/**
 * Bucketeer's operators, under OpenFeature-like names, and our own: `not-contains`, `matches`, `exists`,
 * `not-exists`. `in` means the same as `equals`; both exist so that a flag can be exported as it was written.
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
  'flag-is',
] as const

export type Operator = (typeof operators)[number]

export const strategyKinds = ['fixed', 'rollout'] as const
export const allocations = ['percent', 'fine'] as const

/**
 * The snapshot format that introduced an operator; 1 if it is not listed. Add an entry with every new
 * operator.
 */
export const operatorFormats: Partial<Record<Operator, number>> = {}
