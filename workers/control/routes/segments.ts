// Segments: named sets of targeting keys.
import { SegmentChanges, SegmentDraft } from '../../../core/change/command.ts'
import { Segment } from '../../../core/model/segment.ts'
import { entityRoutes } from '../api/entity-routes.ts'
import { dependentsRoute } from './dependents.ts'

export const segments = [
  ...entityRoutes({
    kind: 'segment',
    name: 'segment',
    plural: 'segments',
    param: 'key',
    schema: Segment,
    draft: SegmentDraft,
    changes: SegmentChanges,
  }),
  dependentsRoute('segment', 'segments', 'key'),
]
