// The specification of evaluation as slow, obvious code, to check the compiled evaluator against. Shares only
// the hashes with it, which have golden cases.
import type { Clause } from '../../../core/model/clause.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { murmur3x64Scaled } from '../../../core/hash/murmur3-x64-128.ts'
import { murmur3x86 } from '../../../core/hash/murmur3-x86-32.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { compare, compareOwn, equals, isInteger, timeOf } from './reference-comparisons.ts'

interface Outcome {
  /** For errors: `ERROR` and the error code. */
  reason: string
  variationId: string | undefined
  ruleId?: string
}

export function referenceEvaluate(snapshot: Snapshot, key: string, context: EvaluationContext): Outcome {
  const flag = snapshot.flags.find((each) => each.key === key)!
  try {
    return decide(snapshot, flag, context, [])
  } catch (error) {
    return { reason: `ERROR ${(error as Error).message}`, variationId: undefined }
  }
}

function decide(
  snapshot: Snapshot,
  flag: Flag,
  context: EvaluationContext,
  path: readonly string[],
): Outcome {
  if (path.includes(flag.key)) throw new Error('GENERAL')
  const dependency = (key: string) => {
    const other = snapshot.flags.find((each) => each.key === key)
    if (!other) throw new Error('GENERAL')
    try {
      return decide(snapshot, other, context, [...path, flag.key]).variationId
    } catch (error) {
      // A dependency that needs a targeting key and has none gives no variation; a broken one breaks this
      // flag too.
      if ((error as Error).message === 'TARGETING_KEY_MISSING') return undefined
      throw error
    }
  }
  // So is a segment that refers to itself, directly or through others.
  const checkSegment = (segmentKey: string, outer: readonly string[]) => {
    if (outer.includes(segmentKey)) throw new Error('GENERAL')
    const segment = snapshot.segments.find((each) => each.key === segmentKey)
    for (const { operator, values } of segment?.anyOf.flat() ?? [])
      if (operator.endsWith('in-segment'))
        for (const each of values) checkSegment(each, [...outer, segmentKey])
  }
  for (const rule of flag.rules)
    for (const { operator, values } of rule.anyOf.flat())
      if (operator.endsWith('in-segment')) for (const each of values) checkSegment(each, [])
  // A broken dependency is an error even if the rule that refers to it would not be reached.
  for (const rule of flag.rules)
    for (const clause of rule.anyOf.flat()) if (clause.operator === 'flag-is') dependency(clause.attribute)
  for (const { flagKey } of flag.prerequisites) dependency(flagKey)
  for (const { flagKey, variationId } of flag.prerequisites) {
    if (dependency(flagKey) !== variationId)
      return { reason: 'PREREQUISITE_FAILED', variationId: flag.offVariationId }
  }
  if (!flag.enabled) return { reason: 'DISABLED', variationId: flag.offVariationId }
  for (const target of flag.targets) {
    if (context.targetingKey !== undefined && target.targetingKeys.includes(context.targetingKey)) {
      return { reason: 'TARGETING_MATCH', variationId: target.variationId }
    }
  }
  const holds = (clause: Clause): boolean => holdsPlainly(clause) !== (clause.negated ?? false)
  const holdsPlainly = (clause: Clause): boolean => {
    if (clause.operator === 'not-in-segment') return !holdsPlainly({ ...clause, operator: 'in-segment' })
    if (clause.operator === 'flag-is') return clause.values.includes(dependency(clause.attribute) ?? '')
    if (clause.operator === 'in-segment') {
      return clause.values.some((key) => {
        const segment = snapshot.segments.find((each) => each.key === key)
        if (!segment) return false
        const isListed = context.targetingKey !== undefined && segment.included.includes(context.targetingKey)
        return isListed || segment.anyOf.some((group) => group.every(holds))
      })
    }
    const value = valueOf(context, clause.attribute)
    const isThere = text(value) !== undefined || (typeof value === 'object' && value !== null)
    if (clause.operator === 'exists') return isThere
    if (clause.operator === 'not-exists') return !isThere
    const elements = (Array.isArray(value) ? value : [value]).map((each: unknown) =>
      typeof each === 'number' ? each : text(each),
    )
    const anyInOrder = (test: (element: string | number, value: string) => boolean) =>
      elements.some(
        (each) => each !== undefined && each !== '' && clause.values.some((wanted) => test(each, wanted)),
      )
    const anyOrdered = (test: (difference: number) => boolean) =>
      clause.compareAs === 'bucketeer'
        ? any((a, b) => test(compare(a, b)))
        : anyInOrder((a, b) => test(compareOwn(clause.compareAs, a, b)))
    const texts = Array.isArray(value)
      ? value.map(text).filter((each) => each !== undefined)
      : [text(value) ?? '']
    const fold = (each: string) => (clause.ignoreCase ? each.toLowerCase() : each)
    const any = (test: (text: string, value: string) => boolean) =>
      texts.some((each) => clause.values.some((wanted) => test(each, wanted)))
    const anyFolded = (test: (text: string, value: string) => boolean) =>
      any((each, wanted) => test(fold(each), fold(wanted)))
    const anyTime = (test: (time: number, value: number) => boolean) =>
      clause.compareAs === 'bucketeer'
        ? any((each, wanted) => isInteger(each) && isInteger(wanted) && test(Number(each), Number(wanted)))
        : anyInOrder((each, wanted) => test(timeOf(each), timeOf(wanted)))
    switch (clause.operator) {
      case 'equals':
      case 'in':
        return any((a, b) => equals(a, b, clause.ignoreCase))
      case 'not-equals':
        return !any((a, b) => equals(a, b, clause.ignoreCase))
      case 'starts-with':
        return anyFolded((a, b) => a.startsWith(b))
      case 'ends-with':
        return anyFolded((a, b) => a.endsWith(b))
      case 'contains':
        return anyFolded((a, b) => a.includes(b))
      case 'not-contains':
        return !anyFolded((a, b) => a.includes(b))
      case 'matches':
        return any((a, b) => new RegExp(b, clause.ignoreCase ? 'iu' : 'u').test(a))
      case 'greater':
        return anyOrdered((difference) => difference > 0)
      case 'greater-or-equal':
        return anyOrdered((difference) => difference >= 0)
      case 'less':
        return anyOrdered((difference) => difference < 0)
      case 'less-or-equal':
        return anyOrdered((difference) => difference <= 0)
      case 'before':
        return anyTime((a, b) => a < b)
      case 'after':
        return anyTime((a, b) => a > b)
    }
  }
  for (const rule of flag.rules) {
    if (rule.anyOf.some((group) => group.every(holds))) {
      return allot(flag, rule, context, 'TARGETING_MATCH')
    }
  }
  const hasTargeting = flag.rules.length > 0 || flag.targets.length > 0 || flag.prerequisites.length > 0
  return allot(flag, flag.defaultStrategy, context, hasTargeting ? 'DEFAULT' : 'STATIC')
}

