// Looks up the caller and the scope of a request in one batch: one round trip to D1 per request.
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { apiTokens, members, organisations, projects } from './organisation-schema.ts'
import { environments } from './schema.ts'

/** The ids in a path that name a scope. */
export interface ScopeName {
  readonly environment?: string
  readonly project?: string
  readonly organisation?: string
}

/** The organisation, and perhaps the environment, that a request is about. */
export interface Scope {
  readonly organisationId: string
  readonly environmentId?: string
  /** An archived scope accepts no changes. One is archived with its organisation. */
  readonly archived: boolean
  /** Whether its organisation is archived, so that the scope itself cannot be brought back. */
  readonly isOrganisationArchived?: boolean
}

export type TokenRow = typeof apiTokens.$inferSelect
export type MemberRow = typeof members.$inferSelect

/** The token with this hash, and the scope; each undefined if it does not exist. */
export async function findToken(database: Database, sha256: string, scope: ScopeName) {
  const [tokens, rows] = await database.batch([
    database.select().from(apiTokens).where(eq(apiTokens.sha256, sha256)),
    selectScope(database, scope),
  ])
  return { token: tokens[0], scope: toScope(scope, rows[0]) }
}

/** The memberships of a person in all organisations, and the scope. */
export async function findMembers(database: Database, email: string, scope: ScopeName) {
  const [memberRows, rows] = await database.batch([
    database.select().from(members).where(eq(members.email, email)),
    selectScope(database, scope),
  ])
  return { members: memberRows, scope: toScope(scope, rows[0]) }
}

export async function findScope(database: Database, scope: ScopeName): Promise<Scope | undefined> {
  return toScope(scope, (await selectScope(database, scope))[0])
}

/** Selects the narrowest scope that is named; no row if none is. */
function selectScope(database: Database, { environment, project, organisation }: ScopeName) {
  const { id, archived } = organisations
  // named, because a batch of D1 returns one value for two columns of one name
  const isOrganisationArchived = sql<boolean>`${archived}`.mapWith(Boolean).as('organisation_archived')
  const columns = { organisationId: sql<string>`${id}`.as('organisation_id'), isOrganisationArchived }
  if (environment !== undefined) {
    return database
      .select({ ...columns, archived: environments.archived })
      .from(environments)
      .innerJoin(projects, eq(projects.id, environments.projectId))
      .innerJoin(organisations, eq(id, projects.organisationId))
      .where(eq(environments.id, environment))
  }
  if (project !== undefined) {
    return database
      .select({ ...columns, archived: projects.archived })
      .from(projects)
      .innerJoin(organisations, eq(id, projects.organisationId))
      .where(eq(projects.id, project))
  }
  return database
    .select({ ...columns, archived })
    .from(organisations)
    .where(eq(id, organisation ?? ''))
}

interface ScopeRow {
  readonly organisationId: string
  readonly archived: boolean
  readonly isOrganisationArchived: boolean
}

function toScope({ environment }: ScopeName, row: ScopeRow | undefined): Scope | undefined {
  if (!row) return undefined
  const archived = row.archived || row.isOrganisationArchived
  return { ...row, archived, ...(environment !== undefined && { environmentId: environment }) }
}

const tokenUseResolutionMs = 60 * 60 * 1000

/** Stores when the token was used last; at most once an hour, to save writes. */
export async function recordTokenUse(
  database: Database,
  { id, lastUsedAt }: TokenRow,
  now: number,
): Promise<void> {
  const before = now - tokenUseResolutionMs
  if (lastUsedAt !== null && lastUsedAt >= before) return
  await database
    .update(apiTokens)
    .set({ lastUsedAt: now })
    .where(and(eq(apiTokens.id, id), or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, before))))
}
