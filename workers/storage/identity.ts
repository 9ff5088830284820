// Looks up the caller and the scope of a request in one batch: one round trip to D1 per request.
import { and, eq, isNull, lt, or } from 'drizzle-orm'
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
  /** An archived scope accepts no changes. */
  readonly archived: boolean
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
  if (environment !== undefined) {
    return database
      .select({ organisationId: projects.organisationId, archived: environments.archived })
      .from(environments)
      .innerJoin(projects, eq(projects.id, environments.projectId))
      .where(eq(environments.id, environment))
  }
  if (project !== undefined) {
    const { organisationId, archived } = projects
    return database.select({ organisationId, archived }).from(projects).where(eq(projects.id, project))
  }
  const { id, archived } = organisations
  return database
    .select({ organisationId: id, archived })
    .from(organisations)
    .where(eq(id, organisation ?? ''))
}

function toScope(
  { environment }: ScopeName,
  row: Omit<Scope, 'environmentId'> | undefined,
): Scope | undefined {
  return row && { ...row, ...(environment !== undefined && { environmentId: environment }) }
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
