// The D1 tables of environments. A typed JSON column holds each domain object; other columns are what lists
// filter and sort by. Rows never leave this folder. Migrations are generated from this file (`npm run
// db:generate`) and never edited.
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Command } from '../../core/change/command.ts'
import type { Entities, EntityKind } from '../../core/model/environment-state.ts'
import type { DeliveryState } from '../../core/model/delivery.ts'
import type { AllocationLook } from '../../core/model/allocation-look.ts'
import type { HoldoutLook } from '../../core/model/holdout-look.ts'
import type { OperationLook } from '../../core/model/operation.ts'
import type { RolloutLook } from '../../core/model/progressive-rollout.ts'
import type { TriggerFiring } from '../../core/model/trigger.ts'
import type { StoredResult } from '../../core/model/stored-result.ts'
import type { Actor, Origin } from '../contracts/environment-contract.ts'
import { firstProject } from './organisation-schema.ts'

const environmentId = () => text('environment_id').notNull()
const createdAt = () => integer('created_at').notNull()

export const environments = sqliteTable('environments', {
  id: text('id').primaryKey(),
  projectId: text('project_id').notNull().default(firstProject),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  /** An archived environment accepts no changes. What is published stays. */
  archived: integer('archived', { mode: 'boolean' }).notNull().default(false),
  /** Marks an environment that real users are served from: the console asks for more before it changes it. */
  production: integer('production', { mode: 'boolean' }).notNull().default(false),
  version: integer('version').notNull().default(1),
  createdAt: createdAt(),
})

/** One row per change: the audit entry. Of two concurrent writers, one fails at the primary key. */
export const revisions = sqliteTable(
  'revisions',
  {
    environmentId: environmentId(),
    number: integer('number').notNull(),
    createdAt: createdAt(),
    /** Epoch seconds: Last-Modified of the bucketing file from this revision on. */
    modifiedAt: integer('modified_at').notNull(),
    actor: text('actor', { mode: 'json' }).$type<Actor>().notNull(),
    /** Null in revisions that are older than this column. */
    origin: text('origin', { mode: 'json' }).$type<Origin>(),
    /** Null for the revision that created the environment. */
    command: text('command', { mode: 'json' }).$type<Command>(),
    comment: text('comment').notNull(),
    /** Generated for lists, which do not read the JSON columns. */
    actorId: text('actor_id').generatedAlwaysAs(sql`json_extract(actor, '$.id')`),
    kind: text('kind').generatedAlwaysAs(
      sql`coalesce(json_extract(command, '$.kind'), 'create-environment')`,
    ),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.number] }),
    index('revisions_by_time').on(table.environmentId, table.createdAt),
    index('revisions_by_actor').on(table.environmentId, table.actorId, table.number),
    index('revisions_by_kind').on(table.environmentId, table.kind, table.number),
  ],
)

/** What each revision changed, one row per entity. Rollbacks and histories read it. */
export const changes = sqliteTable(
  'changes',
  {
    environmentId: environmentId(),
    kind: text('kind').$type<EntityKind>().notNull(),
    id: text('id').notNull(),
    number: integer('number').notNull(),
    /** Position among the revision's writes. */
    position: integer('place').notNull(),
    /** Null if the entity was created. */
    before: text('before', { mode: 'json' }).$type<Entities[EntityKind]>(),
    /** Null if it was deleted. */
    after: text('after', { mode: 'json' }).$type<Entities[EntityKind]>(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.kind, table.id, table.number] }),
    index('changes_by_revision').on(table.environmentId, table.number, table.position),
  ],
)

/** A generated column, so it always equals the field in the value. Null if the kind has no such field. */
const field = (path: string) => sql.raw(`json_extract("value", '$.${path}')`)

/**
 * All entities of all environments. Their schemas are in core/model/environment-state.ts; the columns are
 * what lists filter and sort by. The value is the last column, so that SQLite can filter without reading it.
 */
export const entities = sqliteTable(
  'entities',
  {
    /** The rowid, which the search index refers to. */
    row: integer('row').primaryKey(),
    environmentId: environmentId(),
    kind: text('kind').$type<EntityKind>().notNull(),
    id: text('id').notNull(),
    name: text('name').generatedAlwaysAs(field('name'), { mode: 'stored' }),
    flagKey: text('flag_key').generatedAlwaysAs(field('flagKey'), { mode: 'stored' }),
    type: text('type').generatedAlwaysAs(field('type'), { mode: 'stored' }),
    maintainer: text('maintainer').generatedAlwaysAs(field('maintainer'), { mode: 'stored' }),
    status: text('status').generatedAlwaysAs(field('status'), { mode: 'stored' }),
    enabled: integer('enabled').generatedAlwaysAs(field('enabled'), { mode: 'stored' }),
    archived: integer('archived').generatedAlwaysAs(field('archived'), { mode: 'stored' }),
    sha256: text('sha256').generatedAlwaysAs(field('sha256'), { mode: 'stored' }),
    createdAt: integer('created_at').generatedAlwaysAs(field('createdAt'), { mode: 'stored' }),
    updatedAt: integer('updated_at').generatedAlwaysAs(field('updatedAt'), { mode: 'stored' }),
    value: text('value', { mode: 'json' }).$type<Entities[EntityKind]>().notNull(),
  },
  (table) => {
    const { environmentId, kind, id } = table
    return [
      uniqueIndex('entities_by_id').on(environmentId, kind, id),
      index('entities_by_name').on(environmentId, kind, table.name, id),
      index('entities_by_creation').on(environmentId, kind, table.createdAt, id),
      index('entities_by_update').on(environmentId, kind, table.updatedAt, id),
      index('entities_by_flag').on(environmentId, kind, table.flagKey),
      index('entities_by_maintainer').on(environmentId, kind, table.maintainer),
      index('entities_by_status').on(environmentId, kind, table.status),
      index('entities_by_hash')
        .on(table.sha256)
        .where(sql`sha256 is not null`),
    ]
  },
)

