// What webhooks are told of, by name. The names are wire format: they are only added to.
import * as z from 'zod'

/**
 * Each kind with what it means, most telling first: a message is named after the first kind that applies to
 * it.
 */
export const notificationKinds = {
  'operation.fired': 'an operation found its threshold crossed',
  'experiment.health-red': 'a health check of an experiment failed: its results are not to be trusted',
  'experiment.verdict': 'the primary goal of an experiment reached a verdict, or another one than before',
  'experiment.stopped': 'an experiment ended',
  'progressive-rollout.rolled-back': 'a progressive rollout was taken back to what its rule served before',
  'progressive-rollout.stepped-back': 'a progressive rollout went back to the step before, and paused',
  'progressive-rollout.paused': 'a progressive rollout was paused, by somebody or by itself',
  'progressive-rollout.awaits-approval': 'a step has held, and the next one awaits an approval',
  'progressive-rollout.finished': 'a progressive rollout made its last step, which has held',
  'progressive-rollout.stopped': 'a progressive rollout was ended where it was',
  'progressive-rollout.step': 'a progressive rollout made a step',
  'schedule.conflict': 'an edit made a scheduled change impossible, as things are',
  'schedule.refused': 'a scheduled change could not be made when its time had come',
  'schedule.applied': 'a scheduled change was made',
  'trigger.fired': 'the secret of a trigger was used, and changed its flag or was refused',
  'job.failed': 'a job of the runner failed three times in a row, or once if it runs seldom',
  'flag.turned-on': 'a flag was turned on',
  'flag.turned-off': 'a flag was turned off',
  'flag.archived': 'a flag was archived',
  'flag.stale': 'a flag that users met was met by nobody for 30 days, or as the setting says',
  ...kindsOf('flag'),
  ...kindsOf('segment'),
  ...kindsOf('goal'),
  ...kindsOf('experiment'),
  ...kindsOf('operation'),
  ...kindsOf('trigger'),
  ...kindsOf('schedule'),
  ...kindsOf('progressive-rollout'),
  ...kindsOf('dynamic-allocation'),
  ...kindsOf('layer'),
  ...kindsOf('holdout'),
  ...kindsOf('settings'),
  ...kindsOf('sdk-key'),
  ...kindsOf('webhook'),
  ...kindsOf('tag'),
  'webhook.digest': 'several notifications together, to a webhook that collects them',
  'webhook.test': 'somebody asked for a test; sent whatever the filters of the webhook say',
} as const satisfies Record<string, string>

export type NotificationKind = keyof typeof notificationKinds
export const NotificationKind = z.enum(
  Object.keys(notificationKinds) as [NotificationKind, ...NotificationKind[]],
)

/**
 * What can happen to any entity. An entity that was changed has been `updated`, whatever else is true of it.
 */
export type EntityEvent = 'created' | 'updated' | 'deleted'

function kindsOf<Name extends string>(name: Name) {
  return {
    [`${name}.created`]: `${name} was created`,
    [`${name}.updated`]: `${name} was changed in any way`,
    [`${name}.deleted`]: `${name} was deleted`,
  } as Record<`${Name}.${EntityEvent}`, string>
}

const order = new Map(NotificationKind.options.map((kind, place) => [kind, place]))

/** Negative if the first one is more telling. */
export const compareKinds = (a: NotificationKind, b: NotificationKind): number =>
  order.get(a)! - order.get(b)!

/** Each once, most telling first. */
export const inOrder = (kinds: Iterable<NotificationKind>): NotificationKind[] =>
  [...new Set(kinds)].toSorted(compareKinds)
