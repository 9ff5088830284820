// The revisions of an environment: its history, and its audit trail.
import * as z from 'zod'
import { Command } from '../../../core/command.ts'
import { ok } from '../../../core/problem.ts'
import { listRevisions } from '../../storage/configuration.ts'
import { pageSizeMax } from '../page.ts'
import { route } from '../route.ts'
import { Actor, Origin } from '../who.ts'

const Write = z.strictObject({ kind: z.string(), id: z.string(), value: z.unknown() })
const Revision = z.strictObject({
  environmentId: z.string(),
  number: z.int(),
  createdAt: z.int(),
  modifiedAt: z.int().describe('Epoch seconds: Last-Modified of the bucketing file from this revision on.'),
  actor: Actor,
  origin: Origin.nullable(),
  command: Command.nullable().describe('Null for the revision that made the environment.'),
  before: z.array(Write).readonly(),
  after: z.array(Write).readonly(),
  comment: z.string(),
})

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
    handle: async ({ database, params: { environment }, query: { before, limit } }) =>
      ok({ revisions: await listRevisions(database, environment, before, limit) }),
  }),
]
