// Environments: what has flags, keys and a history of its own.
import * as z from 'zod'
import { nameLengthMax } from '../../../core/limits.ts'
import { ok } from '../../../core/problem.ts'
import { listEnvironments } from '../../storage/lists.ts'
import { objectOf, toResult } from '../execute.ts'
import { NextCursor, PageQuery, pageOf } from '../page.ts'
import { changedOf, route } from '../route.ts'

const EnvironmentId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40')

const Environment = z.strictObject({
  id: z.string(),
  name: z.string(),
  createdAt: z.int(),
  revision: z.int().describe('Number of the newest revision.'),
})

export const environments = [
  route({
    id: 'list-environments',
    method: 'GET',
    path: '/environments',
    needs: 'viewer',
    summary: 'Environments, with their newest revision',
    query: PageQuery,
    answer: z.strictObject({ environments: z.array(Environment), nextCursor: NextCursor }),
    handle: async ({ database, query: { limit, cursor } }) => {
      const found = await listEnvironments(database, String(cursor?.[0] ?? ''), limit + 1)
      const { rows, ...next } = pageOf(found, limit, ({ id }) => [id])
      return ok({ environments: rows, ...next })
    },
  }),
  route({
    id: 'create-environment',
    method: 'POST',
    path: '/environments',
    needs: 'owner',
    summary: 'Makes an environment',
    body: z.strictObject({ id: EnvironmentId, name: z.string().max(nameLengthMax).default('') }),
    answer: changedOf(z.strictObject({ id: z.string(), name: z.string() })),
    status: 201,
    handle: async (call) => {
      const { id, name } = call.body
      const { actor, origin } = call.caller
      return toResult(await objectOf(call, id).create({ environmentId: id, name, actor, origin }))
    },
  }),
]
