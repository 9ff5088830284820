// Goals: tracking events that count as success.
import * as z from 'zod'
import { GoalDraft } from '../../../core/command.ts'
import { Goal } from '../../../core/goal.ts'
import { ok } from '../../../core/problem.ts'
import { listPlain } from '../../storage/lists.ts'
import { change, route } from '../route.ts'

export const goals = [
  route({
    id: 'list-goals',
    method: 'GET',
    path: '/environments/{environment}/goals',
    needs: 'viewer',
    summary: 'All goals of an environment',
    answer: z.strictObject({ goals: z.array(Goal) }),
    handle: async ({ database, params }) =>
      ok({ goals: await listPlain(database, 'goals', params.environment) }),
  }),
  change({
    id: 'create-goal',
    method: 'POST',
    path: '/environments/{environment}/goals',
    needs: 'editor',
    summary: 'Makes a goal',
    body: GoalDraft,
    entity: Goal,
    status: 201,
    command: ({ body }) => ({ kind: 'create-goal', goal: body }),
  }),
]
