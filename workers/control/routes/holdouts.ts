// Routes of holdouts, which hold a share of the users back from what is new.
import * as z from 'zod'
import { HoldoutChanges } from '../../../core/change/command.ts'
import { HoldoutDraft, RolloutOfFlag } from '../../../core/change/hold-back-drafts.ts'
import { Id } from '../../../core/model/flag.ts'
import { Holdout } from '../../../core/model/holdout.ts'
import { HoldoutLook } from '../../../core/model/holdout-look.ts'
import { entitiesMax } from '../../../core/model/limits.ts'
import { readLooks } from '../../storage/looks.ts'
import { WatchedHoldout } from '../api/operation-answers.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'
import { change, route } from '../api/route.ts'
import { StoredLooks, storesLooks } from './store-looks.ts'

export const holdouts = [
  ...entityRoutes({
    kind: 'holdout',
    name: 'holdout',
    plural: 'holdouts',
    param: 'id',
    schema: Holdout,
    reading: {
      schema: WatchedHoldout,
      more: async (...[database, environmentId, ids]) => {
        const looks = await readLooks(database, environmentId, 'holdout', ids)
        return (id) => {
          const lastLook = looks.get(id)
          return lastLook ? { lastLook } : {}
        }
      },
    },
    draft: HoldoutDraft,
    changes: HoldoutChanges.extend(expectedVersion),
    filters: { status: Holdout.shape.status.optional() },
    create: (holdout) => ({ kind: 'create-holdout', holdout }),
    update: (id, { version, ...changes }) => ({ kind: 'update-holdout', id, version, changes }),
    remove: (id) => ({ kind: 'delete-holdout', id }),
  }),
  change({
    id: 'end-holdout',
    method: 'POST',
    path: '/environments/{environment}/holdouts/{id}/end',
    needs: 'editor',
    summary: 'Ends a holdout',
    description:
      'Whoever was held back gets what all others get. It does not begin again. Sent again, it changes nothing.',
    entity: Holdout,
    command: ({ params: { id } }) => ({ kind: 'end-holdout', id }),
  }),
  change({
    id: 'release-held',
    method: 'POST',
    path: '/environments/{environment}/holdouts/{id}/release',
    needs: 'editor',
    summary: 'Holds nobody back from one rule any more',
    description:
      'The holdout goes on with its other rules. Refused while an experiment runs on the rule. Sent again, it changes ' +
      'nothing.',
    body: RolloutOfFlag.extend(expectedVersion),
    entity: Holdout,
    command: ({ params: { id }, body }) => ({ kind: 'release-held', id, ...body }),
  }),
  route({
    id: 'store-holdout-looks',
    method: 'POST',
    path: '/environments/{environment}/holdout-looks',
    needs: 'editor',
    summary: 'Stores what the batch runner found of holdouts: the users held back beside the others',
    description:
      'Shown as `lastLook`. Each replaces the one before, if it is newer; looks at holdouts that do not exist are ' +
      'dropped. No revision: the configuration stays as it is.',
    body: z.strictObject({
      looks: z
        .array(z.strictObject({ holdoutId: Id, look: HoldoutLook }))
        .min(1)
        .max(entitiesMax.holdout),
    }),
    answer: StoredLooks,
    handle: storesLooks('holdout', ({ holdoutId: id, look }) => ({ id, look })),
  }),
]
