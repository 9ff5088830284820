// Goals: tracking events that count as success.
import { GoalChanges, GoalDraft } from '../../../core/change/command.ts'
import { Goal } from '../../../core/model/goal.ts'
import { entityRoutes } from '../api/entity-routes.ts'
import { dependentsRoute } from './dependents.ts'

export const goals = [
  ...entityRoutes({
    kind: 'goal',
    name: 'goal',
    plural: 'goals',
    param: 'key',
    schema: Goal,
    draft: GoalDraft,
    changes: GoalChanges,
  }),
  dependentsRoute('goal', 'goals', 'key'),
]
