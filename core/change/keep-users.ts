// Keeps users where they are when a flag is edited: only as many change their variation as the new shares
// make necessary. Rules keep their ids, which salt the hash, and rollouts the places of their variations.
import type { DefaultStrategy, Flag, Rule, Strategy } from '../model/flag.ts'
import { bucketByOf } from '../model/bucket-by.ts'
import type { FieldProblem } from '../model/problem.ts'
import { rebalance } from '../model/rebalance.ts'
import type * as z from 'zod'
import { type RuleDraft, type UnknownIds, withRuleIds } from './rule-ids.ts'

interface SplitDraft {
  readonly rules: readonly RuleDraft[]
  readonly defaultStrategy: {
    readonly id?: string | undefined
    readonly name?: string | undefined
    readonly strategy: Strategy
    readonly bucketBy?: string | undefined
  }
}

interface Split {
  readonly rules: Rule[]
  readonly defaultStrategy: z.infer<typeof DefaultStrategy>
}

/**
 * The draft with the ids that the flag's rules have. The default strategy always keeps its id, and its name
 * unless the draft has one.
 */
export const withKeptIds = (
  current: Flag,
  { rules, defaultStrategy }: SplitDraft,
  newId: () => string,
  unknownIds?: UnknownIds,
): Split => ({
  rules: withRuleIds(rules, current.rules, newId, unknownIds),
  defaultStrategy: { ...nameOf(current.defaultStrategy), ...defaultStrategy, id: current.defaultStrategy.id },
})

const nameOf = ({ name }: Flag['defaultStrategy']) => (name === undefined ? {} : { name })

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

/** What decides how users are hashed: the fields of a flag that an edit may send. */
export interface Hashing {
  readonly allocation?: Flag['allocation'] | undefined
  readonly bucketBy?: string | null | undefined
  readonly rules?: readonly RuleDraft[] | undefined
  readonly defaultStrategy?: SplitDraft['defaultStrategy'] | undefined
}

/**
 * The problems with an edit that hashes the users of an existing rollout in another way: it moves nearly all
 * of them, and nobody said so.
 */
export function rehashProblems(current: Flag, edit: Hashing, unknownIds?: UnknownIds): FieldProblem[] {
  const { allocation = current.allocation, bucketBy = current.bucketBy } = edit
  const { rules = current.rules, defaultStrategy = current.defaultStrategy } = edit
  const split = withKeptIds(current, { rules, defaultStrategy }, () => '', unknownIds)
  const earlier = new Map([...current.rules, current.defaultStrategy].map((part) => [part.id, part]))
  const next = { bucketBy: bucketBy ?? undefined }
  const problems = new Map<string, FieldProblem>()
  const add = (path: string, present: string) => {
    const message = `would move nearly all users: it stays ${present} unless resetSeed is true`
    problems.set(path, { path, rule: 'moves-users', message })
  }
  for (const part of [...split.rules, split.defaultStrategy]) {
    const before = earlier.get(part.id)
    if (before?.strategy.kind !== 'rollout' || part.strategy.kind !== 'rollout') continue
    if (allocation !== current.allocation) add('allocation', current.allocation)
    const unit = bucketByOf(current, before)
    if (unit !== bucketByOf(next, part)) add('bucketBy', unit ?? 'the targeting key')
  }
  return [...problems.values()]
}
