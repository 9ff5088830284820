// Routes of dynamic allocations. The batch runner counts their users, and asks for their moves.
import * as z from 'zod'
import {
  type CommandOf,
  DynamicAllocationChanges,
  DynamicAllocationDraft,
} from '../../../core/change/command.ts'
import { AllocationLook } from '../../../core/model/allocation-look.ts'
import { AllocationFacts, DynamicAllocation } from '../../../core/model/dynamic-allocation.ts'
import { Id } from '../../../core/model/flag.ts'
import { entitiesMax } from '../../../core/model/limits.ts'
import { readLooks } from '../../storage/looks.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { WatchedAllocation } from '../api/operation-answers.ts'
import { change, route } from '../api/route.ts'
import { StoredLooks, storesLooks } from './store-looks.ts'

type Step = 'pause' | 'resume' | 'stop'

const again = ' Sent again, it changes nothing.'

const command = (step: Step, summary: string, description: string) =>
  change({
    id: `${step}-dynamic-allocation`,
    method: 'POST',
    path: `/environments/{environment}/dynamic-allocations/{id}/${step}`,
    needs: 'editor',
    summary,
    description: description + again,
    entity: DynamicAllocation,
    command: ({ params: { id } }) =>
      ({ kind: `${step}-dynamic-allocation`, id }) as CommandOf<`${Step}-dynamic-allocation`>,
  })

export const dynamicAllocations = [
  ...entityRoutes({
    kind: 'dynamicAllocation',
    name: 'dynamic-allocation',
    plural: 'dynamic-allocations',
    field: 'dynamicAllocations',
    param: 'id',
    schema: DynamicAllocation,
    reading: {
      schema: WatchedAllocation,
      more: async (...[database, environmentId, ids]) => {
        const looks = await readLooks(database, environmentId, 'dynamicAllocation', ids)
        return (id) => {
          const lastLook = looks.get(id)
          return lastLook ? { lastLook } : {}
        }
      },
    },
    draft: DynamicAllocationDraft,
    changes: DynamicAllocationChanges.extend(expectedVersion),
    filters: { flagKey: textFilter, status: DynamicAllocation.shape.status.optional() },
    create: (dynamicAllocation) => ({ kind: 'create-dynamic-allocation', dynamicAllocation }),
    update: (id, { version, ...changes }) => ({ kind: 'update-dynamic-allocation', id, version, changes }),
    remove: (id) => ({ kind: 'delete-dynamic-allocation', id }),
  }),
  change({
    id: 'move-dynamic-allocation',
    method: 'POST',
    path: '/environments/{environment}/dynamic-allocations/{id}/move',
    needs: 'editor',
    summary: 'Moves the shares of a dynamic allocation by what was counted',
    description:
      'What the batch runner sends. The new shares are computed here, from the counts: by the chance of each variation ' +
      'to be the best, within `floor` and `maximumStep`. Refused before `everyMs` is over, with too few users, and while ' +
      'the flag is off or an operation on it has fired.' +
      again,
    body: AllocationFacts,
    entity: DynamicAllocation,
    command: ({ params: { id }, body }) => ({ kind: 'move-dynamic-allocation', id, facts: body }),
  }),
  command('pause', 'Pauses a dynamic allocation: its shares stay', 'Its rule stays locked.'),
  command('resume', 'Lets a paused dynamic allocation go on', 'What was counted meanwhile counts.'),
  command(
    'stop',
    'Ends a dynamic allocation where it is',
    'Users keep what they have, and the rule is open.',
  ),
  route({
    id: 'store-dynamic-allocation-looks',
    method: 'POST',
    path: '/environments/{environment}/dynamic-allocation-looks',
    needs: 'editor',
    summary: 'Stores what the batch runner counted for dynamic allocations',
    description:
      'Shown as `lastLook`. Each replaces the one before, if it is newer; looks at dynamic allocations that do not exist ' +
      'are dropped. No revision: the configuration stays as it is.',
    body: z.strictObject({
      looks: z
        .array(z.strictObject({ allocationId: Id, look: AllocationLook }))
        .min(1)
        .max(entitiesMax.dynamicAllocation),
    }),
    answer: StoredLooks,
    handle: storesLooks('dynamicAllocation', ({ allocationId: id, look }) => ({ id, look })),
  }),
]
