// Routes of progressive rollouts. The environment's Durable Object makes their steps when they are due.
import {
  type CommandOf,
  ProgressiveRolloutChanges,
  ProgressiveRolloutDraft,
} from '../../../core/change/command.ts'
import { ProgressiveRollout } from '../../../core/model/progressive-rollout.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

type Step = 'approve' | 'pause' | 'resume' | 'stop' | 'step-back' | 'roll-back'

const again = ' Sent again, it changes nothing.'

const command = (path: string, step: Step, summary: string, description: string) =>
  change({
    id: `${step}-progressive-rollout`,
    method: 'POST',
    path: `/environments/{environment}/progressive-rollouts/{id}/${path}`,
    needs: 'editor',
    summary,
    description,
    entity: ProgressiveRollout,
    command: ({ params: { id } }) =>
      ({ kind: `${step}-progressive-rollout`, id }) as CommandOf<`${Step}-progressive-rollout`>,
  })

export const progressiveRollouts = [
  ...entityRoutes({
    kind: 'progressiveRollout',
    name: 'progressive-rollout',
    plural: 'progressive-rollouts',
    field: 'progressiveRollouts',
    param: 'id',
    schema: ProgressiveRollout,
    draft: ProgressiveRolloutDraft,
    changes: ProgressiveRolloutChanges.extend(expectedVersion),
    filters: { flagKey: textFilter, status: ProgressiveRollout.shape.status.optional() },
    create: (progressiveRollout) => ({ kind: 'create-progressive-rollout', progressiveRollout }),
    update: (id, { version, ...changes }) => ({ kind: 'update-progressive-rollout', id, version, changes }),
    remove: (id) => ({ kind: 'delete-progressive-rollout', id }),
  }),
  command(
    'approve',
    'approve',
    'Approves the last step of a progressive rollout',
    'What follows it then comes when the step has held, or at once if it has held already.' + again,
  ),
  command('pause', 'pause', 'Pauses a progressive rollout where it is', 'Its rule stays locked.' + again),
  command(
    'resume',
    'resume',
    'Lets a paused progressive rollout go on',
    'Its step holds for as long as it still had to.' + again,
  ),
  command(
    'stop',
    'stop',
    'Ends a progressive rollout where it is',
    'Its users keep what they have, and the rule can be edited again.' + again,
  ),
  command(
    'step-back',
    'step-back',
    'Takes a progressive rollout to the step before, and pauses it',
    'Users get what they had then. Sent again, it goes another step back; `If-Match` prevents that.',
  ),
  command(
    'rollback',
    'roll-back',
    'Ends a progressive rollout and gives all users what they had before its first step',
    'Also possible after its end, as long as nobody has edited the rule.' + again,
  ),
]
