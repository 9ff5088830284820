// The problems with a reference to something that is not there, or not in use.
import type { EnvironmentState } from '../model/environment-state.ts'
import { type FieldProblem, type Problem, refuse } from '../model/problem.ts'

export const missing = (
  state: EnvironmentState,
  kind: 'flag' | 'goal' | 'experiment' | 'operation',
  path: string,
  key: string,
): FieldProblem[] =>
  state[kind].has(key) ? [] : [{ path, rule: `unknown-${kind}`, message: `there is no ${kind} ${key}` }]

/** For what would do nothing while the flag is archived. Undefined if it is in use, or not there. */
export const refuseArchived = (
  { flag }: EnvironmentState,
  flagKey: string,
): { readonly ok: false; readonly problem: Problem } | undefined =>
  flag.get(flagKey)?.archived === true ? refuse('CONFLICT', `flag ${flagKey} is archived`) : undefined
