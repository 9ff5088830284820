// The share that a watched variation has of the users of it and its baseline, as their rollout says. Bets on
// the difference between two variations are exact only if it is known, so it is kept with the operation; when
// it changes, the operation counts anew.
import { bucketByOf } from '../model/bucket-by.ts'
import { type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { strategyOf } from '../model/experiment.ts'
import type { Operation } from '../model/operation.ts'
import type { Change, ChangeContext } from './entity.ts'
import { toNextSecond } from './experiment.ts'
import { partOf, weightsOf } from './experiment-phases.ts'

type WithRollout = Pick<Operation, 'flagKey' | 'variationId' | 'baselineVariationId' | 'ruleId'>

/** Undefined: there is no baseline, or no rollout that gives both to users at random. */
export function shareIn(state: EnvironmentState, operation: WithRollout): number | undefined {
  const { flagKey, variationId, baselineVariationId, ruleId = '' } = operation
  const flag = state.flag.get(flagKey)
  const strategy = flag && strategyOf(flag, ruleId)
  if (!flag || baselineVariationId === undefined || strategy?.kind !== 'rollout') return undefined
  // Users who keep their variation, or share it with their group, are not spread by today's shares.
  if (flag.assignment !== undefined || bucketByOf(flag, partOf(flag, ruleId)!) !== undefined) return undefined
  const { [variationId]: watched = 0, [baselineVariationId]: baseline = 0 } = weightsOf(strategy)
  return watched > 0 && baseline > 0 ? watched / (watched + baseline) : undefined
}

/** A draft with the rollout that it compares in, and its share. */
export function withRollout<T extends WithRollout>(state: EnvironmentState, draft: T): T {
  if (draft.baselineVariationId === undefined) return draft
  const ruleId = draft.ruleId ?? state.flag.get(draft.flagKey)?.defaultStrategy.id
  const share = shareIn(state, { ...draft, ruleId })
  return { ...draft, ...(ruleId !== undefined && { ruleId }), ...(share !== undefined && { share }) }
}

/** Adds to a change of flags what becomes of the operations that compare their variations. */
export function withShares(state: EnvironmentState, changed: Change, { now }: ChangeContext): Change {
  if (state.operation.size === 0 || !changed.writes.some(({ kind }) => kind === 'flag')) return changed
  const after = withWrites(state, changed.writes)
  const written = new Set(changed.writes.flatMap(({ kind, id }) => (kind === 'flag' ? [id] : [])))
  const added: Write[] = []
  for (const operation of after.operation.values()) {
    if (!written.has(operation.flagKey) || operation.baselineVariationId === undefined) continue
    const share = shareIn(after, operation)
    if (share === operation.share) continue
    const { share: _, ...rest } = operation
    const value = {
      ...rest,
      ...(share !== undefined && { share }),
      countingFrom: Math.max(operation.countingFrom, toNextSecond(now)),
      restarted: true,
      version: (state.operation.get(operation.id)?.version ?? 0) + 1,
      updatedAt: now,
    }
    added.push({ kind: 'operation', id: operation.id, value })
  }
  if (added.length === 0) return changed
  const replaced = new Set(added.map(({ id }) => id))
  const others = changed.writes.filter(({ kind, id }) => kind !== 'operation' || !replaced.has(id))
  return { ...changed, writes: [...others, ...added] }
}
