// The type of command handlers. A handler is a pure function: the same command on the same state gives the
// same change.
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Result } from '../model/problem.ts'
import type { Command, CommandOf } from './command.ts'
import type { Change, ChangeContext } from './entity.ts'

type Kind = Command['kind']

export type Handler<K extends Kind> = (
  state: EnvironmentState,
  command: CommandOf<K>,
  context: ChangeContext,
) => Result<Change>

/** One handler for each of the kinds. */
export type Handlers<K extends Kind = Kind> = { readonly [P in K]: Handler<P> }
