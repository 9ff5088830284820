// Routes of automatic operations. The batch runner gathers the facts and requests their application.
import * as z from 'zod'
import { OperationChanges, OperationDraft } from '../../../core/change/command.ts'
import { Id } from '../../../core/model/flag.ts'
import { Operation, OperationFacts, OperationLook } from '../../../core/model/operation.ts'
import { Lease, LeaseName, LeaseRequest } from '../../../core/model/lease.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { readLooks } from '../../storage/looks.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { booleanFilter, entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { WatchedOperation } from '../api/operation-answers.ts'
import { change, route } from '../api/route.ts'
import { StoredLooks, storesLooks } from './store-looks.ts'

const looksMax = 500

export const operations = [
  ...entityRoutes({
    kind: 'operation',
    name: 'operation',
    plural: 'operations',
    param: 'id',
    schema: Operation,
    reading: {
      schema: WatchedOperation,
      more: async (...[database, environmentId, ids]) => {
        const looks = await readLooks(database, environmentId, 'operation', ids)
        return (id) => {
          const lastLook = looks.get(id)
          return lastLook ? { lastLook } : {}
        }
      },
    },
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
    description:
      'The evidence is computed again from `evidence.minutes`. Sent again, it changes nothing: it fires once, until ' +
      'it is armed.',
    body: OperationFacts,
    entity: Operation,
    command: ({ params: { id }, body }) => ({ kind: 'apply-operation', id, facts: body }),
  }),
  change({
    id: 'arm-operation',
    method: 'POST',
    path: '/environments/{environment}/operations/{id}/arm',
    needs: 'editor',
    summary: 'Arms an operation that has fired: it watches again, from now on',
    description:
      'What it did when it fired stays as it is: turn the flag on again yourself. With `whenQuiet=true`, which the batch ' +
      'runner sends, only if its `rearmAfterMs` is over. Armed already, nothing changes.',
    query: z.strictObject({ whenQuiet: booleanFilter }),
    entity: Operation,
    command: ({ params: { id }, query: { whenQuiet = false } }) => ({ kind: 'arm-operation', id, whenQuiet }),
  }),
  route({
    id: 'store-operation-looks',
    method: 'POST',
    path: '/environments/{environment}/operation-looks',
    needs: 'editor',
    summary: 'Stores what the batch runner found when it looked at operations',
    description:
      'Shown as `lastLook`. Each replaces the one before, if it is newer; looks at operations that do not exist are ' +
      'dropped. No revision: the configuration stays as it is.',
    body: z.strictObject({
      looks: z
        .array(z.strictObject({ operationId: Id, look: OperationLook }))
        .min(1)
        .max(looksMax),
    }),
    answer: StoredLooks,
    handle: storesLooks('operation', ({ operationId: id, look }) => ({ id, look })),
  }),
  route({
    id: 'take-lease',
    method: 'PUT',
    path: '/environments/{environment}/leases/{name}',
    needs: 'editor',
    summary: 'Takes, renews or gives back the lease by which one runner at a time works on operations',
    description:
      'The batch runner sends it. `granted` is false while another holder has it. Nothing depends on it but the order ' +
      'of several runners: an operation is applied once with or without.',
    body: LeaseRequest,
    answer: Lease,
    handle: async (call) => {
      const { environment, name } = call.params
      const known = LeaseName.safeParse(name)
      if (!known.success) return refuse('NOT_FOUND', `there is no lease ${name}`)
      return ok(await environmentStub(call, environment).lease(known.data, call.body))
    },
  }),
]
