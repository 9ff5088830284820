// Guards running experiments against changes that would falsify their results: other shares, another split,
// a variation that means something else. Every command passes here, whichever route or automation sent it.
import { experimentPhasesMax } from '../model/limits.ts'
import { type Entities, type EnvironmentState, type Write, withWrites } from '../model/environment-state.ts'
import { isOpenAt, primaryGoalOf, statusAt, strategyOf } from '../model/experiment.ts'
import type { Flag } from '../model/flag.ts'
import { isHashedAlike } from '../model/moves.ts'
import { countedByDefault } from '../model/counted-events.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { type Change, type ChangeContext, isSame } from './entity.ts'
import { stopped, toNextSecond } from './experiment.ts'
import { firstPhases, partOf, valuesServed, weightsOf } from './experiment-phases.ts'
import { renewedRuleId } from './rule-ids.ts'

type Experiment = Entities['experiment']

/**
 * Returns the change with what becomes of the experiments that it disturbs: they stop, or start a new phase,
 * as the caller chose. Without a choice, refuses with EXPERIMENT_RUNNING. Experiments that have not started
 * follow their flag; those whose time is over are left alone.
 */
export function guardExperiments(
  state: EnvironmentState,
  changed: Change,
  context: ChangeContext,
): Result<Change> {
  const { writes } = changed
  if (state.experiment.size === 0 || !writes.some(({ kind }) => guarded.has(kind))) return ok(changed)
  const after = withWrites(state, writes)
  const choice = changed.experiment ?? context.experiment
  const added: Write[] = []
  for (const before of state.experiment.values()) {
    const experiment = after.experiment.get(before.id)
    const [flagBefore, flagAfter] = [state.flag.get(before.flagKey), after.flag.get(before.flagKey)]
    if (!experiment || !flagBefore || !flagAfter) continue
    const goalChange = goalDisturbance(state, after, before)
    const isSameFlag = flagBefore === flagAfter
    if (isSameFlag && before === experiment && goalChange === undefined) continue
    if (before === experiment && before.status === 'draft') {
      const ruleId = renewedRuleId(flagBefore, flagAfter, before.ruleId)
      if (ruleId !== before.ruleId) added.push(toWrite(before, { ...before, ruleId }, context))
    }
    if (!isOpenAt(before, context.now) || !isOpenAt(experiment, context.now)) continue
    const hasStarted = statusAt(before, context.now) === 'running'
    const disturbance =
      (hasStarted ? (editDisturbance(before, experiment) ?? goalChange) : undefined) ??
      flagDisturbance(flagBefore, flagAfter, experiment.ruleId)
    if (disturbance === undefined) continue
    const next = inNewPhase(experiment, flagBefore, flagAfter, hasStarted ? context.now : undefined)
    if (!hasStarted && next) added.push(toWrite(experiment, next, context))
    else if (choice === 'stop' && before === experiment)
      added.push(toWrite(experiment, stopped(experiment, context.now), context))
    else if (choice === 'new-phase' && next) added.push(toWrite(experiment, next, context))
    else return disturbed(experiment, disturbance, { hasStarted, canContinue: next !== undefined })
  }
  if (added.length === 0) return ok(changed)
  const replaced = new Set(added.map(({ id }) => id))
  const others = writes.filter(({ kind, id }) => kind !== 'experiment' || !replaced.has(id))
  const entity = added.find(({ id }) => isExperiment(changed.entity, id))?.value ?? changed.entity
  return ok({ ...changed, writes: [...others, ...added], entity })
}

const guarded: ReadonlySet<string> = new Set(['flag', 'goal', 'experiment'])

const isExperiment = (entity: Change['entity'], id: string) =>
  entity !== undefined && 'goalKeys' in entity && entity.id === id

interface Ways {
  readonly hasStarted: boolean
  /** Whether a new phase could follow. */
  readonly canContinue: boolean
}

function disturbed({ id, flagKey }: Experiment, disturbance: string, { hasStarted, canContinue }: Ways) {
  const stop = `send experiment=stop to ${hasStarted ? 'stop it' : 'make it a draft again'}`
  const needs =
    'the flag on, a rollout that has the baseline and another variation (of equal value in an A/A test), users ' +
    `who still count (exposuresUntil), and at most ${experimentPhasesMax} phases`
  const way = canContinue
    ? `${stop}, or experiment=new-phase to let it count anew from now on`
    : `${stop}. To go on, an experiment needs ${needs}`
  const dependents = [{ kind: 'experiment', id }]
  const state = hasStarted ? 'is running' : 'waits for its start'
  const message = `experiment ${id} ${state} on flag ${flagKey}, and this ${disturbance}: ${way}`
  return refuse('EXPERIMENT_RUNNING', message, { dependents })
}

