// A route that lists what depends on an entity, and so prevents its deletion.
import * as z from 'zod'
import type { EntityKind } from '../../../core/model/environment-state.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { pathParam } from '../api/call.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { type Route, route } from '../api/route.ts'

export const dependentsRoute = (kind: EntityKind, plural: string, param: 'key' | 'id'): Route =>
  route({
    id: `list-${kind}-dependents`,
    method: 'GET',
    path: `/environments/{environment}/${plural}/{${param}}/dependents`,
    needs: 'viewer',
    summary: `What depends on a ${kind}`,
    answer: z.strictObject({ dependents: z.array(z.strictObject({ kind: z.string(), id: z.string() })) }),
    handle: async (call) => {
      const environmentId = pathParam(call, 'environment')
      const id = pathParam(call, param)
      const dependents = await environmentStub(call, environmentId).dependents(environmentId, kind, id)
      return dependents ? ok({ dependents }) : refuse('NOT_FOUND', `there is no ${kind} ${id}`)
    },
  })
