// Reads which scheduled changes wait for their time.
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { organisations, projects } from './organisation-schema.ts'
import { entities, environments } from './schema.ts'

export interface WaitingSchedule {
  readonly id: string
  readonly name: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** By their time. None of an archived environment or organisation, in which nothing changes. */
export async function waitingSchedules(
  database: Database,
  environmentId: string,
): Promise<WaitingSchedule[]> {
  const at = sql<number>`json_extract(${entities.value}, '$.at')`
  const rows = await database
    .select({ id: entities.id, name: entities.name, at })
    .from(entities)
    .innerJoin(environments, eq(environments.id, entities.environmentId))
    .innerJoin(projects, eq(projects.id, environments.projectId))
    .innerJoin(organisations, eq(organisations.id, projects.organisationId))
    .where(
      and(
        eq(entities.environmentId, environmentId),
        eq(entities.kind, 'schedule'),
        eq(entities.status, 'waiting'),
        eq(environments.archived, false),
        eq(organisations.archived, false),
      ),
    )
    .orderBy(at, entities.id)
  return rows.map(({ name, ...row }) => ({ ...row, name: name ?? '' }))
}
