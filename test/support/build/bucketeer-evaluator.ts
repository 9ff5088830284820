// Bucketeer's server as slow, obvious code over its own JSON: what an import is held against. Written from its documented semantics and
// apart from core, with which it shares the hash alone (that has golden cases of its own).
import type { Clause, Feature, FeatureList, Strategy } from '../../../workers/protocols/bucketeer/feature.ts'
import { fraction } from './reference-evaluator.ts'

export interface User {
  readonly id: string
  readonly data: Readonly<Record<string, string>>
}

/** Id of the variation; undefined where the gateway leaves the flag out or fails. */
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
      return values.some((value) => isWhole(own) && isWhole(value) && Number(own) < Number(value))
    case 'AFTER':
      return values.some((value) => isWhole(own) && isWhole(value) && Number(own) > Number(value))
    case 'GREATER':
      return values.some((value) => order(own, value) > 0)
    case 'GREATER_OR_EQUAL':
      return values.some((value) => order(own, value) >= 0)
    case 'LESS':
      return values.some((value) => order(own, value) < 0)
    case 'LESS_OR_EQUAL':
      return values.some((value) => order(own, value) <= 0)
  }
}

function isIn({ segmentUsers }: FeatureList, id: string, user: User): boolean {
  const segment = segmentUsers.find(({ segmentId }) => segmentId === id)
  return segment?.users.some(({ userId, state }) => userId === user.id && state === 'INCLUDED') ?? false
}

const isWhole = (text: string) => /^-?\d+$/.test(text)
const numberOf = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined)
/** Plain versions only: the generators make no others. */
const versionOf = (text: string) => /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number)

function equals(own: string, value: string): boolean {
  const version = versionOf(own)
  return version ? String(version) === String(versionOf(value)) : own === value
}

/** The user's text chooses; NaN where the value is not of its kind, which no comparison holds for. */
function order(own: string, value: string): number {
  const number = numberOf(own)
  if (number !== undefined) return number - (numberOf(value) ?? Number.NaN)
  const version = versionOf(own)
  if (version) {
    const other = versionOf(value)
    if (!other) return Number.NaN
    const at = version.findIndex((part, i) => part !== other[i])
    return at < 0 ? 0 : version[at]! - other[at]!
  }
  return own < value ? -1 : own > value ? 1 : 0
}
