// Reads which scheduled changes wait for their time.
import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { organisations, projects } from './organisation-schema.ts'
import { entities, environments } from './schema.ts'

export interface WaitingSchedule {
  readonly id: string
  readonly name: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Whether its environment or organisation is, so that nothing changes. */
  readonly isArchived: boolean
}

/** By their time. */
export async function waitingSchedules(
  database: Database,
  environmentId: string,
): Promise<WaitingSchedule[]> {
  const at = sql<number>`json_extract(${entities.value}, '$.at')`
  const rows = await database
    .select({
      id: entities.id,
      name: entities.name,
      at,
      environment: environments.archived,
      organisation: organisations.archived,
    })
    .from(entities)
    .innerJoin(environments, eq(environments.id, entities.environmentId))
    .innerJoin(projects, eq(projects.id, environments.projectId))
    .innerJoin(organisations, eq(organisations.id, projects.organisationId))
    .where(
      and(
        eq(entities.environmentId, environmentId),
        eq(entities.kind, 'schedule'),
        inArray(entities.status, ['waiting', 'conflict']),
      ),
    )
    .orderBy(at, entities.id)
  return rows.map(({ id, name, at: time, environment, organisation }) => ({
    id,
    name: name ?? '',
    at: time,
    isArchived: environment || organisation,
  }))
}
