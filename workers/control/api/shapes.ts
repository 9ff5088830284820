// Shapes in answers of the admin API that are not entities of core. The console and the batch runner import
// their types from here, so nothing in this file depends on workerd.
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

/** Who is calling, with the roles in each organisation that the caller belongs to. */
export const Caller = z.strictObject({
  actor: Actor,
  memberships: z.array(
    z.strictObject({
      organisationId: z.string(),
      role: z.enum(['owner', 'admin', 'member']),
      environments: z
        .record(z.string(), z.enum(['editor', 'viewer']))
        .describe('Of a member: the role by environment; `*` stands for all.'),
    }),
  ),
})
export type Caller = z.infer<typeof Caller>

/** Where the request for a change came from. */
export const Origin: z.ZodType<OriginType> = z.strictObject({
  ip: z.string().describe('The client’s address as Cloudflare saw it. Empty in local development.'),
  userAgent: z.string(),
})

const FieldProblem = z.strictObject({
  path: z.string(),
  rule: z.string().optional().describe('The name of the broken rule, for programs.'),
  pointer: z
    .string()
    .optional()
    .describe('Where in a JSON value or JSON Schema, as a JSON pointer (RFC 6901).'),
  message: z.string(),
})

const Dependent = z.strictObject({ kind: z.string(), id: z.string() })

/** A refusal, as problem details (RFC 9457). */
export const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(statusOf) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string().describe('One sentence for people.'),
  errors: z.array(FieldProblem).optional().describe('Every invalid field.'),
  current: z
    .unknown()
    .optional()
    .describe('After a stale edit: what is stored now. After another conflict: what stands in the way.'),
  yours: z
    .unknown()
    .optional()
    .describe('Only after a stale edit: the version that it was made on, and what it would have stored.'),
  dependents: z
    .array(Dependent)
    .optional()
    .describe('What depends on the entity that cannot be removed or changed.'),
  users: z.array(Dependent).optional().meta({ deprecated: true, description: 'The same as `dependents`.' }),
})
export type Problem = z.infer<typeof Problem>

/**
 * One changed value. `path` is an RFC 6901 pointer; `before` or `after` is absent if there was or is no
 * value.
 */
export const Difference = z.strictObject({
  path: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})

const VariationId = z.string().nullable().describe('Null stands for no variation.')
const movesShape = {
  ruleId: z.string().describe('The id of a rule, or of the default strategy.'),
  share: z
    .number()
    .describe('The share of targeting keys under this rule that get another variation, in [0, 1].'),
  weight: z.int().describe('The same, of 100,000 targeting keys.'),
  flows: z.array(z.strictObject({ from: VariationId, to: VariationId, weight: z.int() })).readonly(),
}
const FlagMoves = z.strictObject({ flagKey: z.string(), ...movesShape })

/** The answer to a change of an environment. */
export const changeAnswer = <Entity extends z.ZodType>(entity: Entity) =>
  z.strictObject({
    revision: z
      .int()
      .describe('The revision that holds the change, or the newest one if nothing had to change.'),
    changed: z.boolean().describe('Whether a new revision was made. False if nothing had to change.'),
    published: z.boolean().describe('Whether edge can read the revision already. If false, it can soon.'),
    entity,
    notes: z.array(FieldProblem).readonly().optional().describe('What could not be carried over.'),
    moves: z
      .array(FlagMoves)
      .readonly()
      .optional()
      .describe('The users whom the change gives another variation. Absent if it moves nobody.'),
    changes: z
      .array(EntityChange)
      .optional()
      .describe('Of a dry run: each entity as it is and as it would be.'),
  })

/** How many entities a change of many created, changed, archived and removed. */
export const Counts = z.strictObject({
  create: z.int(),
  change: z.int(),
  archive: z.int(),
  remove: z.int(),
})

export interface ChangeAnswer<Entity> extends Omit<
  z.infer<ReturnType<typeof changeAnswer<z.ZodUnknown>>>,
  'entity'
> {
  readonly entity: Entity
}

const EntityChange = z.strictObject({
  kind: z.string(),
  id: z.string(),
  before: z.unknown().describe('Null if the entity would be created.'),
  after: z.unknown().describe('Null if the entity would be removed.'),
  diff: z.array(Difference),
  moves: z.array(z.strictObject(movesShape)).optional().describe('As `moves` of the answer, for this flag.'),
})

export const Environment = z.strictObject({
  id: z.string(),
  projectId: z.string(),
  name: z.string(),
  description: z.string(),
  archived: z.boolean(),
  production: z
    .boolean()
    .describe('Whether real users are served from it: the console asks for more before it changes it.'),
  version: z.int(),
  createdAt: z.int(),
})
export const EnvironmentRow = Environment.extend({
  revision: z.int().describe('The number of the newest revision.'),
})
export type EnvironmentRow = z.infer<typeof EnvironmentRow>

/** Environments that belong together. */
export const Project = z.strictObject({
  id: z.string(),
  organisationId: z.string(),
  name: z.string(),
  description: z.string(),
  archived: z.boolean(),
  version: z.int(),
  createdAt: z.int(),
})
export type Project = z.infer<typeof Project>

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
      'The command as sent, without hashes; long ones are cut. Null for the revision that created the ' +
        'environment.',
    ),
  before: z.array(Write).readonly(),
  after: z.array(Write).readonly(),
  comment: z.string(),
})
export type Revision = z.infer<typeof Revision>

export const AuditEntry = z.strictObject({
  number: z.int().describe('In the trail of an environment: its revision.'),
  createdAt: z.int(),
  actor: Actor,
  origin: Origin.nullable().describe('For admins only: null for others, and if it was not recorded.'),
  kind: z.string(),
  entities: z
    .array(z.strictObject({ kind: z.string(), id: z.string() }))
    .readonly()
    .describe('The first ten changed entities.'),
  entityCount: z.int(),
  comment: z.string(),
})
export const AuditDetail = AuditEntry.extend({
  command: z.unknown().describe('The command as sent. Null in the trail of an organisation.'),
  before: z.unknown().describe('The changed entities before the change.'),
  after: z.unknown().describe('The changed entities after the change.'),
})
export type AuditEntry = z.infer<typeof AuditEntry>
export type AuditDetail = z.infer<typeof AuditDetail>

/** Whether a targeting key is listed in a segment, and where. */
export const SegmentMembership = z.strictObject({
  included: z.boolean().describe('In the list that is part of the segment.'),
  uploaded: z.boolean().describe('Among the uploaded members.'),
})
export type SegmentMembership = z.infer<typeof SegmentMembership>
