// Routes of the revisions of an environment: list them, roll back to one, and wait for the publication of
// one.
import * as z from 'zod'
import { withoutSecrets } from '../../../core/change/redaction.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { listRevisions } from '../../storage/configuration.ts'
import { Revision } from '../api/shapes.ts'
import { pageSizeMax } from '../api/pagination.ts'
import { change, route } from '../api/route.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { HistoryEntry } from '../api/history-schema.ts'

const waitMaxMs = 10_000

export const revisions = [
  route({
    id: 'list-revisions',
    method: 'GET',
    path: '/environments/{environment}/revisions',
    needs: 'viewer',
    summary: 'Lists the revisions of an environment, newest first',
    query: z.strictObject({
      before: z.coerce.number().int().default(Number.MAX_SAFE_INTEGER),
      limit: z.coerce.number().int().min(1).max(pageSizeMax).default(50),
    }),
    answer: z.strictObject({ revisions: z.array(Revision) }),
    handle: async ({ database, params: { environment }, query: { before, limit } }) => {
      const listed = await listRevisions(database, environment, before, limit)
      return ok({
        revisions: listed.map(({ origin: _, ...revision }) => withoutSecrets(revision, HistoryEntry)),
      })
    },
  }),
  change({
    id: 'roll-back',
    method: 'POST',
    path: '/environments/{environment}/rollback',
    needs: 'editor',
    summary: 'Restores flags, segments, goals, tags and settings to what they were at a revision',
    description:
      'Makes a new revision. Flags that were created since are turned off and archived. SDK keys, ' +
      'triggers, experiments, operations, schedules, progressive rollouts and webhooks do not change; `notes` ' +
      'lists those that have changed since.',
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
      'Reads the newest revision that edge can read; waits up to ten seconds for `revision`, if it is set',
    query: z.strictObject({ revision: z.coerce.number().int().min(1).default(1) }),
    answer: z.strictObject({
      revision: z.int(),
      unpublished: z
        .strictObject({
          revision: z.int(),
          since: z.int().describe('Epoch milliseconds of the first attempt.'),
          attempts: z.int(),
        })
        .optional()
        .describe('A newer revision that is committed and could not be published yet. It is tried again.'),
    }),
    handle: async (call) => {
      const { environment } = call.params
      const head = await environmentStub(call, environment).waitFor(
        environment,
        call.query.revision,
        waitMaxMs,
      )
      if (head.status === 'unknown') return refuse('NOT_FOUND', `no revision of ${environment} is published`)
      const { status: _, ...published } = head
      return ok(published)
    },
  }),
]
