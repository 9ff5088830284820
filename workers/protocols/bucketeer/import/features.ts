// Imports a Bucketeer feature list as flags that keep every user's variation: ids, versions, times and seeds
// stay, and the allocation is `fine`, which hashes as Bucketeer does. The reference for the semantics is
// Bucketeer's Go server.
import type { Clause as OurClause } from '../../../../core/model/clause.ts'
import { orderedOperators, targetingKeyAttribute } from '../../../../core/model/vocabulary.ts'
import type { Flag, Strategy as OurStrategy } from '../../../../core/model/flag.ts'
import type { Candidates, Finding } from '../../../../core/change/import-plan.ts'
import { nameLengthMax, descriptionLengthMax, weightTotal } from '../../../../core/model/limits.ts'
import type { Segment } from '../../../../core/model/segment.ts'
import type { Clause, ClauseOperator, Feature, FeatureList, Strategy } from '../feature.ts'

export interface Yaml {
  /**
   * Converts YAML to compact JSON: by version 1.2 as we do, or as Go's yaml.v2, which Bucketeer's server
   * uses. Undefined if invalid.
   */
  readonly toJson: (text: string, reader: '1.2' | 'yaml.v2') => string | undefined
}

type Report = (finding: Omit<Finding, 'subject' | 'key'>) => void

/** `hasSegment` returns whether the environment already has a segment of that key. */
export function fromFeatureList(
  list: FeatureList,
  yaml: Yaml,
  hasSegment: (segmentKey: string) => boolean,
): Candidates {
  const findings: Finding[] = []
  const flags = list.features.flatMap((feature) =>
    fromFeature(feature, yaml, (finding) => findings.push({ subject: 'flag', key: feature.id, ...finding })),
  )
  const segments = fromSegments(list, hasSegment, findings)
  return { flags, segments, findings }
}

const flagTypes = {
  STRING: 'string',
  BOOLEAN: 'boolean',
  NUMBER: 'number',
  JSON: 'json',
  YAML: 'yaml',
} as const satisfies Record<Feature['variationType'], Flag['type']>

/**
 * Empty if the feature cannot be imported. Violations of our own rules are found later, by
 * core/change/import-plan.ts.
 */
function fromFeature(feature: Feature, yaml: Yaml, report: Report): Flag[] {
  const leftOut = (field: string, reason: string): Flag[] => {
    report({ field, effect: 'left-out', reason })
    return []
  }
  if (feature.deleted) return leftOut('deleted', 'it was deleted')
  const defaultStrategy = fromStrategy(feature.defaultStrategy, 'defaultStrategy', report)
  if (typeof defaultStrategy === 'string') return leftOut('defaultStrategy', defaultStrategy)
  const rules: Flag['rules'] = []
  for (const [i, { id, clauses, strategy }] of feature.rules.entries()) {
    const ours = fromStrategy(strategy, `rules.${i}.strategy`, report)
    if (typeof ours === 'string') return leftOut(`rules.${i}.strategy`, ours)
    const group = fromClauses(clauses, `rules.${i}`, report)
    if (group) rules.push({ id, name: '', anyOf: [group], strategy: ours })
  }
  reportLosses(feature, report)
  return [
    {
      key: feature.id,
      name: cut('name', feature.name, nameLengthMax, report),
      description: cut('description', feature.description, descriptionLengthMax, report),
      type: flagTypes[feature.variationType],
      bundle: false,
      variations: variationsOf(feature, yaml, report),
      enabled: feature.enabled,
      ...(feature.offVariation !== '' && { offVariationId: feature.offVariation }),
      prerequisites: feature.prerequisites.map(({ featureId, variationId }) => ({
        flagKey: featureId,
        variationId,
      })),
      targets: feature.targets
        .map(({ variation, users }) => ({
          variationId: variation,
          targetingKeys: users.filter((user) => user !== ''), // no user has an empty id
        }))
        .filter(({ targetingKeys }) => targetingKeys.length > 0),
      rules,
      defaultStrategy: { id: defaultStrategyId(feature.id), strategy: defaultStrategy },
      allocation: 'fine',
      seed: feature.samplingSeed,
      tags: [...new Set(feature.tags)],
      maintainer: cut('maintainer', feature.maintainer, nameLengthMax, report),
      archived: feature.archived,
      version: feature.version,
      createdAt: feature.createdAt * 1_000,
      updatedAt: feature.updatedAt * 1_000,
    },
  ]
}

