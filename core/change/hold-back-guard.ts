// Guards layers and holdouts: while an experiment runs on a rule, who takes part in it does not change.
import type { EnvironmentState, Write } from '../model/environment-state.ts'
import { type Experiment, statusAt } from '../model/experiment.ts'
import { type Holdout, holdoutStatusAt } from '../model/holdout.ts'
import { type Result, ok, refuse } from '../model/problem.ts'
import { type Change, type ChangeContext, isSame } from './entity.ts'

/** Refuses a change of the slices that a running experiment, or a running holdout, has. */
export function guardHoldBacks(
  state: EnvironmentState,
  changed: Change,
  { now }: ChangeContext,
): Result<Change> {
  for (const write of changed.writes) {
    if (write.kind !== 'layer' && write.kind !== 'holdout') continue
    const reason = write.kind === 'layer' ? undefined : moved(state, write, now)
    if (reason !== undefined) return refuse('CONFLICT', reason, { current: state[write.kind].get(write.id) })
    const { id } = [...state.experiment.values()].find(
      (each) => statusAt(each, now) === 'running' && isDisturbed(state, write, each, now),
    ) ?? { id: undefined }
    if (id === undefined) continue
    const message = `experiment ${id} is running, and this changes who takes part in it: stop it first`
    return refuse('CONFLICT', message, { dependents: [{ kind: 'experiment', id }] })
  }
  return ok(changed)
}

type HoldBackWrite = Extract<Write, { kind: 'layer' | 'holdout' }>

function isDisturbed(
  state: EnvironmentState,
  write: HoldBackWrite,
  { flagKey, ruleId }: Experiment,
  now: number,
): boolean {
  const isOn = (each: { readonly flagKey: string; readonly ruleId: string }) =>
    each.flagKey === flagKey && each.ruleId === ruleId
  if (write.kind === 'layer') {
    const before = state.layer.get(write.id)
    const [was, is] = [before?.allotments.find(isOn), write.value?.allotments.find(isOn)]
    return !isSame(was, is) || (was !== undefined && before?.salt !== write.value?.salt)
  }
  const before = state.holdout.get(write.id)
  const { value } = write
  // One that ends releases its users, who then take part by their hash as all others do.
  if (!value || (before && holdoutStatusAt(value, now) === 'ended')) return false
  return !isSame(heldNow(before, now).find(isOn), heldNow(value, now).find(isOn))
}

const heldNow = (holdout: Holdout | undefined, now: number): Holdout['held'] =>
  holdout && holdoutStatusAt(holdout, now) === 'running' ? holdout.held : []

/** What no running holdout may change: it would move users, or mix what was counted before and after. */
const fixed = ['salt', 'slices', 'startAt', 'flagKeys', 'goalKeys'] as const

/** What would move users of a holdout that runs, or of one that has ended. */
function moved(state: EnvironmentState, { id, value }: Extract<Write, { kind: 'holdout' }>, now: number) {
  const before = state.holdout.get(id)
  if (!before || !value) return undefined
  if (before.status === 'ended' && value.status !== 'ended')
    return 'the holdout has ended: it does not begin again'
  if (holdoutStatusAt(before, now) !== 'running') return undefined
  const changed = fixed.filter((field) => !isSame(before[field], value[field]))
  return changed.length > 0 ? `the holdout is running: ${changed.join(', ')} can no longer change` : undefined
}
