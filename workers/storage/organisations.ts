// Reads and writes organisations, projects, members, tokens and environments. A change and its audit row are
// one batch.
import { and, asc, desc, eq, gt, inArray, max, or, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import * as z from 'zod'
import { withoutSecrets } from '../../core/change/redaction.ts'
import { organisationRowsMax } from '../../core/model/limits.ts'
import { SecretHash } from '../../core/model/secret.ts'
import type { Actor, Origin } from '../contracts/environment-contract.ts'
import type { Database } from './database.ts'
import { apiTokens, audit, keyApprovals, members, organisations, projects } from './organisation-schema.ts'
import { environments, revisions } from './schema.ts'

const tables = {
  organisation: organisations,
  project: projects,
  member: members,
  token: apiTokens,
  environment: environments,
  'key-approval': keyApprovals,
}
/** Marks the secret column of these tables for `withoutSecrets`. */
export const OrganisationRow = z.looseObject({ sha256: SecretHash.optional() })
export type OrganisationEntity = keyof typeof tables
export type RowOf<K extends OrganisationEntity> = (typeof tables)[K]['$inferSelect']

export interface OrganisationChange<K extends OrganisationEntity = OrganisationEntity> {
  readonly organisationId: string
  /** What was done: `update-member`. */
  readonly kind: string
  readonly entity: K
  /** Undefined if it is created. */
  readonly before: RowOf<K> | undefined
  /** Undefined if it is deleted. */
  readonly after: RowOf<K> | undefined
  readonly createdAt: number
  readonly actor: Actor
  readonly origin: Origin
  readonly comment: string
}

/**
 * `taken`: an entity with this id exists. `overtaken`: another writer changed it since `before` was read.
 * `ownerless`: the organisation would have no owner left. `full`: it would have more rows of the kind than it
 * may.
 */
export type StoreOutcome = 'stored' | 'taken' | 'overtaken' | 'ownerless' | 'full'

/** Stores all of these changes or none. */
export async function storeChanges(
  database: Database,
  changes: readonly [OrganisationChange, ...OrganisationChange[]],
): Promise<StoreOutcome> {
  const [first, ...more] = changes.flatMap((change) => [
    auditRow(database, change),
    writeRow(database, change),
    ...(removesOwner(change) ? [requireOwner(database, change.organisationId)] : []),
    ...(change.before === undefined ? requireRoom(database, change) : []),
  ])
  try {
    await database.batch([first!, ...more])
    return 'stored'
  } catch (cause) {
    if (/malformed JSON/.test(messagesOf(cause))) return changes.some(removesOwner) ? 'ownerless' : 'full'
    if (!/UNIQUE constraint failed/.test(messagesOf(cause))) throw cause
    return changes[0].before === undefined ? 'taken' : 'overtaken'
  }
}

function auditRow(database: Database, change: OrganisationChange): BatchItem<'sqlite'> {
  const { entity, before, after, ...entry } = change
  return database.insert(audit).values({
    ...entry,
    actorId: entry.actor.id,
    entityKind: entity,
    entityId: (after ?? before)!.id,
    version: after?.version ?? before!.version + 1,
    before: before && withoutSecrets(before, OrganisationRow),
    after: after && withoutSecrets(after, OrganisationRow),
  })
}

/** An owner is a member, or an API token that is enabled and does not end. */
const removesOwner = ({ before, after }: OrganisationChange): boolean => isOwner(before) && !isOwner(after)

const isOwner = (row: RowOf<OrganisationEntity> | undefined): boolean =>
  row !== undefined &&
  'role' in row &&
  row.role === 'owner' &&
  (!('disabled' in row) || (!row.disabled && row.expiresAt === null))

/** Fails the batch if the organisation has no owner: SQLite reads a text as JSON that is none. */
function requireOwner(database: Database, organisationId: string): BatchItem<'sqlite'> {
  const owners = sql`
    select 1 from ${members} where organisation_id = ${organisationId} and role = 'owner'
    union all
    select 1 from ${apiTokens} where organisation_id = ${organisationId} and role = 'owner'
      and disabled = 0 and expires_at is null`
  return database
    .select({ checked: sql`case when exists (${owners}) then 1 else json('no owner is left') end` })
    .from(organisations)
    .where(eq(organisations.id, organisationId))
}

/** Whose rows are counted in the whole deployment. */
export const isOfDeployment = (entity: OrganisationEntity): boolean =>
  entity === 'organisation' || entity === 'key-approval'

/** Fails the batch, in the same way, if there are more rows now than there may be. */
function requireRoom(
  database: Database,
  { entity, organisationId }: OrganisationChange,
): BatchItem<'sqlite'>[] {
  if (!(entity in organisationRowsMax)) return []
  const limit = organisationRowsMax[entity as keyof typeof organisationRowsMax]
  const of = isOfDeployment(entity) ? sql`1` : sql`organisation_id = ${organisationId}`
  const rows = sql`select count(*) from ${tables[entity]} where ${of}`
  return [
    database
      .select({ checked: sql`case when (${rows}) <= ${limit} then 1 else json('too many rows') end` })
      .from(organisations)
      .limit(1),
  ]
}

function writeRow(database: Database, { entity, before, after }: OrganisationChange): BatchItem<'sqlite'> {
  const table = tables[entity] as typeof members // all tables have `id`, and the row is of this table
  const id = (after ?? before)!.id
  if (after === undefined) return database.delete(table).where(eq(table.id, id))
  if (before === undefined) return database.insert(table).values(after as never)
  return database
    .update(table)
    .set(after as never)
    .where(eq(table.id, id))
}

const messagesOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${messagesOf(error.cause)}` : ''

export async function readRow<K extends OrganisationEntity>(
  database: Database,
  entity: K,
  id: string,
): Promise<RowOf<K> | undefined> {
  const table = tables[entity] as typeof members
  const [row] = await database.select().from(table).where(eq(table.id, id))
  return row as RowOf<K> | undefined
}

/** The newest version in the audit trail of a row that may have been deleted; 0 if there was none. */
export async function lastVersion(
  database: Database,
  entity: OrganisationEntity,
  organisationId: string,
  id: string,
): Promise<number> {
  const [row] = await database
    .select({ version: max(audit.version) })
    .from(audit)
    .where(
      and(eq(audit.organisationId, organisationId), eq(audit.entityKind, entity), eq(audit.entityId, id)),
    )
  return row?.version ?? 0
}

/** By id, starting after `after`. */
export async function listRows<K extends 'project' | 'member' | 'token'>(
  database: Database,
  entity: K,
  organisationId: string,
  after: string,
  limit: number,
): Promise<RowOf<K>[]> {
  const table = tables[entity] as typeof members
  const rows = await database
    .select()
    .from(table)
    .where(and(eq(table.organisationId, organisationId), gt(table.id, after)))
    .orderBy(asc(table.id))
    .limit(limit)
  return rows as unknown as RowOf<K>[]
}

export async function countEnvironments(database: Database, projectId: string): Promise<number> {
  return database.$count(environments, eq(environments.projectId, projectId))
}

export async function listOrganisations(database: Database, ids: readonly string[]) {
  return database
    .select()
    .from(organisations)
    .where(inArray(organisations.id, [...ids]))
    .orderBy(asc(organisations.id))
}

/** The environments of one organisation that a caller may see. */
export interface VisibleEnvironments {
  readonly organisationId: string
  readonly environmentIds: 'all' | readonly string[]
}

/** The visible environments by id, starting after `after`. */
export async function listEnvironments(
  database: Database,
  visible: readonly VisibleEnvironments[],
  project: string | undefined,
  after: string,
  limit: number,
) {
  const { id, projectId, name, description, archived, production, version, createdAt } = environments
  const newest = database
    .select({ number: max(revisions.number) })
    .from(revisions)
    .where(eq(revisions.environmentId, id))
  const isVisible = visible.map(({ organisationId, environmentIds }) =>
    and(
      eq(projects.organisationId, organisationId),
      environmentIds === 'all'
        ? undefined
        : sql`${id} in (select value from json_each(${JSON.stringify(environmentIds)}))`,
    ),
  )
  return database
    .select({
      id,
      projectId,
      name,
      description,
      archived,
      production,
      version,
      createdAt,
      revision: sql<number>`(${newest})`,
    })
    .from(environments)
    .innerJoin(projects, eq(projects.id, projectId))
    .where(and(gt(id, after), project === undefined ? undefined : eq(projectId, project), or(...isVisible)))
    .orderBy(asc(id))
    .limit(limit)
}

/** Ids of environments that are not archived: those marked as production first, then by id. */
export async function liveEnvironments(database: Database, limit: number): Promise<string[]> {
  const { archived, id, production } = environments
  const found = await database
    .select({ id })
    .from(environments)
    .where(eq(archived, false))
    .orderBy(desc(production), asc(id))
    .limit(limit)
  return found.map((row) => row.id)
}