/**
 * Bucketeer's default strategy has no id. Any id will do, because fine allocation does not hash it; a
 * constant one lets a repeated import change nothing.
 */
const defaultStrategyId = (featureId: string) => `default:${featureId.slice(0, 90)}`

function cut(field: string, text: string, lengthMax: number, report: Report): string {
  if (text.length <= lengthMax) return text
  report({ field, effect: 'lost', reason: `longer than ${lengthMax} characters: the rest is cut off` })
  return text.slice(0, lengthMax).toWellFormed()
}

function variationsOf(feature: Feature, yaml: Yaml, report: Report): Flag['variations'] {
  return feature.variations.map(({ id, name, description, value }, i) => {
    const variation = {
      id,
      name: cut(`variations.${i}.name`, name, nameLengthMax, report),
      description: cut(`variations.${i}.description`, description, descriptionLengthMax, report),
      value,
    }
    if (feature.variationType !== 'YAML') return variation
    const json = yaml.toJson(value, '1.2')
    if (json !== undefined && json !== yaml.toJson(value, 'yaml.v2')) {
      report({
        field: `variations.${i}.value`,
        effect: 'differs',
        reason:
          `Bucketeer's server reads this YAML, by version 1.1, differently from ${json.slice(0, 200)}: ` +
          'quote its texts (yes, no, on, off, 017, 1_000)',
      })
    }
    return json === undefined ? variation : { ...variation, json }
  })
}

/** Reports what is lost without changing a decision, and corner cases that are decided differently. */
function reportLosses(feature: Feature, report: Report): void {
  if (feature.variationValueSchema !== undefined && feature.variationValueSchema !== null) {
    report({
      field: 'variationValueSchema',
      effect: 'lost',
      reason: 'values are no longer validated by this schema',
    })
  }
  const summary = feature.autoOpsSummary
  const operations = summary
    ? summary.killSwitchCount + summary.progressiveRolloutCount + summary.scheduleCount
    : 0
  if (operations > 0) {
    report({
      field: 'autoOpsSummary',
      effect: 'lost',
      reason: `${operations} auto operations are not part of a feature list: create them again`,
    })
  }
  if (feature.prerequisites.length > 0 && feature.offVariation === '') {
    report({
      field: 'prerequisites',
      effect: 'differs',
      reason:
        'without an off variation Bucketeer ignores a prerequisite that fails; here the default in the ' +
        'code is used. Give the flag an off variation, or remove the prerequisite',
    })
  }
}

/** A text is the reason to leave out the feature. */
function fromStrategy(
  strategy: Strategy | null | undefined,
  field: string,
  report: Report,
): OurStrategy | string {
  if (!strategy) return 'it has no strategy: Bucketeer serves no variation of it'
  if (strategy.type === 'FIXED')
    return { kind: 'fixed', variationId: strategy.fixedStrategy?.variation ?? '' }
  const { variations = [], audience } = strategy.rolloutStrategy ?? {}
  let allotted = 0
  const shares = variations.map(({ variation, weight }) => {
    const reachable = Math.min(weight, weightTotal - allotted) // no bucket lies beyond the total
    allotted += reachable
    return { variationId: variation, weight: reachable }
  })
  if (allotted < weightTotal) {
    report({
      field,
      effect: 'differs',
      reason:
        `the weights add up to ${allotted} of ${weightTotal}: ` +
        'for the rest Bucketeer fails, and here the default in the code is used',
    })
  }
  if (!audience || audience.percentage <= 0 || audience.percentage >= 100) return { kind: 'rollout', shares }
  if (audience.defaultVariation === '')
    return 'its audience has no default variation: Bucketeer fails for everybody outside it'
  const { percentage, defaultVariation: defaultVariationId } = audience
  return { kind: 'rollout', shares, audience: { percentage, defaultVariationId } }
}

const operators = {
  EQUALS: 'equals',
  IN: 'in',
  ENDS_WITH: 'ends-with',
  STARTS_WITH: 'starts-with',
  SEGMENT: 'in-segment',
  GREATER: 'greater',
  GREATER_OR_EQUAL: 'greater-or-equal',
  LESS: 'less',
  LESS_OR_EQUAL: 'less-or-equal',
  BEFORE: 'before',
  AFTER: 'after',
  FEATURE_FLAG: 'flag-is',
  PARTIALLY_MATCH: 'contains',
  NOT_EQUALS: 'not-equals',
} as const satisfies Record<ClauseOperator, OurClause['operator']>

