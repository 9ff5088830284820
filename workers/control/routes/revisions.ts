// The revisions of an environment: its history, and its audit trail.
import * as z from 'zod'
import { ok, refuse } from '../../../core/model/problem.ts'
import { listRevisions } from '../../storage/configuration.ts'
import { Revision } from '../api/shapes.ts'
import { pageSizeMax } from '../api/pagination.ts'
import { change, route } from '../api/route.ts'
import { objectOf } from '../api/execute.ts'
import { withoutHashes } from '../api/history-redaction.ts'

const waitMs = 10_000

export const revisions = [
  route({
    id: 'list-revisions',
    method: 'GET',
    path: '/environments/{environment}/revisions',
    needs: 'viewer',
    summary: 'The history of an environment, newest first',
    query: z.strictObject({
      before: z.coerce.number().int().default(Number.MAX_SAFE_INTEGER),
      limit: z.coerce.number().int().min(1).max(pageSizeMax).default(50),
    }),
    answer: z.strictObject({ revisions: z.array(Revision) }),
    handle: async ({ database, params: { environment }, query: { before, limit } }) => {
      const found = await listRevisions(database, environment, before, limit)
      return ok({ revisions: found.map(({ origin: _, ...revision }) => withoutHashes(revision)) })
    },
  }),
  change({
    id: 'roll-back',
    method: 'POST',
    path: '/environments/{environment}/rollback',
    needs: 'editor',
    summary: 'Makes flags, segments, goals, tags and settings what they were at a revision',
    description:
      'A new revision. Flags made since go off and to the archive. SDK keys, triggers, experiments, operations, schedules and webhooks stay as they are; `notes` names what has changed of them since.',
    body: z.strictObject({ revision: z.int().min(1) }),
    entity: z.null(),
    command: ({ body: { revision } }) => ({ kind: 'roll-back', revision }),
  }),
  route({
    id: 'read-published',
    method: 'GET',
    path: '/environments/{environment}/published',
    needs: 'viewer',
    summary:
      'The newest revision that edge can read; with `revision`, once that is reached, within ten seconds',
    query: z.strictObject({ revision: z.coerce.number().int().min(1).default(1) }),
    answer: z.strictObject({ revision: z.int() }),
    handle: async (call) => {
      const { environment } = call.params
      const head = await objectOf(call, environment).waitFor(environment, call.query.revision, waitMs)
      return head.status === 'known'
        ? ok({ revision: head.revision })
        : refuse('NOT_FOUND', `nothing of ${environment} is published`)
    },
  }),
]
