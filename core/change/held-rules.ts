// Which rules a holdout holds, and what it gives instead: what the rule served before. A rule comes under it
// when the holdout begins or when something begins on the rule, never while something runs on it: nobody who
// takes part in an experiment is moved. Only rules that give every user a variation are held: of the others,
// users would be missing in one of the groups that a holdout compares.
import { attributeSplitting } from '../model/bucket-by.ts'
import { isAllocationOpen } from '../model/dynamic-allocation.ts'
import { type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { baselineOf } from '../model/experiment.ts'
import type { DefaultStrategy, Flag, Strategy } from '../model/flag.ts'
import { covers, type HeldRule, type Holdout, holdoutStatusAt, isHoldoutOpen } from '../model/holdout.ts'
import { allotmentsMax, weightTotal } from '../model/limits.ts'
import { isRolloutOpen, type ProgressiveRollout } from '../model/progressive-rollout.ts'
import { type FieldProblem, ok, type Result } from '../model/problem.ts'
import type { Change, ChangeContext } from './entity.ts'
import { isSame, parsed } from './entity.ts'
import { partOf } from './experiment-phases.ts'
import { withReturnedRules } from './returned-rules.ts'
import { renewedRuleId } from './rule-ids.ts'

/** The rules of the flags that it names: all on which nothing runs. Of every flag: none yet. */
export function heldFromTheStart(
  state: EnvironmentState,
  { flagKeys = [] }: Pick<Holdout, 'flagKeys'>,
  now: number,
): HeldRule[] {
  return flagKeys.flatMap((flagKey) => {
    const flag = state.flag.get(flagKey)
    if (!flag) return []
    return [...flag.rules, flag.defaultStrategy].flatMap((part) => {
      const variationId = servedBefore(flag, part)
      if (variationId === undefined || !isComparable(state, flag, part) || isBusy(state, flagKey, part.id))
        return []
      return { flagKey, ruleId: part.id, variationId, since: now }
    })
  })
}

/** Whether every user of the rule gets a variation, and whoever is held back is of the same kind. */
function isComparable(
  state: EnvironmentState,
  flag: Flag,
  { id, strategy }: Pick<DefaultStrategy, 'id' | 'strategy'>,
): boolean {
  if (attributeSplitting(flag) !== undefined || flag.assignment === 'exclusive') return false
  const allotments = [...state.layer.values()].flatMap((layer) => layer.allotments)
  const own = allotments.find((each) => each.flagKey === flag.key && each.ruleId === id)
  return givesEverybody(strategy) && (!own || own.outsideVariationId !== undefined)
}

const givesEverybody = (strategy: Strategy): boolean =>
  strategy.kind === 'fixed' || strategy.shares.reduce((sum, { weight }) => sum + weight, 0) === weightTotal

/** Of a rollout, its only variation or its baseline. */
function servedBefore(flag: Flag, { id, strategy }: Pick<DefaultStrategy, 'id' | 'strategy'>) {
  if (strategy.kind === 'fixed') return strategy.variationId
  const [only, ...others] = strategy.shares.filter(({ weight }) => weight > 0)
  return only && others.length === 0 && !strategy.audience ? only.variationId : baselineOf(flag, id)
}

/** Whether something has begun on the rule; what waits for its time begins then. */
function isBusy(state: EnvironmentState, flagKey: string, ruleId: string): boolean {
  const isOn = (each: { readonly flagKey: string; readonly ruleId: string }) =>
    each.flagKey === flagKey && each.ruleId === ruleId
  return (
    [...state.experiment.values()].some((each) => isOn(each) && each.status === 'running') ||
    [...state.progressiveRollout.values()].some((each) => isOn(each) && hasBegun(each)) ||
    [...state.dynamicAllocation.values()].some((each) => isOn(each) && isAllocationOpen(each))
  )
}

const hasBegun = (rollout: ProgressiveRollout) => isRolloutOpen(rollout) && rollout.stepsMade > 0

type Begun = Omit<HeldRule, 'since'>

/** The change with what it does to layers and holdouts: rules come under holdouts, get new ids, and go. */
export function withHoldBackRules(
  state: EnvironmentState,
  changed: Change,
  context: ChangeContext,
): Result<Change> {
  if (state.layer.size + state.holdout.size === 0 && !context.past) return ok(changed)
  const { writes } = changed
  const after = withWrites(state, writes)
  const begun = begunBy(state, after, writes)
  const flags = writes.flatMap((write) => (write.kind === 'flag' ? [write.id] : []))
  if (begun.length + flags.length === 0) return ok(changed)
  const returned = withReturnedRules(state, withRenewedIds(state, after, flags, context), writes, context)
  const notes = [...(changed.notes ?? []), ...returned.notes]
  const added: Write[] = []
  for (const [id, layer] of after.layer) {
    const { allotments } = returned.state.layer.get(id)!
    if (!isSame(allotments, layer.allotments))
      added.push({ kind: 'layer', id, value: touched(layer, { allotments }, context) })
  }
  for (const [id, holdout] of after.holdout) {
    const { held: kept } = returned.state.holdout.get(id)!
    const isRunning = holdoutStatusAt(holdout, context.now) === 'running'
    const joined = (isRunning ? begun : [])
      .filter((rule) => covers(holdout, rule.flagKey) && !kept.some((each) => isSameRule(each, rule)))
      .map((rule) => ({ ...rule, since: context.now }))
    const held = [...kept, ...joined].slice(0, allotmentsMax)
    const isHeld = (rule: Begun) => held.some((each) => isSameRule(each, rule))
    notes.push(...joined.map((rule) => joinedNote(id, rule, isHeld(rule))))
    if (!isSame(held, holdout.held))
      added.push({ kind: 'holdout', id, value: touched(holdout, { held }, context) })
  }
  for (const { kind, value } of added) {
    const sound = parsed(kind, value!)
    if (!sound.ok) return sound
  }
  const isReplaced = ({ kind, id }: Write) => added.some((each) => each.kind === kind && each.id === id)
  return ok({ ...changed, notes, writes: [...writes.filter((write) => !isReplaced(write)), ...added] })
}

/** `after` with layers and open holdouts that name the rules that theirs became, each once. */
function withRenewedIds(
  state: EnvironmentState,
  after: EnvironmentState,
  flags: readonly string[],
  { now }: ChangeContext,
): EnvironmentState {
  const renewed = <T extends Begun>(rules: readonly T[]): T[] => {
    const next = rules.flatMap((rule) => {
      const [was, is] = [state.flag.get(rule.flagKey), after.flag.get(rule.flagKey)]
      if (!flags.includes(rule.flagKey) || !was || !is) return [rule]
      const ruleId = renewedRuleId(was, is, rule.ruleId)
      // Slices are of users: a rollout that is split by an attribute leaves them.
      if (!partOf(is, ruleId) || attributeSplitting(is) !== undefined) return []
      const isOther = ruleId !== rule.ruleId && 'since' in rule
      return [{ ...rule, ruleId, ...(isOther && { since: now }) }]
    })
    const byRule = new Map<string, T>()
    for (const rule of next) {
      const name = JSON.stringify([rule.flagKey, rule.ruleId])
      if (!byRule.has(name)) byRule.set(name, rule)
    }
    return [...byRule.values()]
  }
  return withWrites(after, [
    ...[...after.layer.values()].map((layer): Write => ({
      kind: 'layer',
      id: layer.id,
      value: { ...layer, allotments: renewed(layer.allotments) },
    })),
    ...[...after.holdout.values()].filter(isHoldoutOpen).map((holdout): Write => ({
      kind: 'holdout',
      id: holdout.id,
      value: { ...holdout, held: renewed(holdout.held) },
    })),
  ])
}

const joinedNote = (holdoutId: string, { flagKey, ruleId }: Begun, isHeld: boolean): FieldProblem => ({
  path: `holdout.${holdoutId}`,
  message: isHeld
    ? `holds users back from rule ${ruleId} of flag ${flagKey} from now on, and SDKs that decide by themselves no longer get the flag`
    : `is full: it does not hold users back from rule ${ruleId} of flag ${flagKey}`,
})

const isSameRule = (a: Begun, b: Begun) => a.flagKey === b.flagKey && a.ruleId === b.ruleId

const touched = <T extends { readonly version: number }, C extends object>(
  entity: T,
  changes: C,
  { now }: ChangeContext,
) => ({ ...entity, ...changes, version: entity.version + 1, updatedAt: now })

/** The rules of experiments and progressive rollouts that the writes begin. */
function begunBy(state: EnvironmentState, after: EnvironmentState, writes: readonly Write[]): Begun[] {
  return writes.flatMap((write): Begun[] => {
    const begins =
      write.kind === 'experiment' && write.value?.status === 'running'
        ? { ...write.value, variationId: write.value.baselineVariationId }
        : write.kind === 'progressiveRollout' && write.value && hasBegun(write.value)
          ? { ...write.value, variationId: write.value.fromVariationId }
          : undefined
    if (begins?.variationId === undefined) return []
    const { flagKey, ruleId, variationId } = begins
    const flag = after.flag.get(flagKey)
    const part = flag && partOf(flag, ruleId)
    if (!flag || !part || !isComparable(after, flag, part) || isBusy(state, flagKey, ruleId)) return []
    return [{ flagKey, ruleId, variationId }]
  })
}
