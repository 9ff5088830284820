// What happens to a segment. Its uploaded members come as the name of their set: they lie elsewhere by then.
import type { CommandOf } from './command.ts'
import type { EnvironmentState } from '../model/environment-state.ts'
import type { Result } from '../model/problem.ts'
import { type Change, type Means, edit, update } from './entity.ts'

export const updateSegment = (
  state: EnvironmentState,
  command: CommandOf<'update-segment'>,
  means: Means,
): Result<Change> => edit(state, 'segment', command, means)

export function setMembers(
  state: EnvironmentState,
  { id, version, members }: CommandOf<'set-members'>,
  means: Means,
): Result<Change> {
  const asked = { id, version, changes: { members } }
  return update(state, 'segment', asked, means, ({ members: _, ...current }) =>
    members ? { ...current, members } : current,
  )
}
