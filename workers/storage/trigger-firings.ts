// Firings of triggers that changed nothing, in D1. They are no part of the configuration, and make no
// revision.
import { and, eq, sql } from 'drizzle-orm'
import type { Trigger, TriggerFiring } from '../../core/model/trigger.ts'
import type { Database } from './database.ts'
import { triggerFirings } from './schema.ts'
import { isAny } from './write-statements.ts'

/** One more, of a trigger that exists. */
export async function countFiring(
  database: Database,
  environmentId: string,
  triggerId: string,
  last: TriggerFiring,
): Promise<void> {
  const row = sql`
    select ${environmentId}, id, 1, ${JSON.stringify(last)} from entities
    where environment_id = ${environmentId} and kind = 'trigger' and id = ${triggerId}`
  await database
    .insert(triggerFirings)
    .select(row)
    .onConflictDoUpdate({
      target: [triggerFirings.environmentId, triggerFirings.triggerId],
      set: { firings: sql`${triggerFirings.firings} + 1`, last: sql`excluded.last` },
    })
}

type Counted = Pick<Trigger, 'firings' | 'lastFiring'>

/** All firings of a trigger, by what its revisions say of it. */
export async function readFirings(
  database: Database,
  environmentId: string,
  ids: readonly string[],
): Promise<(id: string, trigger: Counted) => Counted> {
  const rows = await database
    .select({ id: triggerFirings.triggerId, firings: triggerFirings.firings, last: triggerFirings.last })
    .from(triggerFirings)
    .where(and(eq(triggerFirings.environmentId, environmentId), isAny(triggerFirings.triggerId, ids)))
  const byId = new Map(rows.map((row) => [row.id, row]))
  return (id, { firings, lastFiring }) => {
    const row = byId.get(id)
    const last = row && (lastFiring === undefined || row.last.at >= lastFiring.at) ? row.last : lastFiring
    return { firings: firings + (row?.firings ?? 0), ...(last && { lastFiring: last }) }
  }
}
