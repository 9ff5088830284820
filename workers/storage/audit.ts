// The audit trail, read: of an environment (its revisions) and of an organisation. Lists read light columns
// by an index; what exactly was changed is read one entry at a time.
import { type SQL, and, asc, count, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { EntityKind } from '../../core/model/environment-state.ts'
import type { Actor, Origin } from '../contracts/environment-contract.ts'
import type { Database } from './database.ts'
import { audit } from './organisation-schema.ts'
import { changes, revisions } from './schema.ts'

export interface AuditFilter {
  /** Id of who did it. */
  readonly actor?: string | undefined
  /** What was done: `update-flag`. */
  readonly kind?: string | undefined
  readonly entity?: { readonly kind: string; readonly id: string } | undefined
  /** Epoch milliseconds: from one moment on, up to and without another. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface AuditEntry {
  readonly number: number
  readonly createdAt: number
  readonly actor: Actor
  /** Null in entries from before it was kept. */
  readonly origin: Origin | null
  readonly kind: string
  /** The first of what was changed. */
  readonly entities: readonly { readonly kind: string; readonly id: string }[]
  readonly entityCount: number
  readonly comment: string
}

export interface AuditDetail extends AuditEntry {
  /** Null where the entry is not of a command. */
  readonly command: unknown
  readonly before: unknown
  readonly after: unknown
}

/** Entities that a list shows of one entry: an import changes thousands. */
const entitiesShownMax = 10

/** One trail: the newest entries before a number, and one entry whole. */
export interface Trail {
  readonly list: (filter: AuditFilter, before: number, limit: number) => Promise<AuditEntry[]>
  readonly read: (number: number) => Promise<AuditDetail | undefined>
}

export function environmentTrail(database: Database, environmentId: string): Trail {
  const inside = eq(revisions.environmentId, environmentId)
  const ofRevision = and(eq(changes.environmentId, environmentId), eq(changes.number, revisions.number))
  const shown = database
    .select({ kind: changes.kind, id: changes.id })
    .from(changes)
    .where(ofRevision)
    .orderBy(asc(changes.place))
    .limit(entitiesShownMax)
  const counted = database.select({ entities: count() }).from(changes).where(ofRevision)
  const light = {
    number: revisions.number,
    createdAt: revisions.createdAt,
    actor: revisions.actor,
    origin: revisions.origin,
    kind: sql<string>`${revisions.kind}`,
    entities: sql<string>`(select json_group_array(json_object('kind', kind, 'id', id)) from (${shown}))`,
    entityCount: sql<number>`(${counted})`,
    comment: revisions.comment,
  }
  return {
    list: async ({ actor, kind, entity, from, to }, before, limit) => {
      const rows = await database
        .select(light)
        .from(revisions)
        .where(
          and(
            inside,
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
          .select({ ...light, command: revisions.command })
          .from(revisions)
          .where(and(inside, eq(revisions.number, number))),
        database
          .select()
          .from(changes)
          .where(and(eq(changes.environmentId, environmentId), eq(changes.number, number)))
          .orderBy(asc(changes.place)),
      ])
      const side = (which: 'before' | 'after') =>
        rows.map(({ kind, id, [which]: value }) => ({ kind, id, value }))
      return row && { ...toEntry(row), before: side('before'), after: side('after') }
    },
  }

  /** Numbers and times grow together, so a moment is a number, found by the index of times. */
  function firstSince(moment: number): SQL {
    const first = database
      .select({ number: revisions.number })
      .from(revisions)
      .where(and(inside, gte(revisions.createdAt, moment)))
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

export function organisationTrail(database: Database, organisationId: string): Trail {
  const inside = eq(audit.organisationId, organisationId)
  const light = {
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
        .select(light)
        .from(audit)
        .where(
          and(
            inside,
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
        .select({ ...light, before, after })
        .from(audit)
        .where(and(inside, eq(audit.number, number)))
      return row && toEntry({ ...row, command: null })
    },
  }
}
