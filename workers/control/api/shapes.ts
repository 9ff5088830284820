// What the admin API answers of its own, beside core's entities. The one door through which the console and
// the batch runner see control's types, so nothing here knows a platform.
import * as z from 'zod'
import type { ProblemCode } from '../../../core/model/problem.ts'
import type { Actor as ActorType, Origin as OriginType } from '../../contracts/environment-contract.ts'
import { statusOf } from '../../http/problem-response.ts'

/** Who made a change. */
export const Actor: z.ZodType<ActorType> = z.strictObject({
  kind: z.enum(['token', 'member', 'job', 'trigger']),
  id: z.string(),
  name: z.string(),
})

/** Where a change was asked for from. */
export const Origin: z.ZodType<OriginType> = z.strictObject({
  ip: z.string().describe('As Cloudflare saw it; empty on a machine of one’s own.'),
  userAgent: z.string(),
})

const FieldProblem = z.strictObject({
  path: z.string(),
  rule: z.string().optional().describe('Name of the rule that is broken, for programs.'),
  message: z.string(),
})

/** A refusal: problem details (RFC 9457). */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(statusOf) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string().describe('One sentence for a person.'),
  errors: z.array(FieldProblem).optional().describe('Every field that is not as it should be.'),
  current: z.unknown().optional().describe('What is stored now, where a stale edit was refused.'),
  yours: z.unknown().optional().describe('What the stale edit asked for.'),
  users: z
    .array(z.strictObject({ kind: z.string(), id: z.string() }))
    .optional()
    .describe('Who uses what would go away.'),
})
export type Problem = z.infer<typeof Problem>

/** RFC 6901 pointers; `before` or `after` is absent where there was or is nothing. */
export const Difference = z.strictObject({
  path: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})

/** What every change of an environment answers. */
export const changedOf = <Entity extends z.ZodType>(entity: Entity) =>
  z.strictObject({
    revision: z
      .int()
      .describe('The revision that holds the change; the newest one where nothing had to change.'),
    changed: z.boolean().describe('Whether a revision was made. False: it was so already.'),
    published: z.boolean().describe('Whether edge can read it already. False: it will a little later.'),
    entity,
    notes: z.array(FieldProblem).readonly().optional().describe('What could not come along.'),
    changes: z.array(EntityChange).optional().describe('Of a dry run: what each entity is, and would be.'),
  })

export interface Changed<Entity> extends Omit<z.infer<ReturnType<typeof changedOf<z.ZodUnknown>>>, 'entity'> {
  readonly entity: Entity
}

const EntityChange = z.strictObject({
  kind: z.string(),
  id: z.string(),
  before: z.unknown().describe('Null: it is not there.'),
  after: z.unknown().describe('Null: it would be gone.'),
  diff: z.array(Difference),
  moves: z
    .array(
      z.strictObject({
        ruleId: z.string(),
        weight: z
          .int()
          .describe('Of 100,000 targeting keys that the rule decides: how many get another variation.'),
        flows: z.array(
          z.strictObject({ from: z.string().nullable(), to: z.string().nullable(), weight: z.int() }),
        ),
      }),
    )
    .optional()
    .describe('Of a flag whose weights change: whom that moves. Null is no variation.'),
})

export const Environment = z.strictObject({
  id: z.string(),
  projectId: z.string(),
  name: z.string(),
  description: z.string(),
  archived: z.boolean(),
  version: z.int(),
  createdAt: z.int(),
})
export const EnvironmentRow = Environment.extend({
  revision: z.int().describe('Number of the newest revision.'),
})
export type EnvironmentRow = z.infer<typeof EnvironmentRow>

const Write = z.strictObject({ kind: z.string(), id: z.string(), value: z.unknown() })
export const Revision = z.strictObject({
  environmentId: z.string(),
  number: z.int(),
  createdAt: z.int(),
  modifiedAt: z.int().describe('Epoch seconds: Last-Modified of the bucketing file from this revision on.'),
  actor: Actor,
  command: z
    .unknown()
    .describe(
      'As it was sent, long ones cut; without hashes. Null for the revision that made the environment.',
    ),
  before: z.array(Write).readonly(),
  after: z.array(Write).readonly(),
  comment: z.string(),
})
export type Revision = z.infer<typeof Revision>

export const AuditEntry = z.strictObject({
  number: z.int().describe('Of an environment: the revision.'),
  createdAt: z.int(),
  actor: Actor,
  origin: Origin.nullable().describe('For admins only; null for others, and where it was not kept.'),
  kind: z.string(),
  entities: z
    .array(z.strictObject({ kind: z.string(), id: z.string() }))
    .readonly()
    .describe('The first ten of what was changed.'),
  entityCount: z.int(),
  comment: z.string(),
})
export const AuditDetail = AuditEntry.extend({
  command: z.unknown().describe('As it was sent; null in an organisation’s trail.'),
  before: z.unknown().describe('What was changed, as it was.'),
  after: z.unknown().describe('What was changed, as it became.'),
})
export type AuditEntry = z.infer<typeof AuditEntry>
