// Commands on goals.
import { create, edit, remove } from './entity.ts'
import type { Handlers } from './handler.ts'

export const goalHandlers: Handlers<'create-goal' | 'update-goal' | 'delete-goal'> = {
  'create-goal': (state, { goal }, context) =>
    create(state, 'goal', goal.key, { ...goal, event: goal.event ?? goal.key }, context),
  'update-goal': (state, command, context) => edit(state, 'goal', command, context),
  'delete-goal': (state, command) => remove(state, 'goal', command),
}
