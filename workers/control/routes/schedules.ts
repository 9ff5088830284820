// Scheduled changes: edits of a flag that wait for their time. Whoever watches the clock asks to apply them;
// too early is refused, twice changes nothing.
import { ScheduleChanges, ScheduleDraft } from '../../../core/change/command.ts'
import { Schedule } from '../../../core/model/schedule.ts'
import { aText, entityRoutes } from '../api/entity-routes.ts'
import { change } from '../api/route.ts'

export const schedules = [
  ...entityRoutes({
    kind: 'schedule',
    name: 'schedule',
    plural: 'schedules',
    param: 'id',
    schema: Schedule,
    draft: ScheduleDraft,
    changes: ScheduleChanges,
    filters: { flagKey: aText, status: Schedule.shape.status.optional() },
  }),
  change({
    id: 'apply-schedule',
    method: 'POST',
    path: '/environments/{environment}/schedules/{id}/apply',
    needs: 'editor',
    summary: 'Makes a scheduled change, if its time has come',
    entity: Schedule,
    command: ({ params: { id } }) => ({ kind: 'apply-schedule', id }),
  }),
]