/**
 * The flags of each tag. Triggers fill it, and the full-text index `entity_words`, when entities are written.
 */
export const entityTags = sqliteTable(
  'entity_tags',
  { environmentId: environmentId(), tag: text('tag').notNull(), flagKey: text('flag_key').notNull() },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.tag, table.flagKey] }),
    index('entity_tags_by_flag').on(table.environmentId, table.flagKey),
  ],
)

/**
 * Which environment owns a key that another system gave out: the first to import it, until it deletes it. One
 * row per key, written with the revision, so that of two imports at once one fails whole.
 */
export const importedKeys = sqliteTable(
  'imported_keys',
  { sha256: text('sha256').primaryKey(), environmentId: environmentId() },
  (table) => [index('imported_keys_by_environment').on(table.environmentId)],
)

export const experimentResults = sqliteTable(
  'experiment_results',
  {
    environmentId: environmentId(),
    experimentId: text('experiment_id').notNull(),
    goalKey: text('goal_key').notNull(),
    computedAt: integer('computed_at').notNull(),
    result: text('result', { mode: 'json' }).$type<StoredResult>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.experimentId, table.goalKey, table.computedAt] }),
  ],
)

/** When a variation was last exposed, as ingest saw it. No count, because deliveries repeat. */
export const flagUsage = sqliteTable(
  'flag_usage',
  {
    environmentId: environmentId(),
    flagKey: text('flag_key').notNull(),
    variationId: text('variation_id').notNull(),
    lastSeenAt: integer('last_seen_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.flagKey, table.variationId] })],
)

/**
 * Notifications on their way to webhooks, and those of the last weeks. Written in the batch of the revision
 * or result that they tell of, so that one never is without the other.
 */
export const deliveries = sqliteTable(
  'deliveries',
  {
    environmentId: environmentId(),
    webhookId: text('webhook_id').notNull(),
    id: text('id').notNull(),
    createdAt: createdAt(),
    type: text('type').notNull(),
    state: text('state').$type<DeliveryState>().notNull(),
    /** When it was made, or last sent again by hand; tries are counted from then on. */
    since: integer('since').notNull(),
    attempts: integer('attempts').notNull(),
    nextAttemptAt: integer('next_attempt_at'),
    lastAttemptAt: integer('last_attempt_at'),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    /** JSON, as it is signed. */
    body: text('body').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.webhookId, table.id] }),
    index('deliveries_by_time').on(table.environmentId, table.webhookId, table.createdAt, table.id),
    index('deliveries_by_state').on(table.environmentId, table.state, table.webhookId, table.nextAttemptAt),
  ],
)

/** How the deliveries to a webhook go. A row exists from its first try on, and goes with the webhook. */
export const webhookHealth = sqliteTable(
  'webhook_health',
  {
    environmentId: environmentId(),
    webhookId: text('webhook_id').notNull(),
    /** Of the first failure since anything was delivered. */
    failingSince: integer('failing_since'),
    /** Failed tries since then. */
    failures: integer('failures').notNull(),
    lastDeliveredAt: integer('last_delivered_at'),
    lastError: text('last_error'),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.webhookId] })],
)

/** What the runner found when it last looked at each operation: one row per operation, which goes with it. */
export const operationLooks = sqliteTable(
  'operation_looks',
  {
    environmentId: environmentId(),
    operationId: text('operation_id').notNull(),
    lookedAt: integer('looked_at').notNull(),
    look: text('look', { mode: 'json' }).$type<OperationLook>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.operationId] })],
)

/** What the runner found when it last looked at the step of a progressive rollout that waits for facts. */
export const rolloutLooks = sqliteTable(
  'rollout_looks',
  {
    environmentId: environmentId(),
    rolloutId: text('rollout_id').notNull(),
    lookedAt: integer('looked_at').notNull(),
    look: text('look', { mode: 'json' }).$type<RolloutLook>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.rolloutId] })],
)

/** What the runner found when it last counted for a holdout. */
export const holdoutLooks = sqliteTable(
  'holdout_looks',
  {
    environmentId: environmentId(),
    holdoutId: text('holdout_id').notNull(),
    lookedAt: integer('looked_at').notNull(),
    look: text('look', { mode: 'json' }).$type<HoldoutLook>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.holdoutId] })],
)

/** What the runner found when it last counted for a dynamic allocation. */
export const allocationLooks = sqliteTable(
  'allocation_looks',
  {
    environmentId: environmentId(),
    allocationId: text('allocation_id').notNull(),
    lookedAt: integer('looked_at').notNull(),
    look: text('look', { mode: 'json' }).$type<AllocationLook>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.allocationId] })],
)

/** Firings of triggers that changed nothing, and so made no revision. Goes with the trigger. */
export const triggerFirings = sqliteTable(
  'trigger_firings',
  {
    environmentId: environmentId(),
    triggerId: text('trigger_id').notNull(),
    firings: integer('firings').notNull(),
    last: text('last', { mode: 'json' }).$type<TriggerFiring>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.triggerId] })],
)
