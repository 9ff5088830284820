// What happens to a segment. Its uploaded members come as the name of their set: they lie elsewhere by then.
import type { CommandOf } from './command.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Result } from '../model/problem.ts'
import { type Change, type ChangeContext, edit, update } from './entity.ts'

export const updateSegment = (
  state: EnvironmentState,
  command: CommandOf<'update-segment'>,
  context: ChangeContext,
): Result<Change> => edit(state, 'segment', command, context)

export function setMembers(
  state: EnvironmentState,
  { id, version, members }: CommandOf<'set-members'>,
  context: ChangeContext,
): Result<Change> {
  const target = { id, version, changes: { members } }
  return update(state, 'segment', target, context, ({ members: _, ...current }) =>
    members ? { ...current, members } : current,
  )
}
