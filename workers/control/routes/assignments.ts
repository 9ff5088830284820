// Forgets the variations that flags keep for users. Called for a person who asked to be forgotten, so the
// audit trail says that it was done, by whom and where, and not for whom.
import * as z from 'zod'
import { valueLengthMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { assignmentStoreOf, visitorName } from '../../contracts/assignments-contract.ts'
import { logError } from '../../http/log.ts'
import { readRow } from '../../storage/organisations.ts'
import { storeRow } from '../api/organisation-change.ts'
import { route } from '../api/route.ts'

/** Each is a call of a Durable Object; a request may make 1,000. */
export const forgottenUsersMax = 100

export const assignments = [
  route({
    id: 'forget-assignments',
    method: 'POST',
    path: '/environments/{environment}/assignments/forget',
    needs: 'editor',
    summary: 'Forgets the variations that flags with `assignment` keep for users',
    description:
      'A user who comes back is decided for anew, by the weights of then. What is kept for a group stays. The ' +
      'audit trail of the organisation names the environment and the caller, not the users.',
    body: z.strictObject({
      targetingKeys: z.array(z.string().min(1).max(valueLengthMax)).min(1).max(forgottenUsersMax),
    }),
    answer: z.strictObject({
      assignments: z.int().describe('How many there were.'),
    }),
    handle: async (call) => {
      const { database, env, params, body, scope } = call
      const environment = await readRow(database, 'environment', params.environment)
      if (!environment || !scope) return refuse('NOT_FOUND', `there is no environment ${params.environment}`)
      const audited = await storeRow(call, {
        kind: 'forget-assignments',
        entity: 'environment',
        organisationId: scope.organisationId,
        before: environment,
        after: { ...environment, version: environment.version + 1 },
      })
      if (!audited.ok) return audited
      const names = [...new Set(body.targetingKeys)].map(visitorName)
      try {
        const forgotten = await Promise.all(
          names.map(async (who) => assignmentStoreOf(env.ASSIGNMENTS, environment.id, who).forget(who)),
        )
        return ok({ assignments: forgotten.reduce((sum, one) => sum + one, 0) })
      } catch (cause) {
        logError('assignments', cause)
        return refuse('UNAVAILABLE', 'not all assignments could be removed at the moment, try again')
      }
    },
  }),
]
