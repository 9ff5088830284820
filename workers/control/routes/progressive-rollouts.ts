// Routes of progressive rollouts. The environment's Durable Object makes their steps when they are due. The
// batch runner counts the users that a step waits for.
import * as z from 'zod'
import {
  type CommandOf,
  ProgressiveRolloutChanges,
  ProgressiveRolloutDraft,
} from '../../../core/change/command.ts'
import { Id } from '../../../core/model/flag.ts'
import { ProgressiveRollout, RolloutFacts, RolloutLook } from '../../../core/model/progressive-rollout.ts'
import { readLooks } from '../../storage/looks.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { WatchedRollout } from '../api/operation-answers.ts'
import { change, route } from '../api/route.ts'
import { StoredLooks, storesLooks } from './store-looks.ts'

const looksMax = 500

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
    reading: {
      schema: WatchedRollout,
      more: async (...[database, environmentId, ids]) => {
        const looks = await readLooks(database, environmentId, 'progressiveRollout', ids)
        return (id) => {
          const lastLook = looks.get(id)
          return lastLook ? { lastLook } : {}
        }
      },
    },
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
  change({
    id: 'confirm-progressive-rollout',
    method: 'POST',
    path: '/environments/{environment}/progressive-rollouts/{id}/confirm',
    needs: 'editor',
    summary: 'Says that the last step has its users, and that its guardrails have judged them',
    description:
      'What the batch runner sends. Facts that are not enough are refused. What follows the step then comes when it ' +
      'has held and is approved, or at once if it has and is. Sent again, it changes nothing.',
    body: RolloutFacts,
    entity: ProgressiveRollout,
    command: ({ params: { id }, body }) => ({ kind: 'confirm-progressive-rollout', id, facts: body }),
  }),
  route({
    id: 'store-progressive-rollout-looks',
    method: 'POST',
    path: '/environments/{environment}/progressive-rollout-looks',
    needs: 'editor',
    summary: 'Stores what the batch runner found of steps that wait for users or guardrails',
    description:
      'Shown as `lastLook`. Each replaces the one before, if it is newer; looks at rollouts that do not exist are ' +
      'dropped. No revision: the configuration stays as it is.',
    body: z.strictObject({
      looks: z
        .array(z.strictObject({ rolloutId: Id, look: RolloutLook }))
        .min(1)
        .max(looksMax),
    }),
    answer: StoredLooks,
    handle: storesLooks('progressiveRollout', ({ rolloutId: id, look }) => ({ id, look })),
  }),
]
