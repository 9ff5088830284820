// Why a flag is left out of the definitions for an SDK in local mode: the SDK would decide it otherwise than
// edge does.
import type { Clause } from '../../../core/model/clause.ts'
import { type Operator, orderedOperators } from '../../../core/model/vocabulary.ts'
import type { Flag, Strategy } from '../../../core/model/flag.ts'
import { attributeSplitting } from '../../../core/model/bucket-by.ts'
import { weightTotal } from '../../../core/model/limits.ts'
import type { Segment } from '../../../core/model/segment.ts'
import { dependenciesOf } from '../../../core/model/snapshot.ts'
import { coversEverybody } from '../../../core/evaluation/slice.ts'
import { parseFloat64, parseInt64 } from '../../../core/text/go-strconv.ts'
import { parseVersion } from '../../../core/text/semver.ts'
import { trustedNamespace } from '../../sdk/enrich.ts'
import type { LocalEvaluator } from './local-evaluators.ts'
import { operators, opposites } from './to-feature.ts'

/**
 * Bucketeer does not send flags without a variation for anybody; the SDK then uses the default in the code.
 */
export const servesNothing = (flag: Flag | undefined) =>
  flag !== undefined && !flag.enabled && flag.offVariationId === undefined

/** For a person; undefined if the SDK decides the flag as edge does. */
export function reasonToOmit(
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
  strategy: Strategy,
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

function reasonAgainstClause(
  { attribute, operator, values, ignoreCase, compareAs, negated }: Clause,
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

/** What follows the segment's name in a sentence. */
export function reasonAgainstRules(
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
const isOwnNumberOrder = (operator: Operator, compareAs: Clause['compareAs'], values: readonly string[]) =>
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
