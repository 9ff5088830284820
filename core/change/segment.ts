// Commands on segments. Uploaded members are stored elsewhere; a segment holds the name of their set.
import { create, edit, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'

export const segmentHandlers: Handlers<
  'create-segment' | 'update-segment' | 'set-members' | 'delete-segment'
> = {
  'create-segment': (state, { segment }, context) => create(state, 'segment', segment.key, segment, context),
  'update-segment': (state, command, context) => edit(state, 'segment', command, context),
  'set-members': (state, { id, version, members }, context) => {
    const target = { id, version, changes: { members } }
    return update(state, 'segment', target, context, ({ members: _, ...current }) =>
      members ? { ...current, members } : current,
    )
  },
  'delete-segment': (state, command) => remove(state, 'segment', command),
}
