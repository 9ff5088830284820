// Decides. No clock, no I/O, no throw: unknown flags and cycles are answers, and one bad flag never costs the others theirs.
import { bucketOf, hashInput, isInAudience, shareOf } from './bucket.ts'
import {
  type CompiledFlag,
  type CompiledSnapshot,
  type CompiledStrategy,
  type Decided,
  failure,
} from './compile.ts'
import type { EvaluationContext } from './context.ts'
import type { Evaluation } from './evaluation.ts'

/** Decides one flag, and before it those it depends on. */
export function evaluate(
  compiled: CompiledSnapshot,
  flagKey: string,
  context: EvaluationContext,
): Evaluation {
  const target = compiled.byKey.get(flagKey)
  if (!target || target.flag.archived)
    return failure(flagKey, undefined, 'FLAG_NOT_FOUND', `there is no flag ${flagKey}`)
  const decided: (Evaluation | undefined)[] = []
  for (const index of target.dependencies) decided[index] = decide(compiled.flags[index]!, context, decided)
  return decide(target, context, decided)
}

/** Decides every live flag, or those with a tag, in the snapshot's order. */
export function evaluateAll(
  compiled: CompiledSnapshot,
  context: EvaluationContext,
  tag?: string,
): Evaluation[] {
  const decided: Evaluation[] = new Array(compiled.flags.length)
  for (const flag of compiled.inOrder) decided[flag.index] = decide(flag, context, decided)
  return decided.filter((_, index) => {
    const { archived, tags } = compiled.flags[index]!.flag
    return !archived && (tag === undefined || tags.includes(tag))
  })
}

/** The order of Bucketeer's server (bucketeer reference 4.2); a flag without off variation answers "use your default" where it is off. */
function decide(compiled: CompiledFlag, context: EvaluationContext, decided: Decided): Evaluation {
  if (compiled.broken) return compiled.broken
  for (const { index, variationId } of compiled.prerequisites) {
    if (decided[index]?.variation?.id !== variationId) return compiled.prerequisiteFailed
  }
  if (!compiled.flag.enabled) return compiled.off
  const { targetingKey } = context
  const target = targetingKey === undefined ? undefined : compiled.targets.get(targetingKey)
  if (target) return target
  for (const rule of compiled.rules) {
    if (rule.matches(context, decided)) return allot(compiled, rule.strategy, targetingKey)
  }
  return allot(compiled, compiled.defaultStrategy, targetingKey)
}

function allot(
  compiled: CompiledFlag,
  strategy: CompiledStrategy,
  targetingKey: string | undefined,
): Evaluation {
  if (strategy.kind === 'fixed') return strategy.evaluation
  if (targetingKey === undefined) return compiled.targetingKeyMissing
  const { flag } = compiled
  const input = hashInput(flag, strategy.ruleId, targetingKey)
  if (strategy.audience && !isInAudience(flag.allocation, input, strategy.audience.percentage)) {
    return strategy.audience.evaluation
  }
  const share = shareOf(strategy.weights, bucketOf(flag.allocation, input))
  return strategy.evaluations[share] ?? strategy.untracked
}
