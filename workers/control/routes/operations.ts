// Routes of automatic operations. The batch runner gathers the facts and requests their application.
import { OperationChanges, OperationDraft } from '../../../core/change/command.ts'
import { Operation, OperationFacts } from '../../../core/model/operation.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

export const operations = [
  ...entityRoutes({
    kind: 'operation',
    name: 'operation',
    plural: 'operations',
    param: 'id',
    schema: Operation,
    draft: OperationDraft,
    changes: OperationChanges.extend(expectedVersion),
    filters: { flagKey: textFilter, status: Operation.shape.status.optional() },
    create: (operation) => ({ kind: 'create-operation', operation }),
    update: (id, { version, ...changes }) => ({ kind: 'update-operation', id, version, changes }),
    remove: (id) => ({ kind: 'delete-operation', id }),
  }),
  change({
    id: 'apply-operation',
    method: 'POST',
    path: '/environments/{environment}/operations/{id}/apply',
    needs: 'editor',
    summary: 'Applies an operation if the sent facts fulfil its condition',
    body: OperationFacts,
    entity: Operation,
    command: ({ params: { id }, body }) => ({ kind: 'apply-operation', id, facts: body }),
  }),
]
