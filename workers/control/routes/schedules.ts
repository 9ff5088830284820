// Routes of scheduled changes of flags. The environment's Durable Object applies them when they are due.
import { ScheduleChanges, ScheduleDraft } from '../../../core/change/command.ts'
import { Schedule } from '../../../core/model/schedule.ts'
import { entityRoutes, expectedVersion, textFilter } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

export const schedules = [
  ...entityRoutes({
    kind: 'schedule',
    name: 'schedule',
    plural: 'schedules',
    param: 'id',
    schema: Schedule,
    draft: ScheduleDraft,
    changes: ScheduleChanges.extend(expectedVersion),
    filters: { flagKey: textFilter, status: Schedule.shape.status.optional() },
    create: (schedule) => ({ kind: 'create-schedule', schedule }),
    update: (id, { version, ...changes }) => ({ kind: 'update-schedule', id, version, changes }),
    remove: (id) => ({ kind: 'delete-schedule', id }),
  }),
  change({
    id: 'apply-schedule',
    method: 'POST',
    path: '/environments/{environment}/schedules/{id}/apply',
    needs: 'editor',
    summary: 'Makes a scheduled change if its time has come',
    description: 'The environment does so itself when a change is due. Twice changes nothing.',
    entity: Schedule,
    command: ({ params: { id } }) => ({ kind: 'apply-schedule', id }),
  }),
  change({
    id: 'execute-schedule',
    method: 'POST',
    path: '/environments/{environment}/schedules/{id}/execute',
    needs: 'editor',
    summary: 'Makes a scheduled change at once',
    description:
      'One that happens once is then applied. A recurring one keeps its next time. If the change is not ' +
      'possible, the answer says why, and the schedule stays as it is.',
    entity: Schedule,
    command: ({ params: { id } }) => ({ kind: 'execute-schedule', id }),
  }),
  change({
    id: 'cancel-schedule',
    method: 'POST',
    path: '/environments/{environment}/schedules/{id}/cancel',
    needs: 'editor',
    summary: 'Cancels a scheduled change',
    description: 'It stays, with its history; an edit lets it wait again. Twice changes nothing.',
    entity: Schedule,
    command: ({ params: { id } }) => ({ kind: 'cancel-schedule', id }),
  }),
]
