// A rule that a rollback brings back gets back its slices, if they are still free, and its place in holdouts
// that still run: a rollback is to leave things as they were. What it does not get back is said.
import { type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import type { Flag } from '../model/flag.ts'
import { type HeldRule, type Holdout, holdoutStatusAt, isHoldoutOpen } from '../model/holdout.ts'
import {
  type Allotment,
  allotmentOn,
  freeRanges,
  type Layer,
  type RuleOfFlag,
  type SliceRange,
} from '../model/layer.ts'
import { allotmentsMax } from '../model/limits.ts'
import type { FieldProblem } from '../model/problem.ts'
import type { ChangeContext } from './entity.ts'
import { partOf } from './experiment-phases.ts'
import { allotmentObstacle } from './hold-back-problems.ts'
import { renewedRuleId } from './rule-ids.ts'

export interface Returned {
  readonly state: EnvironmentState
  readonly notes: readonly FieldProblem[]
}

/**
 * The state in which layers and holdouts have what returns to them. `after` is the state with the writes, in
 * which they name the rules that theirs became. Nothing returns but by a rollback, which knows the past.
 */
export function withReturnedRules(
  before: EnvironmentState,
  after: EnvironmentState,
  writes: readonly Write[],
  { past = [], now }: ChangeContext,
): Returned {
  const flags = new Set(writes.flatMap(({ kind, id }) => (kind === 'flag' ? [id] : [])))
  const hasIdAgain = ({ flagKey, ruleId }: RuleOfFlag) => {
    const [was, is] = [before.flag.get(flagKey), after.flag.get(flagKey)]
    return flags.has(flagKey) && is !== undefined && has(is, ruleId) && !(was && has(was, ruleId))
  }
  /** It only had another id in between: what it lost since then was taken from it. */
  const wasThere = ({ flagKey, ruleId }: RuleOfFlag) => {
    const [was, is] = [before.flag.get(flagKey), after.flag.get(flagKey)]
    if (!was || !is) return false
    return [was.defaultStrategy, ...was.rules].some(({ id }) => renewedRuleId(was, is, id) === ruleId)
  }
  return past.reduce<Returned>(
    (returned, { kind, id, value: then }) => {
      if (kind === 'layer')
        return (then?.allotments ?? [])
          .filter(hasIdAgain)
          .reduce((made, each) => withAllotment(made, id, each, wasThere(each)), returned)
      if (kind === 'holdout' && then && isHoldoutOpen(then))
        return then.held
          .filter(hasIdAgain)
          .reduce((made, each) => withHeld(made, id, each, wasThere(each), now), returned)
      return returned
    },
    { state: after, notes: [] },
  )
}

function withAllotment(
  { state, notes }: Returned,
  id: string,
  allotment: Allotment,
  wasThere: boolean,
): Returned {
  const { flagKey, ruleId } = allotment
  const layer = state.layer.get(id)
  if (layer?.allotments.some(isOn(allotment))) return { state, notes }
  const reason = layer ? whyNotAllotted(state, layer, allotment, wasThere) : 'the layer is no longer there'
  if (layer && reason === undefined) {
    const value = { ...layer, allotments: [...layer.allotments, allotment] }
    return { state: withWrites(state, [{ kind: 'layer', id, value }]), notes }
  }
  const isElsewhere = allotmentOn(state.layer.values(), flagKey, ruleId) !== undefined
  const message =
    `gives rule ${ruleId} of flag ${flagKey} no slices back: ${reason}` +
    (isElsewhere ? '' : '. Without slices, the rule is for all its users')
  return { state, notes: [...notes, { path: `layer.${id}`, message }] }
}

function withHeld(
  { state, notes }: Returned,
  id: string,
  rule: HeldRule,
  wasThere: boolean,
  now: number,
): Returned {
  const holdout = state.holdout.get(id)
  const reason = holdout ? whyNotHeld(holdout, rule, wasThere, now) : 'the holdout is no longer there'
  if (!holdout || reason !== undefined) {
    const message = `does not hold users back from rule ${rule.ruleId} of flag ${rule.flagKey} again: ${reason}`
    return { state, notes: [...notes, { path: `holdout.${id}`, message }] }
  }
  if (holdout.held.some(isOn(rule))) return { state, notes }
  const value = { ...holdout, held: [...holdout.held, rule] }
  return { state: withWrites(state, [{ kind: 'holdout', id, value }]), notes }
}

/** Undefined if nothing is in the way. */
function whyNotAllotted(
  state: EnvironmentState,
  layer: Layer,
  allotment: Allotment,
  wasThere: boolean,
): string | undefined {
  const obstacle = allotmentObstacle(state, layer.id, allotment)
  if (obstacle) return obstacle.message
  if (wasThere) return 'they were released'
  if (layer.allotments.length >= allotmentsMax) return 'the layer has no room for another rule'
  const free = freeRanges(layer)
  return allotment.ranges.every((range) => isWithin(range, free)) ? undefined : 'others have them now'
}

function whyNotHeld(holdout: Holdout, rule: RuleOfFlag, wasThere: boolean, now: number): string | undefined {
  if (holdoutStatusAt(holdout, now) !== 'running') return 'the holdout has ended'
  if (holdout.held.some(isOn(rule))) return undefined
  if (wasThere) return 'they were released'
  return holdout.held.length >= allotmentsMax ? 'the holdout is full' : undefined
}

const has = (flag: Flag, ruleId: string) => partOf(flag, ruleId) !== undefined

const isOn = (rule: RuleOfFlag) => (each: RuleOfFlag) =>
  each.flagKey === rule.flagKey && each.ruleId === rule.ruleId

const isWithin = ({ from, to }: SliceRange, free: readonly SliceRange[]) =>
  free.some((range) => range.from <= from && to <= range.to)
