// Which rules a holdout holds, and what it gives instead: what the rule served before. A rule comes under it
// when the holdout begins or when something begins on the rule, never while something runs on it: nobody who
// takes part in an experiment is moved.
import { attributeSplitting } from '../model/bucket-by.ts'
import { isAllocationOpen } from '../model/dynamic-allocation.ts'
import { type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { baselineOf, isOpenAt } from '../model/experiment.ts'
import type { DefaultStrategy, Flag } from '../model/flag.ts'
import { covers, type HeldRule, type Holdout, holdoutStatusAt, isHoldoutOpen } from '../model/holdout.ts'
import { allotmentsMax } from '../model/limits.ts'
import { isRolloutOpen } from '../model/progressive-rollout.ts'
import type { Change, ChangeContext } from './entity.ts'
import { isSame } from './entity.ts'
import { partOf } from './experiment-phases.ts'
import { renewedRuleId } from './rule-ids.ts'

/** The rules of the flags that it names: all on which nothing runs. Of every flag: none yet. */
export function heldFromTheStart(
  state: EnvironmentState,
  { flagKeys = [] }: Pick<Holdout, 'flagKeys'>,
  now: number,
): HeldRule[] {
  return flagKeys.flatMap((flagKey) => {
    const flag = state.flag.get(flagKey)
    if (!flag || attributeSplitting(flag) !== undefined) return []
    return [...flag.rules, flag.defaultStrategy].flatMap((part) => {
      const variationId = servedBefore(flag, part)
      if (variationId === undefined || isBusy(state, flagKey, part.id, now)) return []
      return { flagKey, ruleId: part.id, variationId, since: now }
    })
  })
}

/** Of a rollout, its only variation or its baseline. */
function servedBefore(flag: Flag, { id, strategy }: Pick<DefaultStrategy, 'id' | 'strategy'>) {
  if (strategy.kind === 'fixed') return strategy.variationId
  const [only, ...others] = strategy.shares.filter(({ weight }) => weight > 0)
  return only && others.length === 0 && !strategy.audience ? only.variationId : baselineOf(flag, id)
}

function isBusy(state: EnvironmentState, flagKey: string, ruleId: string, now: number): boolean {
  const isOn = (each: { readonly flagKey: string; readonly ruleId: string }) =>
    each.flagKey === flagKey && each.ruleId === ruleId
  return (
    [...state.experiment.values()].some((each) => isOn(each) && isOpenAt(each, now)) ||
    [...state.progressiveRollout.values()].some((each) => isOn(each) && isRolloutOpen(each)) ||
    [...state.dynamicAllocation.values()].some((each) => isOn(each) && isAllocationOpen(each))
  )
}

type Begun = Omit<HeldRule, 'since'>

/** The change with what it does to layers and holdouts: rules come under holdouts, get new ids, and go. */
export function withHoldBackRules(state: EnvironmentState, changed: Change, context: ChangeContext): Change {
  if (state.layer.size + state.holdout.size === 0) return changed
  const { writes } = changed
  const after = withWrites(state, writes)
  const begun = begunBy(state, after, writes, context.now)
  const flags = writes.flatMap((write) => (write.kind === 'flag' ? [write.id] : []))
  if (begun.length + flags.length === 0) return changed
  const renewed = <T extends Begun>(rules: readonly T[]): T[] =>
    rules.flatMap((rule) => {
      const [before, next] = [state.flag.get(rule.flagKey), after.flag.get(rule.flagKey)]
      if (!flags.includes(rule.flagKey) || !before || !next) return [rule]
      const ruleId = renewedRuleId(before, next, rule.ruleId)
      return partOf(next, ruleId) ? [{ ...rule, ruleId }] : []
    })
  const added: Write[] = []
  for (const layer of after.layer.values()) {
    const allotments = renewed(layer.allotments)
    if (!isSame(allotments, layer.allotments))
      added.push({ kind: 'layer', id: layer.id, value: touched(layer, { allotments }, context) })
  }
  for (const holdout of after.holdout.values()) {
    if (!isHoldoutOpen(holdout)) continue
    const kept = renewed(holdout.held)
    const isRunning = holdoutStatusAt(holdout, context.now) === 'running'
    const joined = isRunning ? begun.filter((rule) => covers(holdout, rule.flagKey)) : []
    const held = [
      ...kept,
      ...joined
        .filter((rule) => !kept.some((each) => isSameRule(each, rule)))
        .map((rule) => ({ ...rule, since: context.now })),
    ].slice(0, allotmentsMax)
    if (!isSame(held, holdout.held))
      added.push({ kind: 'holdout', id: holdout.id, value: touched(holdout, { held }, context) })
  }
  const isReplaced = ({ kind, id }: Write) => added.some((each) => each.kind === kind && each.id === id)
  return added.length === 0
    ? changed
    : { ...changed, writes: [...writes.filter((write) => !isReplaced(write)), ...added] }
}

const isSameRule = (a: Begun, b: Begun) => a.flagKey === b.flagKey && a.ruleId === b.ruleId

const touched = <T extends { readonly version: number }, C extends object>(
  entity: T,
  changes: C,
  { now }: ChangeContext,
) => ({ ...entity, ...changes, version: entity.version + 1, updatedAt: now })

/** The rules of experiments and progressive rollouts that the writes begin. */
function begunBy(
  state: EnvironmentState,
  after: EnvironmentState,
  writes: readonly Write[],
  now: number,
): Begun[] {
  return writes.flatMap((write): Begun[] => {
    const begins =
      write.kind === 'experiment' && write.value && isOpenAt(write.value, now)
        ? { ...write.value, variationId: write.value.baselineVariationId }
        : write.kind === 'progressiveRollout' && write.value && isRolloutOpen(write.value)
          ? { ...write.value, variationId: write.value.fromVariationId }
          : undefined
    if (!begins) return []
    const { flagKey, ruleId, variationId } = begins
    const flag = after.flag.get(flagKey)
    if (!flag || attributeSplitting(flag) !== undefined || isBusy(state, flagKey, ruleId, now)) return []
    return [{ flagKey, ruleId, ...(variationId !== undefined && { variationId }) }]
  })
}
