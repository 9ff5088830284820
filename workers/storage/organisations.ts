// Organisations and what belongs to them, changed and read. Every change is one batch with its audit row.
import { and, asc, eq, gt, inArray, max, or, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { Actor, Origin } from '../contracts/environment-contract.ts'
import type { Database } from './database.ts'
import { apiTokens, audit, members, organisations, projects } from './organisation-schema.ts'
import { environments, revisions } from './schema.ts'

const tables = {
  organisation: organisations,
  project: projects,
  member: members,
  token: apiTokens,
  environment: environments,
}
export type OrganisationEntity = keyof typeof tables
export type RowOf<K extends OrganisationEntity> = (typeof tables)[K]['$inferSelect']

export interface OrganisationChange<K extends OrganisationEntity = OrganisationEntity> {
  readonly organisationId: string
  /** What was done: `update-member`. */
  readonly kind: string
  readonly entity: K
  /** Undefined where it did not exist, or exists no more. */
  readonly before: RowOf<K> | undefined
  readonly after: RowOf<K> | undefined
  readonly createdAt: number
  readonly actor: Actor
  readonly origin: Origin
  readonly comment: string
}

/** `taken`: an entity of this name exists. `overtaken`: another writer changed it since `before` was read. */
export type Stored = 'stored' | 'taken' | 'overtaken'

/** All of these changes, or none. */
export async function storeChanges(
  database: Database,
  changes: readonly [OrganisationChange, ...OrganisationChange[]],
): Promise<Stored> {
  const [first, ...more] = changes.flatMap((change) => [
    auditRow(database, change),
    writeRow(database, change),
  ])
  try {
    await database.batch([first!, ...more])
    return 'stored'
  } catch (cause) {
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
    version: (before?.version ?? 0) + 1,
    before: before && withoutSecrets(before),
    after: after && withoutSecrets(after),
  })
}

function writeRow(database: Database, { entity, before, after }: OrganisationChange): BatchItem<'sqlite'> {
  const table = tables[entity] as typeof members // all have `id`, and the row is one of the table's own
  const id = (after ?? before)!.id
  if (after === undefined) return database.delete(table).where(eq(table.id, id))
  if (before === undefined) return database.insert(table).values(after as never)
  return database
    .update(table)
    .set(after as never)
    .where(eq(table.id, id))
}

function withoutSecrets(row: object): object {
  const { sha256: _, ...rest } = row as { readonly sha256?: string }
  return rest
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

/** In the order of their ids, from after one of them. */
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

export async function listOrganisations(database: Database, ids: readonly string[]) {
  return database
    .select()
    .from(organisations)
    .where(inArray(organisations.id, [...ids]))
    .orderBy(asc(organisations.id))
}

/** What a caller may see of one organisation: all of its environments, or some. */
export interface Sight {
  readonly organisationId: string
  readonly environmentIds: 'all' | readonly string[]
}

/** The environments in sight, in the order of their ids, from after one of them. */
export async function listEnvironments(
  database: Database,
  sights: readonly Sight[],
  project: string | undefined,
  after: string,
  limit: number,
) {
  const { id, projectId, name, description, archived, version, createdAt } = environments
  const newest = database
    .select({ number: max(revisions.number) })
    .from(revisions)
    .where(eq(revisions.environmentId, id))
  const seen = sights.map(({ organisationId, environmentIds }) =>
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
      version,
      createdAt,
      revision: sql<number>`(${newest})`,
    })
    .from(environments)
    .innerJoin(projects, eq(projects.id, projectId))
    .where(and(gt(id, after), project === undefined ? undefined : eq(projectId, project), or(...seen)))
    .orderBy(asc(id))
    .limit(limit)
}
