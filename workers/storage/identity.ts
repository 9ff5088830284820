// Who calls, and where what they ask for belongs: one batch, so one journey to D1 per request.
import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { Database } from './database.ts'
import { apiTokens, members, organisations, projects } from './organisation-schema.ts'
import { environments } from './schema.ts'

/** What names a place in a path. */
export interface PlaceName {
  readonly environment?: string
  readonly project?: string
  readonly organisation?: string
}

export interface Place {
  readonly organisationId: string
  readonly environmentId?: string
  /** Whether it takes no changes any more. */
  readonly archived: boolean
}

export type TokenRow = typeof apiTokens.$inferSelect
export type MemberRow = typeof members.$inferSelect

/** The token of this hash and the place, each undefined where there is none. */
export async function findToken(database: Database, sha256: string, place: PlaceName) {
  const [tokens, places] = await database.batch([
    database.select().from(apiTokens).where(eq(apiTokens.sha256, sha256)),
    selectPlace(database, place),
  ])
  return { token: tokens[0], place: toPlace(place, places[0]) }
}

/** Whoever has this address, in every organisation, and the place. */
export async function findMembers(database: Database, email: string, place: PlaceName) {
  const [found, places] = await database.batch([
    database.select().from(members).where(eq(members.email, email)),
    selectPlace(database, place),
  ])
  return { members: found, place: toPlace(place, places[0]) }
}

export async function findPlace(database: Database, place: PlaceName): Promise<Place | undefined> {
  return toPlace(place, (await selectPlace(database, place))[0])
}

/** The narrowest of what is named; without a name, nothing is found. */
function selectPlace(database: Database, { environment, project, organisation }: PlaceName) {
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

function toPlace(
  { environment }: PlaceName,
  row: Omit<Place, 'environmentId'> | undefined,
): Place | undefined {
  return row && { ...row, ...(environment !== undefined && { environmentId: environment }) }
}

const touchedEveryMs = 60 * 60 * 1000

/** Notes that a token was used; at most once an hour, so that reading costs no write. */
export async function touchToken(
  database: Database,
  { id, lastUsedAt }: TokenRow,
  now: number,
): Promise<void> {
  const before = now - touchedEveryMs
  if (lastUsedAt !== null && lastUsedAt >= before) return
  await database
    .update(apiTokens)
    .set({ lastUsedAt: now })
    .where(and(eq(apiTokens.id, id), or(isNull(apiTokens.lastUsedAt), lt(apiTokens.lastUsedAt, before))))
}
