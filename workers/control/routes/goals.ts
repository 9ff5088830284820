// Routes of goals: tracking events that count as success.
import { GoalChanges, GoalDraft } from '../../../core/change/command.ts'
import { Goal } from '../../../core/model/goal.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'
import { dependentsRoute } from './dependents.ts'

export const goals = [
  ...entityRoutes({
    kind: 'goal',
    name: 'goal',
    plural: 'goals',
    param: 'key',
    schema: Goal,
    draft: GoalDraft,
    changes: GoalChanges.extend(expectedVersion),
    create: (goal) => ({ kind: 'create-goal', goal }),
    update: (id, { version, ...changes }) => ({ kind: 'update-goal', id, version, changes }),
    remove: (id) => ({ kind: 'delete-goal', id }),
  }),
  dependentsRoute('goal', 'goals', 'key'),
]
