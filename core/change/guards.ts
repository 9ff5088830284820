// What every change passes, whichever route or automation sent it: nothing that runs is falsified silently.
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Result } from '../model/problem.ts'
import { guardAllocations } from './allocation-guard.ts'
import type { Change, ChangeContext } from './entity.ts'
import { guardExperiments } from './experiment-guard.ts'
import { guardHoldBacks } from './hold-back-guard.ts'
import { guardRollouts } from './rollout-guard.ts'

export function guarded(state: EnvironmentState, changed: Change, context: ChangeContext): Result<Change> {
  const unlocked = guardRollouts(state, changed, context)
  const whole = unlocked.ok ? guardHoldBacks(state, unlocked.value, context) : unlocked
  const allowed = whole.ok ? guardAllocations(state, whole.value, context) : whole
  return allowed.ok ? guardExperiments(state, allowed.value, context) : allowed
}
