// Segments: named sets of targeting keys.
import * as z from 'zod'
import { SegmentDraft } from '../../../core/command.ts'
import { ok } from '../../../core/problem.ts'
import { Segment } from '../../../core/segment.ts'
import { listPlain } from '../../storage/lists.ts'
import { change, route } from '../route.ts'

export const segments = [
  route({
    id: 'list-segments',
    method: 'GET',
    path: '/environments/{environment}/segments',
    needs: 'viewer',
    summary: 'All segments of an environment',
    answer: z.strictObject({ segments: z.array(Segment) }),
    handle: async ({ database, params }) =>
      ok({ segments: await listPlain(database, 'segments', params.environment) }),
  }),
  change({
    id: 'create-segment',
    method: 'POST',
    path: '/environments/{environment}/segments',
    needs: 'editor',
    summary: 'Makes a segment',
    body: SegmentDraft,
    entity: Segment,
    status: 201,
    command: ({ body }) => ({ kind: 'create-segment', segment: body }),
  }),
]
