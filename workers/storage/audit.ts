// Reads the audit trails of environments (their revisions) and of organisations. Lists read a few small
// columns by an index; the values before and after a change are read one entry at a time.
import { type SQL, and, asc, count, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { EntityKind } from '../../core/model/environment-state.ts'
import type { Actor, Origin } from '../contracts/environment-contract.ts'
import type { Database } from './database.ts'
import { audit } from './organisation-schema.ts'
import { changes, revisions } from './schema.ts'

export interface AuditFilter {
  /** Id of the token or member. */
  readonly actor?: string | undefined
  /** Kind of the command: `update-flag`. */
  readonly kind?: string | undefined
  readonly entity?: { readonly kind: string; readonly id: string } | undefined
  /** Epoch milliseconds: `from` is inclusive, `to` is exclusive. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface AuditEntry {
  readonly number: number
  readonly createdAt: number
  readonly actor: Actor
  /** Null in entries that are older than this column. */
  readonly origin: Origin | null
  readonly kind: string
  /** The first changed entities. */
  readonly entities: readonly { readonly kind: string; readonly id: string }[]
  readonly entityCount: number
  readonly comment: string
}

export interface AuditDetail extends AuditEntry {
  /** Null if the entry is not of a command. */
  readonly command: unknown
  readonly before: unknown
  readonly after: unknown
}

/** Entities listed per entry. An import changes thousands. */
const entitiesListedMax = 10

export interface AuditTrail {
  /** The newest entries below the number `before`. */
  readonly list: (filter: AuditFilter, before: number, limit: number) => Promise<AuditEntry[]>
  /** One entry with all its values. */
  readonly read: (number: number) => Promise<AuditDetail | undefined>
}

export function environmentTrail(database: Database, environmentId: string): AuditTrail {
  const inScope = eq(revisions.environmentId, environmentId)
  const ofRevision = and(eq(changes.environmentId, environmentId), eq(changes.number, revisions.number))
  const listed = database
    .select({ kind: changes.kind, id: changes.id })
    .from(changes)
    .where(ofRevision)
    .orderBy(asc(changes.position))
    .limit(entitiesListedMax)
  const counted = database.select({ entities: count() }).from(changes).where(ofRevision)
  const columns = {
    number: revisions.number,
    createdAt: revisions.createdAt,
    actor: revisions.actor,
    origin: revisions.origin,
    kind: sql<string>`${revisions.kind}`,
    entities: sql<string>`(select json_group_array(json_object('kind', kind, 'id', id)) from (${listed}))`,
    entityCount: sql<number>`(${counted})`,
    comment: revisions.comment,
  }
  return {
    list: async ({ actor, kind, entity, from, to }, before, limit) => {
      const rows = await database
        .select(columns)
        .from(revisions)
        .where(
          and(
            inScope,
            lt(revisions.number, before),
            actor === undefined ? undefined : eq(revisions.actorId, actor),
            kind === undefined ? undefined : eq(revisions.kind, kind),
            entity && sql`${revisions.number} in (${numbersOf(database, environmentId, entity)})`,
            from === undefined ? undefined : sql`${revisions.number} >= ${firstSince(from)}`,
            to === undefined ? undefined : sql`${revisions.number} < ${firstSince(to)}`,
          ),
        )
        .orderBy(desc(revisions.number))
        .limit(limit)
      return rows.map(toEntry)
    },
    read: async (number) => {
      const [[row], rows] = await database.batch([
        database
          .select({ ...columns, command: revisions.command })
          .from(revisions)
          .where(and(inScope, eq(revisions.number, number))),
        database
          .select()
          .from(changes)
          .where(and(eq(changes.environmentId, environmentId), eq(changes.number, number)))
          .orderBy(asc(changes.position)),
      ])
      const side = (which: 'before' | 'after') =>
        rows.map(({ kind, id, [which]: value }) => ({ kind, id, value }))
      return row && { ...toEntry(row), before: side('before'), after: side('after') }
    },
  }

  /** The number of the first revision since a time. Numbers grow with time, so one index lookup finds it. */
  function firstSince(time: number): SQL {
    const first = database
      .select({ number: revisions.number })
      .from(revisions)
      .where(and(inScope, gte(revisions.createdAt, time)))
      .orderBy(asc(revisions.createdAt), asc(revisions.number))
      .limit(1)
    return sql`coalesce((${first}), ${Number.MAX_SAFE_INTEGER})`
  }
}

const numbersOf = (database: Database, environmentId: string, { kind, id }: { kind: string; id: string }) =>
  database
    .select({ number: changes.number })
    .from(changes)
    .where(
      and(eq(changes.environmentId, environmentId), eq(changes.kind, kind as EntityKind), eq(changes.id, id)),
    )

const toEntry = <T extends { readonly entities: string }>(row: T) => ({
  ...row,
  entities: JSON.parse(row.entities) as AuditEntry['entities'],
})

export function organisationTrail(database: Database, organisationId: string): AuditTrail {
  const inScope = eq(audit.organisationId, organisationId)
  const columns = {
    number: audit.number,
    createdAt: audit.createdAt,
    actor: audit.actor,
    origin: audit.origin,
    kind: audit.kind,
    entities: sql<string>`json_array(json_object('kind', ${audit.entityKind}, 'id', ${audit.entityId}))`,
    entityCount: sql<number>`1`,
    comment: audit.comment,
  }
  return {
    list: async ({ actor, kind, entity, from, to }, before, limit) => {
      const rows = await database
        .select(columns)
        .from(audit)
        .where(
          and(
            inScope,
            lt(audit.number, before),
            actor === undefined ? undefined : eq(audit.actorId, actor),
            kind === undefined ? undefined : eq(audit.kind, kind),
            entity && eq(audit.entityKind, entity.kind),
            entity && eq(audit.entityId, entity.id),
            from === undefined ? undefined : gte(audit.createdAt, from),
            to === undefined ? undefined : lt(audit.createdAt, to),
          ),
        )
        .orderBy(desc(audit.number))
        .limit(limit)
      return rows.map(toEntry)
    },
    read: async (number) => {
      const { before, after } = audit
      const [row] = await database
        .select({ ...columns, before, after })
        .from(audit)
        .where(and(inScope, eq(audit.number, number)))
      return row && toEntry({ ...row, command: null })
    },
  }
}
