// Automatic operations. The batch runner gathers the facts and asks to apply them.
import * as z from 'zod'
import { OperationDraft } from '../../../core/command.ts'
import { Operation, OperationFacts } from '../../../core/operation.ts'
import { ok } from '../../../core/problem.ts'
import { listPlain } from '../../storage/lists.ts'
import { change, route } from '../route.ts'

export const operations = [
  route({
    id: 'list-operations',
    method: 'GET',
    path: '/environments/{environment}/operations',
    needs: 'viewer',
    summary: 'All automatic operations of an environment',
    answer: z.strictObject({ operations: z.array(Operation) }),
    handle: async ({ database, params }) =>
      ok({ operations: await listPlain(database, 'operations', params.environment) }),
  }),
  change({
    id: 'create-operation',
    method: 'POST',
    path: '/environments/{environment}/operations',
    needs: 'editor',
    summary: 'Makes an automatic operation',
    body: OperationDraft,
    entity: Operation,
    status: 201,
    command: ({ body }) => ({ kind: 'create-operation', operation: body }),
  }),
  change({
    id: 'apply-operation',
    method: 'POST',
    path: '/environments/{environment}/operations/{id}/apply',
    needs: 'editor',
    summary: 'Applies an operation, if it is due on the facts sent',
    body: OperationFacts,
    entity: Operation,
    command: ({ params: { id }, body }) => ({ kind: 'apply-operation', id, facts: body }),
  }),
]
