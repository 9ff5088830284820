// Builds the definitions that Bucketeer's server SDKs evaluate in local mode. They contain only flags that
// the asking SDK evaluates as we do (local-evaluators.ts); omitted flags are listed with the reason.
import type { Clause as OurClause } from '../../../core/model/clause.ts'
import { type Operator, orderedOperators, targetingKeyAttribute } from '../../../core/model/vocabulary.ts'
import type { Flag, Strategy as OurStrategy } from '../../../core/model/flag.ts'
import { attributeSplitting } from '../../../core/model/bucket-by.ts'
import { rangesOf } from '../../../core/model/rebalance.ts'
import { weightTotal } from '../../../core/model/limits.ts'
import { parseVersion } from '../../../core/text/semver.ts'
import { parseFloat64, parseInt64 } from '../../../core/text/go-strconv.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { segmentsUsedBy } from '../../../core/model/segment-keys.ts'
import { effectiveFlags } from '../../../core/evaluation/panic-mode.ts'
import { coversEverybody } from '../../../core/evaluation/slice.ts'
import { dependenciesOf, type Snapshot } from '../../../core/model/snapshot.ts'
import { trustedNamespace } from '../../sdk/enrich.ts'
import type { Clause, ClauseOperator, Feature, FeatureList, SegmentUsers, Strategy } from './feature.ts'
import { type LocalEvaluator, leastEvaluator } from './local-evaluators.ts'

export interface Omission {
  readonly flagKey: string
  readonly reason: string
}

/** What is to be known about a clause of a flag that is contained. */
export interface Note extends Omission {
  /** Dotted path inside the flag. */
  readonly field: string
}

export function localMode(
  snapshot: Pick<Snapshot, 'flags' | 'segments' | 'settings'>,
  knows: LocalEvaluator = leastEvaluator,
): {
  list: FeatureList
  omitted: Omission[]
  notes: Note[]
} {
  const { segments } = snapshot
  const flags = effectiveFlags(snapshot)
  const bySegment = new Map(segments.map((segment) => [segment.key, segment]))
  const byFlag = new Map(flags.map((flag) => [flag.key, flag]))
  const reasons = new Map<string, string>()
  for (const flag of flags) {
    const reason = reasonToOmit(flag, byFlag, bySegment, knows)
    if (reason !== undefined) reasons.set(flag.key, reason)
  }
  // Flags that depend on an omitted flag are omitted too, transitively.
  for (let before = -1; before !== reasons.size;) {
    before = reasons.size
    for (const flag of flags) {
      const missing = dependenciesOf(flag).find((key) => reasons.has(key) || !byFlag.has(key))
      if (missing !== undefined && !reasons.has(flag.key))
        reasons.set(flag.key, `depends on ${missing}, which is left out`)
    }
  }
  const included = flags.filter(({ key }) => !reasons.has(key) && !servesNothing(byFlag.get(key)))
  return {
    list: {
      features: included.map(toFeature),
      segmentUsers: segmentUsersOf(snapshot.flags, bySegment, knows),
      segments: [],
    },
    omitted: flags.flatMap(({ key, archived }) => {
      const reason = reasons.get(key)
      return reason === undefined || archived ? [] : [{ flagKey: key, reason }]
    }),
    notes: included.filter(({ archived }) => !archived).flatMap(notesOn),
  }
}

const notesOn = ({ key, rules }: Flag): Note[] =>
  rules.flatMap(({ anyOf }, r) =>
    anyOf.flatMap((group, g) =>
      group.flatMap(({ operator, compareAs }, c) =>
        orderedOperators.has(operator)
          ? [{ flagKey: key, field: `rules.${r}.anyOf.${g}.${c}`, reason: noteOn(compareAs) }]
          : [],
      ),
    ),
  )

const noteOn = (compareAs: OurClause['compareAs']) =>
  compareAs === 'bucketeer'
    ? 'keeps Bucketeer’s rule of comparison: a missing attribute is the empty text, and versions have three parts'
    : 'a text such as 18.4.1, 10.10, v9 or 1e3 is compared otherwise by these SDKs: write compareAs bucketeer to have their rule everywhere'

