// The D1 tables. Rows never leave this folder: what goes out is the domain's shape, held whole in a typed JSON column, with the columns
// beside it that lists filter and sort by. Migrations are generated from this file (`npm run db:generate`) and only ever added.
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Command } from '../../core/command.ts'
import type { Write } from '../../core/environment.ts'
import type { ExperimentResult } from '../../core/experiment-result.ts'
import type { Experiment } from '../../core/experiment.ts'
import type { Flag } from '../../core/flag.ts'
import type { Goal } from '../../core/goal.ts'
import type { Operation } from '../../core/operation.ts'
import type { Segment } from '../../core/segment.ts'
import type { Actor, Origin } from '../environment-object.ts'

const environmentId = () => text('environment_id').notNull()
const createdAt = () => integer('created_at').notNull()

export const environments = sqliteTable('environments', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: createdAt(),
})

/** One row per change: the audit entry, and by its primary key the fence against a lost race between two writers. */
export const revisions = sqliteTable(
  'revisions',
  {
    environmentId: environmentId(),
    number: integer('number').notNull(),
    createdAt: createdAt(),
    /** Epoch seconds: Last-Modified of the bucketing file from this revision on. */
    modifiedAt: integer('modified_at').notNull(),
    actor: text('actor', { mode: 'json' }).$type<Actor>().notNull(),
    /** Null in revisions from before it was kept. */
    origin: text('origin', { mode: 'json' }).$type<Origin>(),
    /** Null for the revision that made the environment. */
    command: text('command', { mode: 'json' }).$type<Command>(),
    /** The entities that changed, as they were; what did not exist yet is absent. */
    before: text('before', { mode: 'json' }).$type<readonly Write[]>().notNull(),
    after: text('after', { mode: 'json' }).$type<readonly Write[]>().notNull(),
    comment: text('comment').notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.number] })],
)

export const flags = sqliteTable(
  'flags',
  {
    environmentId: environmentId(),
    id: text('key').notNull(),
    value: text('value', { mode: 'json' }).$type<Flag>().notNull(),
    enabled: integer('enabled', { mode: 'boolean' }).notNull(),
    archived: integer('archived', { mode: 'boolean' }).notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.id] }),
    index('flags_by_update').on(table.environmentId, table.archived, table.updatedAt),
  ],
)

export const segments = sqliteTable(
  'segments',
  {
    environmentId: environmentId(),
    id: text('key').notNull(),
    value: text('value', { mode: 'json' }).$type<Segment>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.id] })],
)

export const goals = sqliteTable(
  'goals',
  {
    environmentId: environmentId(),
    id: text('key').notNull(),
    value: text('value', { mode: 'json' }).$type<Goal>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.id] })],
)

export const experiments = sqliteTable(
  'experiments',
  {
    environmentId: environmentId(),
    id: text('id').notNull(),
    value: text('value', { mode: 'json' }).$type<Experiment>().notNull(),
    status: text('status').$type<Experiment['status']>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.id] })],
)

export const experimentResults = sqliteTable(
  'experiment_results',
  {
    environmentId: environmentId(),
    experimentId: text('experiment_id').notNull(),
    goalKey: text('goal_key').notNull(),
    computedAt: integer('computed_at').notNull(),
    result: text('result', { mode: 'json' }).$type<ExperimentResult>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.experimentId, table.goalKey, table.computedAt] }),
  ],
)

export const operations = sqliteTable(
  'operations',
  {
    environmentId: environmentId(),
    id: text('id').notNull(),
    value: text('value', { mode: 'json' }).$type<Operation>().notNull(),
    status: text('status').$type<Operation['status']>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.environmentId, table.id] })],
)

/** Keys themselves are shown once and never stored. */
export const sdkKeys = sqliteTable(
  'sdk_keys',
  {
    environmentId: environmentId(),
    id: text('id').notNull(),
    role: text('role').$type<'client' | 'server'>().notNull(),
    name: text('name').notNull(),
    sha256: text('sha256').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.environmentId, table.id] }),
    uniqueIndex('sdk_keys_by_hash').on(table.sha256),
  ],
)

export const apiTokens = sqliteTable(
  'api_tokens',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    role: text('role').$type<'owner' | 'editor' | 'viewer'>().notNull(),
    sha256: text('sha256').notNull(),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('api_tokens_by_hash').on(table.sha256)],
)