function allot(
  flag: Flag,
  { id: ruleId, strategy, bucketBy = flag.bucketBy ?? 'id' }: Flag['defaultStrategy'],
  { targetingKey, attributes }: EvaluationContext,
  reason: string,
): Outcome {
  if (strategy.kind === 'fixed') return { reason, variationId: strategy.variationId, ruleId }
  const unit = bucketBy === 'id' ? targetingKey : text(own(attributes, bucketBy))
  if (bucketBy === 'id' && unit === undefined) throw new Error('TARGETING_KEY_MISSING')
  if (bucketBy !== 'id' && !unit) return { reason: 'DEFAULT', variationId: undefined, ruleId }
  const input = flag.allocation === 'percent' ? ruleId + unit : `${flag.key}-${unit}-${flag.seed}`
  const bucket = (text: string) =>
    flag.allocation === 'percent' ? (murmur3x86(text) % 100) / 100 : fraction(text)
  const { audience, shares } = strategy
  const isFiltered = audience && audience.percentage > 0 && audience.percentage < 100
  if (isFiltered && bucket(`traffic-${input}`) >= audience.percentage / 100) {
    return { reason: 'SPLIT', variationId: audience.defaultVariationId, ruleId }
  }
  let end = 0
  for (const { variationId, weight } of shares) {
    end += weight
    if (bucket(input) < end / 100_000) return { reason: 'SPLIT', variationId, ruleId }
  }
  return { reason: 'SPLIT', variationId: undefined, ruleId }
}

/** The hash as a fraction, as in Bucketeer's server. Scaling by a power of two loses no precision. */
export const fraction = (text: string) => murmur3x64Scaled('', text, '', 2 ** 80) / 2 ** 80

const own = (attributes: Readonly<Record<string, unknown>>, name: string) =>
  Object.hasOwn(attributes, name) ? attributes[name] : undefined

function valueOf({ targetingKey, attributes }: EvaluationContext, name: string): unknown {
  if (name === 'targetingKey') return targetingKey
  if (name === 'id') return own(attributes, 'id') ?? targetingKey
  if (Object.hasOwn(attributes, name) || !name.includes('.')) return own(attributes, name)
  return name
    .split('.')
    .reduce<unknown>(
      (from, each) =>
        typeof from === 'object' && from !== null && !Array.isArray(from)
          ? own(from as Record<string, unknown>, each)
          : undefined,
      attributes,
    )
}

const text = (value: unknown) =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined

/** The value of a variation, parsed as the type of its flag. */
export function referenceValue({ type, variations }: Flag, variationId: string): unknown {
  const { value, json } = variations.find(({ id }) => id === variationId)!
  switch (type) {
    case 'boolean':
      return value === 'true'
    case 'string':
      return value
    case 'number':
      return Number(value)
    case 'json':
      return JSON.parse(value)
    case 'yaml':
      return JSON.parse(json!)
  }
}
