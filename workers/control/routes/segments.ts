// Routes of segments: named sets of users. Large member lists are uploaded in segment-members.ts.
import { SegmentChanges, SegmentDraft } from '../../../core/change/command.ts'
import { Segment } from '../../../core/model/segment.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'
import { dependentsRoute } from './dependents.ts'

export const segments = [
  ...entityRoutes({
    kind: 'segment',
    name: 'segment',
    plural: 'segments',
    param: 'key',
    schema: Segment,
    draft: SegmentDraft,
    changes: SegmentChanges.extend(expectedVersion),
    create: (segment) => ({ kind: 'create-segment', segment }),
    update: (id, { version, ...changes }) => ({ kind: 'update-segment', id, version, changes }),
    remove: (id) => ({ kind: 'delete-segment', id }),
  }),
  dependentsRoute('segment', 'segments', 'key'),
]