/** For rules without clauses, which match everybody in Bucketeer. Every Bucketeer user has an id. */
const everybody: OurClause = { attribute: targetingKeyAttribute, operator: 'exists', values: [] }

/**
 * Undefined if the clauses never match. A clause without values compares with nothing: in Bucketeer it
 * never matches, or always if it is a negation. Ours must have values.
 */
function fromClauses(clauses: readonly Clause[], field: string, report: Report): OurClause[] | undefined {
  let isPossible = true
  const ours = clauses.flatMap(({ attribute, operator, values }, i): OurClause[] => {
    if (values.length > 0) return [toClause({ attribute, operator, values })]
    const isNegation = operator === 'NOT_EQUALS'
    if (!isNegation) isPossible = false
    const reason = isNegation
      ? 'it has no values, so it always matches: only the clause is left out'
      : 'it has no values, so it never matches: only the rule is left out'
    report({ field: `${field}.clauses.${i}`, effect: 'lost', reason })
    return []
  })
  if (!isPossible) return undefined
  return ours.length === 0 ? [everybody] : ours
}

const toClause = ({
  attribute,
  operator,
  values,
}: Pick<Clause, 'attribute' | 'operator' | 'values'>): OurClause => ({
  attribute: operator === 'SEGMENT' ? '' : operator === 'FEATURE_FLAG' ? attribute : fromAttribute(attribute),
  operator: operators[operator],
  values,
  ...(orderedOperators.has(operators[operator]) && { compareAs: 'bucketeer' }),
})

/** Bucketeer: `id` is the user's id, whatever the user's data has under that name. */
const fromAttribute = (attribute: string) => (attribute === 'id' ? targetingKeyAttribute : attribute)

type SegmentRules = FeatureList['segments'][number]['rules']

/**
 * Segments come from a list of segments, a list of their users, or only from the clauses that refer to
 * them.
 */
function fromSegments(
  { features, segments, segmentUsers }: FeatureList,
  hasSegment: (segmentKey: string) => boolean,
  findings: Finding[],
): Segment[] {
  const imported = new Map<string, Segment>()
  const add = (key: string, changes: Partial<Segment>) => {
    const empty = {
      name: '',
      description: '',
      included: [],
      anyOf: [],
      version: 1,
      createdAt: 0,
      updatedAt: 0,
    }
    imported.set(key, { ...empty, ...imported.get(key), ...changes, key })
  }
  const groups = (key: string, rules: SegmentRules) =>
    groupsOf(rules, (finding) => findings.push({ subject: 'segment', key, ...finding }))
  for (const { id, name, description, rules, createdAt, updatedAt } of segments) {
    const times = { createdAt: createdAt * 1_000, updatedAt: updatedAt * 1_000 }
    add(id, { name, description, anyOf: groups(id, rules), ...times })
  }
  for (const { segmentId, users, rules, updatedAt } of segmentUsers) {
    const included = users.filter(({ state, deleted }) => state === 'INCLUDED' && !deleted)
    add(segmentId, {
      included: [...new Set(included.map(({ userId }) => userId))],
      ...(rules.length > 0 && { anyOf: groups(segmentId, rules) }),
      updatedAt: Math.max(updatedAt * 1_000, imported.get(segmentId)?.updatedAt ?? 0),
    })
  }
  const withUsers = new Set(segmentUsers.map(({ segmentId }) => segmentId))
  const referenced = features.flatMap(({ rules }) =>
    rules.flatMap(({ clauses }) =>
      clauses.flatMap(({ operator, values }) => (operator === 'SEGMENT' ? values : [])),
    ),
  )
  for (const key of new Set([...referenced, ...imported.keys()])) {
    if (withUsers.has(key) || (!imported.has(key) && hasSegment(key))) continue
    if (!imported.has(key)) add(key, {})
    findings.push({
      subject: 'segment',
      key,
      field: 'included',
      effect: 'differs',
      reason:
        'its users are not in the file: add `segmentUsers`, the answer of get_segment_users, or upload them',
    })
  }
  return [...imported.values()]
}

/** In Bucketeer, a segment rule never matches if one of its operators depends on more than the user. */
const groupsOf = (rules: SegmentRules, report: Report): OurClause[][] =>
  rules.flatMap(({ clauses }, i) => {
    if (clauses.some(({ operator }) => operator === 'SEGMENT' || operator === 'FEATURE_FLAG')) return []
    const group = fromClauses(clauses, `rules.${i}`, report)
    return group ? [group] : []
  })
