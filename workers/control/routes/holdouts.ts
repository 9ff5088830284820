// Routes of holdouts, which hold a share of the users back from what is new.
import { HoldoutChanges, HoldoutDraft, RolloutOfFlag } from '../../../core/change/command.ts'
import { Holdout } from '../../../core/model/holdout.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

export const holdouts = [
  ...entityRoutes({
    kind: 'holdout',
    name: 'holdout',
    plural: 'holdouts',
    param: 'id',
    schema: Holdout,
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
]
