// Who uses a flag, a segment, a goal or a tag: what would refuse to let it go.
import * as z from 'zod'
import type { EntityKind } from '../../../core/model/environment-state.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { environmentOf, objectOf } from '../api/execute.ts'
import { type Route, route } from '../api/route.ts'

export const dependentsRoute = (kind: EntityKind, plural: string, param: 'key' | 'id'): Route =>
  route({
    id: `list-${kind}-dependents`,
    method: 'GET',
    path: `/environments/{environment}/${plural}/{${param}}/dependents`,
    needs: 'viewer',
    summary: `Who uses a ${kind}`,
    answer: z.strictObject({ dependents: z.array(z.strictObject({ kind: z.string(), id: z.string() })) }),
    handle: async (call) => {
      const environmentId = environmentOf(call)
      const id = (call.params as Readonly<Record<string, string>>)[param] ?? ''
      const users = await objectOf(call, environmentId).users(environmentId, kind, id)
      return users ? ok({ dependents: users }) : refuse('NOT_FOUND', `there is no ${kind} ${id}`)
    },
  })