/**
 * Bucketeer does not send flags without a variation for anybody; the SDK then uses the default in the code.
 */
const servesNothing = (flag: Flag | undefined) =>
  flag !== undefined && !flag.enabled && flag.offVariationId === undefined

function reasonToOmit(
  flag: Flag,
  flags: ReadonlyMap<string, Flag>,
  segments: ReadonlyMap<string, Segment>,
  knows: LocalEvaluator,
): string | undefined {
  if (flag.prerequisites.length > 0 && flag.offVariationId === undefined)
    return 'without an off variation these SDKs ignore a prerequisite that fails: give the flag one'
  const bucketBy = attributeSplitting(flag)
  if (bucketBy !== undefined) return `splits by ${bucketBy}: these SDKs always split by user id`
  if (flag.assignment) return 'assignments are kept here: these SDKs decide by the hash alone'
  if (flag.slices && !coversEverybody(flag.slices)) return 'slices are not known to these SDKs'
  for (const key of dependenciesOf(flag)) {
    const other = flags.get(key)
    if (!other) return `depends on ${key}, which is not there`
    if (!knows.deepDependencies && dependenciesOf(other).length > 0)
      return `depends on ${key}, which depends on others: these SDKs load one level`
    if (servesNothing(other)) return `depends on ${key}, which is off without an off variation: give it one`
  }
  for (const { anyOf, strategy } of flag.rules) {
    for (const clause of anyOf.flat()) {
      const reason = reasonAgainstClause(clause, segments, knows)
      if (reason !== undefined) return reason
    }
    const reason = reasonAgainstStrategy(flag, strategy, knows)
    if (reason !== undefined) return reason
  }
  return reasonAgainstStrategy(flag, flag.defaultStrategy.strategy, knows)
}

function reasonAgainstStrategy(
  { allocation, seed }: Flag,
  strategy: OurStrategy,
  knows: LocalEvaluator,
): string | undefined {
  if (strategy.kind === 'fixed') return undefined
  const { audience, shares } = strategy
  const hasAudience = audience && audience.percentage > 0 && audience.percentage < 100
  if (hasAudience && !knows.audiences) return 'an audience is not known to these SDKs'
  const total = shares.reduce((sum, { weight }) => sum + weight, 0)
  if (total < weightTotal) return 'weights add up to less than the whole: these SDKs fail for the rest'
  if (!hasAudience && shares.some(({ weight }) => weight === weightTotal)) return undefined
  if (!knows.readsAsGo && !isAscii.test(seed)) return 'a seed beyond ASCII is hashed otherwise by these SDKs'
  if (allocation === 'fine') return undefined
  return 'percent allocation hashes otherwise than these SDKs do'
}

