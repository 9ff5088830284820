// Several secondary goals are several questions: among the arms and goals that are named, at most five
// percent are named wrongly on average (e-BH), however the goals hang together.
import { evidenceOf, factorOf } from './compare.ts'
import type { ArmCounts } from './comparison.ts'
import type { Rule } from './design.ts'
import { discoveries } from './multiplicity.ts'

export interface GoalCounts {
  readonly goalKey: string
  readonly counts: readonly ArmCounts[]
  readonly rule: Rule
}

/** For each secondary goal, the ids of the arms that may be named. */
export function discover(
  goals: readonly GoalCounts[],
  baselineVariationId: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const secondary = goals.filter(({ rule }) => rule.role === 'secondary')
  const questions = secondary.flatMap(({ goalKey, counts, rule: { decision } }) => {
    if (decision.kind !== 'always-valid') return []
    const evidence = evidenceOf(counts, baselineVariationId, decision)
    return [...evidence].map(([variationId, value]) => ({ goalKey, variationId, factor: factorOf(value) }))
  })
  const alpha = secondary[0]?.rule.decision.alpha ?? 0
  const isFound = discoveries(
    questions.map(({ factor }) => factor),
    alpha,
  )
  return new Map(
    secondary.map(({ goalKey }) => {
      const found = questions.filter((question, i) => question.goalKey === goalKey && isFound[i])
      return [goalKey, new Set(found.map(({ variationId }) => variationId))]
    }),
  )
}
