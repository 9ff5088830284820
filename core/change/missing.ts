// The problem with a reference to something that is not there.
import type { EnvironmentState } from '../model/environment-state.ts'
import type { FieldProblem } from '../model/problem.ts'

export const missing = (
  state: EnvironmentState,
  kind: 'flag' | 'goal' | 'experiment' | 'operation',
  path: string,
  key: string,
): FieldProblem[] =>
  state[kind].has(key) ? [] : [{ path, rule: `unknown-${kind}`, message: `there is no ${kind} ${key}` }]
