// Who the caller is: the console shows it, and offers only what the caller's roles allow.
import { ok } from '../../../core/model/problem.ts'
import { Caller } from '../api/shapes.ts'
import { route } from '../api/route.ts'

export const caller = [
  route({
    id: 'read-caller',
    method: 'GET',
    path: '/caller',
    needs: 'member',
    summary: 'Reads who is calling, and the roles that the caller has',
    answer: Caller,
    handle: ({ caller: { actor, memberships } }) =>
      ok({
        actor,
        memberships: memberships.map(({ organisationId, role, environments }) => ({
          organisationId,
          role,
          environments: { ...environments },
        })),
      }),
  }),
]
