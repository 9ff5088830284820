// The specification as slow, obvious code: no preparation, no sharing, everything looked up when it is needed. What the compiled
// evaluator is held against. The hashes are the shared ground; they have golden cases of their own.
import type { Clause } from '../../../core/model/clause.ts'
import type { EvaluationContext } from '../../../core/evaluation/context.ts'
import type { Flag, Strategy } from '../../../core/model/flag.ts'
import { murmur3x64Scaled } from '../../../core/hash/murmur3-x64-128.ts'
import { murmur3x86 } from '../../../core/hash/murmur3-x86-32.ts'
import type { Snapshot } from '../../../core/model/snapshot.ts'

type Outcome = { reason: string; variationId: string | undefined; ruleId?: string }

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
      // A dependency that lacks a key to split by has no variation; one that is broken breaks this one too.
      if ((error as Error).message === 'TARGETING_KEY_MISSING') return undefined
      throw error
    }
  }
  // A broken dependency anywhere in the flag is its own error, also where the rule that asks would not be reached.
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
  const holds = (clause: Clause): boolean => {
    if (clause.operator === 'flag-is') return clause.values.includes(dependency(clause.attribute) ?? '')
    if (clause.operator === 'in-segment') {
      return clause.values.some((key) => {
        const segment = snapshot.segments.find((each) => each.key === key)
        if (!segment) return false
        const isListed = context.targetingKey !== undefined && segment.included.includes(context.targetingKey)
        return isListed || segment.anyOf.some((group) => group.every(holds))
      })
    }
    const value = clause.attribute === 'id' ? context.targetingKey : own(context.attributes, clause.attribute)
    if (clause.operator === 'exists') return text(value) !== undefined || Array.isArray(value)
    if (clause.operator === 'not-exists') return text(value) === undefined && !Array.isArray(value)
    const texts = Array.isArray(value)
      ? value.map(text).filter((each) => each !== undefined)
      : [text(value) ?? '']
    const any = (test: (text: string, value: string) => boolean) =>
      texts.some((each) => clause.values.some((wanted) => test(each, wanted)))
    switch (clause.operator) {
      case 'equals':
      case 'in':
        return any((a, b) => a === b)
      case 'not-equals':
        return !any((a, b) => a === b)
      case 'starts-with':
        return any((a, b) => a.startsWith(b))
      case 'ends-with':
        return any((a, b) => a.endsWith(b))
      case 'contains':
        return any((a, b) => a.includes(b))
      case 'not-contains':
        return !any((a, b) => a.includes(b))
      default:
        throw new Error(`the generator makes no ${clause.operator}`)
    }
  }
  for (const rule of flag.rules) {
    if (rule.anyOf.some((group) => group.every(holds))) {
      return allot(flag, rule.strategy, rule.id, context.targetingKey, 'TARGETING_MATCH')
    }
  }
  const hasTargeting = flag.rules.length > 0 || flag.targets.length > 0 || flag.prerequisites.length > 0
  const { id, strategy } = flag.defaultStrategy
  return allot(flag, strategy, id, context.targetingKey, hasTargeting ? 'DEFAULT' : 'STATIC')
}

function allot(
  flag: Flag,
  strategy: Strategy,
  ruleId: string,
  targetingKey: string | undefined,
  reason: string,
): Outcome {
  if (strategy.kind === 'fixed') return { reason, variationId: strategy.variationId, ruleId }
  if (targetingKey === undefined) throw new Error('TARGETING_KEY_MISSING')
  const input =
    flag.allocation === 'percent' ? ruleId + targetingKey : `${flag.key}-${targetingKey}-${flag.seed}`
  const place = (text: string) =>
    flag.allocation === 'percent' ? (murmur3x86(text) % 100) / 100 : fraction(text)
  const { audience, shares } = strategy
  const isFiltered = audience && audience.percentage > 0 && audience.percentage < 100
  if (isFiltered && place(`traffic-${input}`) >= audience.percentage / 100) {
    return { reason: 'SPLIT', variationId: audience.defaultVariationId, ruleId }
  }
  let end = 0
  for (const { variationId, weight } of shares) {
    end += weight
    if (place(input) < end / 100_000) return { reason: 'SPLIT', variationId, ruleId }
  }
  return { reason: 'SPLIT', variationId: undefined, ruleId }
}

/** The hash as Bucketeer's server has it: scaling by a power of two loses nothing. */
export const fraction = (text: string) => murmur3x64Scaled('', text, '', 2 ** 80) / 2 ** 80

const own = (attributes: Readonly<Record<string, unknown>>, name: string) =>
  Object.hasOwn(attributes, name) ? attributes[name] : undefined

const text = (value: unknown) =>
  ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
