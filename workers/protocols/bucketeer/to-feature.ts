// A flag and the rules of a segment as Bucketeer's server SDKs read them.
import type { Clause as OurClause } from '../../../core/model/clause.ts'
import { type Operator, orderedOperators, targetingKeyAttribute } from '../../../core/model/vocabulary.ts'
import type { Flag, Strategy as OurStrategy } from '../../../core/model/flag.ts'
import { rangesOf } from '../../../core/model/rebalance.ts'
import type { Clause, ClauseOperator, Feature, Strategy } from './feature.ts'

/** Our operators that these SDKs have. */
export const operators: Partial<Record<Operator, ClauseOperator>> = {
  equals: 'EQUALS',
  in: 'IN',
  'ends-with': 'ENDS_WITH',
  'starts-with': 'STARTS_WITH',
  'in-segment': 'SEGMENT',
  greater: 'GREATER',
  'greater-or-equal': 'GREATER_OR_EQUAL',
  less: 'LESS',
  'less-or-equal': 'LESS_OR_EQUAL',
  before: 'BEFORE',
  after: 'AFTER',
  'flag-is': 'FEATURE_FLAG',
  contains: 'PARTIALLY_MATCH',
  'not-equals': 'NOT_EQUALS',
}

/** Operators that these SDKs know the opposite of. */
export const opposites: Partial<Record<Operator, ClauseOperator>> = {
  equals: 'NOT_EQUALS',
  in: 'NOT_EQUALS',
  'not-equals': 'EQUALS',
}

const variationTypes = {
  boolean: 'BOOLEAN',
  string: 'STRING',
  number: 'NUMBER',
  json: 'JSON',
  yaml: 'YAML',
} as const

export function toFeature(flag: Flag): Feature {
  return {
    id: flag.key,
    name: flag.name,
    description: flag.description,
    enabled: flag.enabled,
    deleted: false,
    version: flag.version,
    createdAt: Math.floor(flag.createdAt / 1_000),
    updatedAt: Math.floor(flag.updatedAt / 1_000),
    // For a yaml flag its JSON, which is also YAML, and which all parsers read alike.
    variations: flag.variations.map(({ id, value, json, name, description }) => ({
      id,
      value: json ?? value,
      name,
      description,
    })),
    targets: flag.targets.map(({ variationId, targetingKeys }) => ({
      variation: variationId,
      users: targetingKeys,
    })),
    rules: flag.rules.flatMap(({ id, anyOf, strategy }) =>
      // Bucketeer's rules have no OR. Fine allocation does not hash rule ids, so each group becomes a rule.
      anyOf.map((group, i) => ({
        id: i === 0 ? id : `${id}${groupSeparator}${i + 1}`,
        strategy: toStrategy(strategy),
        clauses: group.flatMap((clause, j) => toClauses(clause, `${id}:${i}:${j}`)),
      })),
    ),
    defaultStrategy: toStrategy(flag.defaultStrategy.strategy),
    offVariation: flag.offVariationId ?? '',
    tags: flag.tags,
    maintainer: flag.maintainer,
    variationType: variationTypes[flag.type],
    archived: flag.archived,
    prerequisites: flag.prerequisites.map(({ flagKey, variationId }) => ({
      featureId: flagKey,
      variationId,
    })),
    samplingSeed: flag.seed,
    autoOpsSummary: null,
    variationValueSchema: null,
  }
}

const groupSeparator = ':'

/** Our id of a rule that an SDK reports. The inverse of what `toFeature` does with groups. */
export function ownRuleId(flag: Flag | undefined, ruleId: string): string {
  if (!flag || flag.rules.some(({ id }) => id === ruleId)) return ruleId
  const end = ruleId.lastIndexOf(groupSeparator)
  const ownId = ruleId.slice(0, Math.max(end, 0))
  return flag.rules.some(({ id }) => id === ownId) ? ownId : ruleId
}

function toClauses(clause: OurClause, id: string): Clause[] {
  const { operator, values, compareAs, negated } = clause
  const attribute = clause.attribute === targetingKeyAttribute ? 'id' : clause.attribute
  // Clauses without an operator of these SDKs were omitted.
  const theirs = (negated ? opposites : operators)[operator] ?? 'EQUALS'
  const own = { id, attribute, operator: theirs, values }
  // By our own rule nothing holds for an attribute that is missing or empty; these SDKs read it as a text.
  return orderedOperators.has(operator) && compareAs !== 'bucketeer'
    ? [{ id: `${id}:present`, attribute, operator: 'NOT_EQUALS', values: [''] }, own]
    : [own]
}

function toStrategy(strategy: OurStrategy): Strategy {
  if (strategy.kind === 'fixed')
    return { type: 'FIXED', fixedStrategy: { variation: strategy.variationId }, rolloutStrategy: null }
  // The weights add up to the whole, so every range has a variation.
  const variations = rangesOf(strategy).map(({ variationId, weight }) => ({
    variation: variationId!,
    weight,
  }))
  const { percentage = 0, defaultVariationId = '' } = strategy.audience ?? {}
  const audience = strategy.audience ? { percentage, defaultVariation: defaultVariationId } : null
  return { type: 'ROLLOUT', fixedStrategy: null, rolloutStrategy: { variations, audience } }
}

export const toSegmentRule = (group: readonly OurClause[], id: string) => ({
  id,
  clauses: group.flatMap((clause, j) => toClauses(clause, `${id}:${j}`)),
})
