// Bucketeer's server as slow, obvious code over its own JSON, to check imports against. Written from its
// documented semantics. Shares only the hash with core, which has golden cases.
import type { Clause, Feature, FeatureList, Strategy } from '../../../workers/protocols/bucketeer/feature.ts'
import { compare, equals, isInteger } from './reference-comparisons.ts'
import { fraction } from './reference-evaluator.ts'

export interface User {
  readonly id: string
  readonly data: Readonly<Record<string, string>>
}

/** The id of the variation; undefined if the gateway leaves the flag out or fails. */
export function bucketeerEvaluate(list: FeatureList, featureId: string, user: User): string | undefined {
  const feature = list.features.find(({ id }) => id === featureId)
  if (!feature || (!feature.enabled && feature.offVariation === '')) return undefined
  const failed = feature.prerequisites.some(
    (needed) => bucketeerEvaluate(list, needed.featureId, user) !== needed.variationId,
  )
  if (failed && feature.offVariation !== '') return feature.offVariation
  if (!feature.enabled) return feature.offVariation
  const target = feature.targets.find(({ users }) => users.includes(user.id))
  if (target) return target.variation
  const rule = feature.rules.find(({ clauses }) => clauses.every((clause) => holds(list, clause, user)))
  return decide(feature, rule ? rule.strategy : feature.defaultStrategy, user)
}

function decide(feature: Feature, strategy: Strategy | null | undefined, user: User): string | undefined {
  if (strategy?.type === 'FIXED') return strategy.fixedStrategy?.variation
  const { variations = [], audience } = strategy?.rolloutStrategy ?? {}
  const before = `${feature.id}-`
  const after = `-${feature.samplingSeed}`
  if (audience && audience.percentage > 0 && audience.percentage < 100) {
    if (fraction(`traffic-${before}${user.id}${after}`) >= audience.percentage / 100)
      return audience.defaultVariation
  }
  const bucket = fraction(before + user.id + after)
  let end = 0
  return variations.find(({ weight }) => bucket < (end += weight / 100_000))?.variation
}

function holds(list: FeatureList, { attribute, operator, values }: Clause, user: User): boolean {
  if (operator === 'SEGMENT') return values.some((id) => isIn(list, id, user))
  if (operator === 'FEATURE_FLAG') return values.includes(bucketeerEvaluate(list, attribute, user) ?? '')
  const own = attribute === 'id' ? user.id : Object.hasOwn(user.data, attribute) ? user.data[attribute]! : ''
  switch (operator) {
    case 'EQUALS':
    case 'IN':
      return values.some((value) => equals(own, value))
    case 'NOT_EQUALS':
      return !values.some((value) => equals(own, value))
    case 'STARTS_WITH':
      return values.some((value) => own.startsWith(value))
    case 'ENDS_WITH':
      return values.some((value) => own.endsWith(value))
    case 'PARTIALLY_MATCH':
      return values.some((value) => own.includes(value))
    case 'BEFORE':
      return values.some((value) => isInteger(own) && isInteger(value) && Number(own) < Number(value))
    case 'AFTER':
      return values.some((value) => isInteger(own) && isInteger(value) && Number(own) > Number(value))
    case 'GREATER':
      return values.some((value) => compare(own, value) > 0)
    case 'GREATER_OR_EQUAL':
      return values.some((value) => compare(own, value) >= 0)
    case 'LESS':
      return values.some((value) => compare(own, value) < 0)
    case 'LESS_OR_EQUAL':
      return values.some((value) => compare(own, value) <= 0)
  }
}

function isIn(list: FeatureList, id: string, user: User): boolean {
  const segment = list.segmentUsers.find(({ segmentId }) => segmentId === id)
  if (segment?.users.some(({ userId, state }) => userId === user.id && state === 'INCLUDED')) return true
  const rules = segment?.rules ?? []
  const matches = (clause: Clause) =>
    clause.operator !== 'SEGMENT' && clause.operator !== 'FEATURE_FLAG' && holds(list, clause, user)
  return rules.some(({ clauses }) => clauses.every(matches))
}