const operators: Partial<Record<Operator, ClauseOperator>> = {
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
const opposites: Partial<Record<Operator, ClauseOperator>> = {
  equals: 'NOT_EQUALS',
  in: 'NOT_EQUALS',
  'not-equals': 'EQUALS',
}

function reasonAgainstClause(
  { attribute, operator, values, ignoreCase, compareAs, negated }: OurClause,
  segments: ReadonlyMap<string, Segment>,
  knows: LocalEvaluator,
): string | undefined {
  if (attribute.startsWith(trustedNamespace)) return `the attribute ${attribute} is known at the edge only`
  if (negated && operators[operator] !== undefined && opposites[operator] === undefined)
    return `a negated ${operator} is not known to these SDKs`
  if (
    orderedOperators.has(operator) &&
    compareAs !== 'bucketeer' &&
    !isOwnNumberOrder(operator, compareAs, values)
  )
    return `${operator} compares otherwise than these SDKs do: write compareAs bucketeer to have their rule`
  if (ignoreCase) return 'these SDKs always regard case'
  if (operators[operator] === undefined) return `${operator} is not known to these SDKs`
  const ambiguous = knows.readsAsGo ? undefined : values.find((value) => !isParsedAlike(operator, value))
  if (ambiguous !== undefined)
    return `${operator} ${JSON.stringify(ambiguous)} is read otherwise by these SDKs`
  if (operator !== 'in-segment') return undefined
  for (const key of values) {
    const segment = segments.get(key)
    if (!segment) return `refers to the segment ${key}, which does not exist`
    if (segment.members) return `refers to the segment ${key}, whose uploaded members are too many to send`
    const reason = reasonAgainstRules(segment, segments, knows)
    if (reason !== undefined) return `refers to the segment ${key}${reason}`
  }
  return undefined
}

function reasonAgainstRules(
  { anyOf }: Segment,
  segments: ReadonlyMap<string, Segment>,
  knows: LocalEvaluator,
): string | undefined {
  if (anyOf.length > 0 && !knows.segmentRules) return ', whose rules these SDKs do not support'
  for (const clause of anyOf.flat()) {
    const { operator } = clause
    const reason =
      operator === 'in-segment' || operator === 'flag-is'
        ? `${operator} never matches there`
        : reasonAgainstClause(clause, segments, knows)
    if (reason !== undefined) return `: ${reason}`
  }
  return undefined
}

/** Numbers by our own rule: these SDKs decide alike once a missing attribute is ruled out. */
const isOwnNumberOrder = (operator: Operator, compareAs: OurClause['compareAs'], values: readonly string[]) =>
  operator !== 'before' &&
  operator !== 'after' &&
  compareAs === undefined &&
  values.every((value) => sdkNumber.test(value))

const isAscii = /^\p{ASCII}*$/u
/** What these SDKs parse as a number, and what npm's semver may parse as a version. */
const sdkNumber = /^-?\d*\.?\d+$/
const possibleVersion = /^[\sv=]*\d+\.\d+\.\d+/

/** Whether Go and JavaScript parse the value alike as a number, a time or a version. */
function isParsedAlike(operator: Operator, value: string): boolean {
  switch (operator) {
    case 'before':
    case 'after':
      return parseInt64(value) !== undefined && /^-?\d{1,15}$/.test(value)
    case 'greater':
    case 'greater-or-equal':
    case 'less':
    case 'less-or-equal':
      if (!isAscii.test(value) || (parseFloat64(value) !== undefined) !== sdkNumber.test(value)) return false
      return isVersionParsedAlike(value)
    case 'equals':
    case 'not-equals':
    case 'in':
      return isVersionParsedAlike(value)
    default:
      return true
  }
}

const isVersionParsedAlike = (value: string) =>
  parseVersion(value) !== undefined || !possibleVersion.test(value)

const variationTypes = {
  boolean: 'BOOLEAN',
  string: 'STRING',
  number: 'NUMBER',
  json: 'JSON',
  yaml: 'YAML',
} as const

function toFeature(flag: Flag): Feature {
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

/**
 * The segments that flags use, also flags that are left out or not served at present: an SDK that has a
 * segment then does not lack it when the flag comes back, which need not change the segment or its use. Rules
 * that the SDK does not decide as we do are not given out: only flags that are left out ask for them.
 */
function segmentUsersOf(
  flags: readonly Flag[],
  segments: ReadonlyMap<string, Segment>,
  knows: LocalEvaluator,
): SegmentUsers[] {
  const used = [...new Set(flags.flatMap(segmentsUsedBy))].flatMap((key) => segments.get(key) ?? [])
  return used.flatMap((segment) => {
    const { key, included, anyOf, members, updatedAt } = segment
    if (members) return []
    const isKnown = reasonAgainstRules(segment, segments, knows) === undefined
    return {
      segmentId: key,
      users: included.map((userId) => ({ userId, state: 'INCLUDED' as const, deleted: false })),
      rules: isKnown ? anyOf.map((group, i) => toSegmentRule(group, `${key}:${i}`)) : [],
      updatedAt: Math.floor(updatedAt / 1_000),
    }
  })
}

const toSegmentRule = (group: readonly OurClause[], id: string) => ({
  id,
  clauses: group.flatMap((clause, j) => toClauses(clause, `${id}:${j}`)),
})
