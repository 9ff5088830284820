// Reads what changes an environment by itself at a time: scheduled changes, progressive rollouts, holdouts.
import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import type { Entities } from '../../core/model/environment-state.ts'
import type { Database } from './database.ts'
import { organisations, projects } from './organisation-schema.ts'
import { entities, environments } from './schema.ts'

export type WaitingChange = {
  /** Epoch milliseconds. */
  readonly at: number
  /** Whether its environment or organisation is, so that nothing changes. */
  readonly isArchived: boolean
} & (
  | { readonly kind: 'schedule'; readonly entity: Entities['schedule'] }
  | { readonly kind: 'progressiveRollout'; readonly entity: Entities['progressiveRollout'] }
  | { readonly kind: 'holdout'; readonly entity: Entities['holdout'] }
)

/** By their time. */
export async function waitingChanges(database: Database, environmentId: string): Promise<WaitingChange[]> {
  const at = sql<number>`json_extract(${entities.value}, '$.at')`
  const rows = await database
    .select({
      kind: entities.kind,
      entity: entities.value,
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
        inArray(entities.kind, ['schedule', 'progressiveRollout', 'holdout']),
        inArray(entities.status, ['waiting', 'conflict', 'running']),
        isNotNull(at),
      ),
    )
    .orderBy(at, entities.kind, entities.id)
  return rows.map(({ environment, organisation, ...row }) => ({
    ...(row as WaitingChange),
    isArchived: environment || organisation,
  }))
}
