// Automatic operations. The batch runner gathers the facts and asks to apply them.
import { OperationChanges, OperationDraft } from '../../../core/change/command.ts'
import { Operation, OperationFacts } from '../../../core/model/operation.ts'
import { aText, entityRoutes } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

export const operations = [
  ...entityRoutes({
    kind: 'operation',
    name: 'operation',
    plural: 'operations',
    param: 'id',
    schema: Operation,
    draft: OperationDraft,
    changes: OperationChanges,
    filters: { flagKey: aText, status: Operation.shape.status.optional() },
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
