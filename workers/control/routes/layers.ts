// Routes of layers, which keep experiments apart: each has slices of its own.
import { LayerChanges } from '../../../core/change/command.ts'
import { LayerDraft, RolloutOfFlag, SlicesToAllot } from '../../../core/change/hold-back-drafts.ts'
import { Layer } from '../../../core/model/layer.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

export const layers = [
  ...entityRoutes({
    kind: 'layer',
    name: 'layer',
    plural: 'layers',
    param: 'id',
    schema: Layer,
    draft: LayerDraft,
    changes: LayerChanges.extend(expectedVersion),
    create: (layer) => ({ kind: 'create-layer', layer }),
    update: (id, { version, ...changes }) => ({ kind: 'update-layer', id, version, changes }),
    remove: (id) => ({ kind: 'delete-layer', id }),
  }),
  change({
    id: 'allot-slices',
    method: 'POST',
    path: '/environments/{environment}/layers/{id}/allot',
    needs: 'editor',
    summary: 'Gives a rollout of a flag slices of a layer',
    description:
      'No user is in the slices of two rollouts. Users of the rule outside its slices get `outsideVariationId`, by a rule ' +
      'of their own, and are in no experiment. Sent again with more slices, whoever is in stays in; with fewer, whoever ' +
      'is out stays out. Refused while an experiment runs on the rule, and if the layer has no room.',
    body: SlicesToAllot.extend(expectedVersion),
    entity: Layer,
    command: ({ params: { id }, body }) => ({ kind: 'allot-slices', id, ...body }),
  }),
  change({
    id: 'release-slices',
    method: 'POST',
    path: '/environments/{environment}/layers/{id}/release',
    needs: 'editor',
    summary: 'Takes the slices of a rollout back into the layer',
    description:
      'All users of the rule take part in its rollout from then on. Refused while an experiment runs on the rule. Sent ' +
      'again, it changes nothing.',
    body: RolloutOfFlag.extend(expectedVersion),
    entity: Layer,
    command: ({ params: { id }, body }) => ({ kind: 'release-slices', id, ...body }),
  }),
]
