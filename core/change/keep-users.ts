// Keeps users where they are when a flag is edited: only as many change their variation as the new shares
// make necessary. Rules keep their ids, which salt the hash, and rollouts the places of their variations.
import type { DefaultStrategy, Flag, Rule, Strategy } from '../model/flag.ts'
import type { FieldProblem } from '../model/problem.ts'
import { rebalance } from '../model/rebalance.ts'
import type * as z from 'zod'
import { type RuleDraft, type UnknownIds, withRuleIds } from './rule-ids.ts'

interface SplitDraft {
  readonly rules: readonly RuleDraft[]
  readonly defaultStrategy: { readonly id?: string | undefined; readonly strategy: Strategy }
}

interface Split {
  readonly rules: Rule[]
  readonly defaultStrategy: z.infer<typeof DefaultStrategy>
}

/** The draft with the ids that the flag's rules have. The default strategy always keeps its id. */
export const withKeptIds = (
  current: Flag,
  { rules, defaultStrategy }: SplitDraft,
  newId: () => string,
  unknownIds?: UnknownIds,
): Split => ({
  rules: withRuleIds(rules, current.rules, newId, unknownIds),
  defaultStrategy: { ...defaultStrategy, id: current.defaultStrategy.id },
})

/** Each rollout with its variations at the places they have, as far as the new shares allow. */
export function withKeptRanges(current: Flag, { rules, defaultStrategy }: Split): Split {
  const before = new Map(
    [...current.rules, current.defaultStrategy].map(({ id, strategy }) => [id, strategy]),
  )
  const keepRanges = <P extends { id: string; strategy: Strategy }>(part: P): P => {
    const earlier = before.get(part.id)
    if (!earlier || part.strategy.kind !== 'rollout') return part
    return { ...part, strategy: rebalance(earlier, part.strategy) }
  }
  return { rules: rules.map(keepRanges), defaultStrategy: keepRanges(defaultStrategy) }
}

export const keepUsers = (
  current: Flag,
  draft: SplitDraft,
  newId: () => string,
  unknownIds?: UnknownIds,
): Split => withKeptRanges(current, withKeptIds(current, draft, newId, unknownIds))

/** Whether another allocation would hash anybody to another bucket. */
const hasRollout = ({ rules, defaultStrategy }: Pick<Flag, 'rules' | 'defaultStrategy'>): boolean =>
  [...rules, defaultStrategy].some(({ strategy }) => strategy.kind === 'rollout')

/** The problem with another way of hashing: it moves nearly everybody, and nobody said so. */
export function rehashProblems(
  current: Flag,
  next: { readonly allocation?: Flag['allocation'] | undefined },
): FieldProblem[] {
  if (next.allocation === undefined || next.allocation === current.allocation || !hasRollout(current))
    return []
  const message = `would move nearly all users: it stays ${current.allocation} unless resetSeed is true`
  return [{ path: 'allocation', rule: 'moves-users', message }]
}
