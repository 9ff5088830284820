// The D1 tables of organisations, their projects, members and tokens, and the audit trail of changes to
// these. The tables of environments are in schema.ts.
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Actor, Origin } from '../contracts/environment-contract.ts'

/** The organisation and the project that every deployment starts with. A migration inserts them. */
export const firstOrganisation = 'default'
export const firstProject = 'default'

export type OrganisationRole = 'owner' | 'admin' | 'member'
export type EnvironmentRole = 'editor' | 'viewer'
export type TokenRole = 'owner' | 'admin' | EnvironmentRole

/** Roles by environment; `*` stands for every environment of the organisation. */
export type Grants = Readonly<Record<string, EnvironmentRole>>

/**
 * `version` grows by one with every change. The unique index of `audit` refuses a second change of the same
 * version, so one of two concurrent writers fails.
 */
const versioned = {
  version: integer('version').notNull().default(1),
  createdAt: integer('created_at').notNull(),
}
const archived = () => integer('archived', { mode: 'boolean' }).notNull().default(false)
const organisationId = () => text('organisation_id').notNull()

export const organisations = sqliteTable('organisations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  archived: archived(),
  ...versioned,
})

/** Ids of projects, like those of environments, are unique in the deployment. */
export const projects = sqliteTable(
  'projects',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId(),
    name: text('name').notNull(),
    description: text('description').notNull(),
    archived: archived(),
    ...versioned,
  },
  (table) => [index('projects_by_organisation').on(table.organisationId, table.id)],
)

/** People who sign in through Cloudflare Access, identified by their email address. */
export const members = sqliteTable(
  'members',
  {
    organisationId: organisationId(),
    id: text('id').notNull(),
    /** In lower case. */
    email: text('email').notNull(),
    name: text('name').notNull(),
    role: text('role').$type<OrganisationRole>().notNull(),
    environments: text('environments', { mode: 'json' }).$type<Grants>().notNull(),
    ...versioned,
  },
  (table) => [
    primaryKey({ columns: [table.organisationId, table.id] }),
    uniqueIndex('members_by_email').on(table.email, table.organisationId),
  ],
)

export const apiTokens = sqliteTable(
  'api_tokens',
  {
    id: text('id').primaryKey(),
    organisationId: organisationId().default(firstOrganisation),
    name: text('name').notNull(),
    role: text('role').$type<TokenRole>().notNull(),
    /** The environments of an editor's or viewer's token. Null: all of the organisation. */
    environments: text('environments', { mode: 'json' }).$type<readonly string[]>(),
    sha256: text('sha256').notNull(),
    createdAt: integer('created_at').notNull(),
    /** Epoch milliseconds. */
    expiresAt: integer('expires_at'),
    /** Written at most once an hour. */
    lastUsedAt: integer('last_used_at'),
    disabled: integer('disabled', { mode: 'boolean' }).notNull().default(false),
    version: integer('version').notNull().default(1),
  },
  (table) => [
    uniqueIndex('api_tokens_by_hash').on(table.sha256),
    index('api_tokens_by_organisation').on(table.organisationId, table.id),
  ],
)

/**
 * Which organisation may import a key of another system, as an owner of the first organisation decided. Its
 * own environments need no approval.
 */
export const keyApprovals = sqliteTable('key_approvals', {
  /** SHA-256 of the key, in hex. */
  id: text('id').primaryKey(),
  organisationId: organisationId(),
  name: text('name').notNull(),
  ...versioned,
})

/** One row per change of an organisation's rows. Changes inside an environment are in `revisions`. */
export const audit = sqliteTable(
  'audit',
  {
    number: integer('number').primaryKey({ autoIncrement: true }),
    organisationId: organisationId(),
    createdAt: integer('created_at').notNull(),
    actor: text('actor', { mode: 'json' }).$type<Actor>().notNull(),
    actorId: text('actor_id').notNull(),
    origin: text('origin', { mode: 'json' }).$type<Origin>().notNull(),
    kind: text('kind').notNull(),
    entityKind: text('entity_kind').notNull(),
    entityId: text('entity_id').notNull(),
    /** The entity's version after the change. */
    version: integer('version').notNull(),
    before: text('before', { mode: 'json' }).$type<object>(),
    after: text('after', { mode: 'json' }).$type<object>(),
    comment: text('comment').notNull(),
  },
  (table) => [
    index('audit_by_number').on(table.organisationId, table.number),
    index('audit_by_time').on(table.organisationId, table.createdAt),
    index('audit_by_actor').on(table.organisationId, table.actorId, table.number),
    index('audit_by_kind').on(table.organisationId, table.kind, table.number),
    uniqueIndex('audit_by_entity').on(table.organisationId, table.entityKind, table.entityId, table.version),
  ],
)