/** What an edit of the experiment itself does to its results, as a phrase; undefined if nothing. */
function editDisturbance(before: Experiment, after: Experiment): string | undefined {
  if (before.baselineVariationId !== after.baselineVariationId) return 'gives it another baseline'
  if ((before.counts ?? countedByDefault) !== (after.counts ?? countedByDefault)) return 'counts other events'
  if (primaryGoalOf(before) !== primaryGoalOf(after)) return 'makes another goal primary'
  // A goal may be taken off, since no other takes its place.
  const kept = before.goalKeys.filter((key) => after.goalKeys.includes(key))
  return isSame(kept, after.goalKeys) ? undefined : 'adds goals or puts them in another order'
}

/** What an edit of its goals does to its results, as a phrase; undefined if nothing. */
function goalDisturbance(
  before: EnvironmentState,
  after: EnvironmentState,
  { goalKeys }: Experiment,
): string | undefined {
  const changed = goalKeys.find((key) => {
    const [was, is] = [before.goal.get(key), after.goal.get(key)]
    return was && is && !isSame([was.event, was.metric], [is.event, is.metric])
  })
  return changed === undefined ? undefined : `changes what is measured of goal ${changed}`
}

/** What an edit of the flag does to the experiment, as a phrase; undefined if nothing. */
function flagDisturbance(before: Flag, after: Flag, ruleId: string): string | undefined {
  if (!before.archived && after.archived) return 'archives the flag'
  if (before.enabled && !after.enabled) return 'turns the flag off'
  const strategy = strategyOf(before, ruleId)
  if (strategy?.kind !== 'rollout') return undefined // nothing was split before either
  const next = strategyOf(after, ruleId)
  if (!next) return 'removes its rule or splits its users anew'
  if (next.kind === 'fixed') return `gives everybody ${next.variationId}`
  const [part, nextPart] = [partOf(before, ruleId)!, partOf(after, ruleId)!]
  if (!isHashedAlike(before, after, part, nextPart)) return 'splits users anew'
  if (!isSame(weightsOf(strategy), weightsOf(next))) return 'changes the shares'
  const arms = new Set(strategy.shares.map(({ variationId }) => variationId))
  const meaningOf = ({ variations }: Flag) =>
    variations
      .filter(({ id }) => arms.has(id))
      .map(({ id, value, baseline }) => ({ id, value, baseline: baseline === true }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const [was, is] = [meaningOf(before), meaningOf(after)]
  if (
    !isSame(
      was.map(({ value }) => value),
      is.map(({ value }) => value),
    )
  )
    return 'changes the value of a variation'
  return isSame(was, is) ? undefined : 'marks another variation as baseline'
}

/**
 * The experiment with a phase that starts at `now`, or with a new first phase if it has not started (`now` is
 * undefined). Undefined if the flag as it will be cannot carry the experiment.
 */
function inNewPhase(
  experiment: Experiment,
  before: Flag,
  after: Flag,
  now: number | undefined,
): Experiment | undefined {
  const ruleId = renewedRuleId(before, after, experiment.ruleId)
  const { startAt, baselineVariationId } = experiment
  if (after.archived || (now !== undefined && !after.enabled)) return undefined
  const strategy = strategyOf(after, ruleId)
  if (experiment.design?.aa && strategy && valuesServed(after, strategy) > 1) return undefined
  const phases = firstPhases(after, { ruleId, startAt: now === undefined ? startAt : toNextSecond(now) })
  const weights = phases?.[0]?.weights ?? {}
  if (!Object.hasOwn(weights, baselineVariationId) || Object.keys(weights).length < 2) return undefined
  if (now === undefined) return { ...experiment, ruleId, phases }
  // Nobody would be counted in it.
  if (experiment.exposuresUntil !== undefined && experiment.exposuresUntil <= toNextSecond(now))
    return undefined
  const earlier = experiment.phases ?? firstPhases(before, experiment) ?? []
  if (earlier.length >= experimentPhasesMax) return undefined
  return { ...experiment, ruleId, phases: [...earlier, ...phases!] }
}

const toWrite = (current: Experiment, next: Experiment, { now }: ChangeContext): Write => ({
  kind: 'experiment',
  id: current.id,
  value: { ...next, version: current.version + 1, updatedAt: now },
})
