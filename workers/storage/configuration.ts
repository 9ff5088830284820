// Reads an environment's state from D1, and writes revisions, each as one batch of rows.
import { and, asc, between, desc, eq, getTableColumns, lt } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { Command } from '../../core/change/command.ts'
import type { NewDelivery } from '../../core/change/message.ts'
import { withoutSecrets } from '../../core/change/redaction.ts'
import {
  type EnvironmentState,
  type Write,
  emptyState,
  withWrites,
} from '../../core/model/environment-state.ts'
import type { Database } from './database.ts'
import { deliveryStatements, webhookDeletions } from './deliveries.ts'
import { writeStatements } from './write-statements.ts'
import type { Actor, Origin } from '../contracts/environment-contract.ts'
import { claimStatements, keyClaims, selectOwnedKeys } from './imported-keys.ts'
import { audit } from './organisation-schema.ts'
import * as tables from './schema.ts'

export interface StoredEnvironment {
  readonly name: string
  /** Number of the newest revision. */
  readonly revision: number
  /** Epoch seconds. */
  readonly modifiedAt: number
  readonly state: EnvironmentState
  /** The hashes of the imported keys that it owns. */
  readonly importedKeys: readonly string[]
}

/** Undefined if there is no such environment. One batch, so the rows are consistent. */
export async function loadEnvironment(
  database: Database,
  environmentId: string,
): Promise<StoredEnvironment | undefined> {
  const { environments, revisions, entities } = tables
  const [[environment], [newest], rows, keys] = await database.batch([
    database.select({ name: environments.name }).from(environments).where(eq(environments.id, environmentId)),
    database
      .select({ number: revisions.number, modifiedAt: revisions.modifiedAt })
      .from(revisions)
      .where(eq(revisions.environmentId, environmentId))
      .orderBy(desc(revisions.number))
      .limit(1),
    database
      .select({ kind: entities.kind, id: entities.id, value: entities.value })
      .from(entities)
      .where(eq(entities.environmentId, environmentId)),
    selectOwnedKeys(database, environmentId),
  ])
  if (!environment || !newest) return undefined
  const state = withWrites(emptyState(), rows as Write[])
  const importedKeys = keys.map(({ sha256 }) => sha256)
  return {
    name: environment.name,
    revision: newest.number,
    modifiedAt: newest.modifiedAt,
    state,
    importedKeys,
  }
}

/** The number of the newest revision; undefined if there is no such environment. */
export async function newestRevision(database: Database, id: string): Promise<number | undefined> {
  const [row] = await database
    .select({ number: tables.revisions.number })
    .from(tables.revisions)
    .where(eq(tables.revisions.environmentId, id))
    .orderBy(desc(tables.revisions.number))
    .limit(1)
  return row?.number
}

export interface Revision {
  readonly environmentId: string
  readonly number: number
  readonly createdAt: number
  readonly modifiedAt: number
  readonly actor: Actor
  readonly origin: Origin | null
  readonly command: Command | null
  readonly before: readonly Write[]
  readonly after: readonly Write[]
  readonly comment: string
}

/** Thrown by `commit` when another writer took the revision number: nothing was written. */
export class RevisionTaken extends Error {
  override name = 'RevisionTaken'
}

/** Thrown by `commit` when another environment owns a key that the revision imports: nothing was written. */
export class KeyTaken extends Error {
  override name = 'KeyTaken'
}

/** Limit for a stored command. Nothing is lost: `changes` holds its full effect. */
const commandLengthMax = 100_000
const textLengthMax = 200
const listLengthMax = 20

/** Cuts long texts and lists of a long command. */
export function abridged(command: Command | null): Command | null {
  if (command === null || JSON.stringify(command).length <= commandLengthMax) return command
  const cut = (_: string, value: unknown): unknown =>
    typeof value === 'string'
      ? value.slice(0, textLengthMax)
      : Array.isArray(value)
        ? value.slice(0, listLengthMax)
        : value
  const text = JSON.stringify(command, cut)
  return JSON.parse(
    text.length <= commandLengthMax ? text : JSON.stringify({ kind: command.kind }),
  ) as Command
}

/** Without the secrets of webhooks and triggers, which could be read; those of other commands are hashes. */
const withoutSigningSecrets = (command: Command | null): Command | null =>
  command && /-(?:webhook|trigger)$/.test(command.kind) ? withoutSecrets(command, Command) : command

/**
 * Writes all rows of a revision or none, and with them what webhooks are told of it: whoever is told that a
 * change was made can rely on its notifications.
 */
export async function commit(
  database: Database,
  { before, after, ...revision }: Revision,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  const { environmentId, number, command } = revision
  const deleted = after.filter(({ kind, value }) => kind === 'webhook' && value === null)
  await atomically(database, [
    database
      .insert(tables.revisions)
      .values({ ...revision, command: abridged(withoutSigningSecrets(command)) }),
    ...writeStatements(database, environmentId, number, before, after),
    ...claimStatements(database, environmentId, keyClaims(before, after)),
    ...deliveryStatements(database, environmentId, deliveries),
    ...webhookDeletions(
      database,
      environmentId,
      deleted.map(({ id }) => id),
    ),
  ])
}

/** Writes the environment, its first revision, and an entry in the organisation's audit trail. */
export async function commitEnvironment(
  database: Database,
  environment: {
    readonly organisationId: string
    readonly projectId: string
    readonly name: string
    readonly production: boolean
  },
  revision: Revision & { readonly origin: Origin },
): Promise<void> {
  const { environmentId: id, createdAt, actor, origin } = revision
  const { organisationId, ...fields } = environment
  const { before: _, after: __, ...row } = revision
  await atomically(database, [
    database.insert(tables.revisions).values(row),
    database.insert(tables.environments).values({ id, ...fields, createdAt }),
    database.insert(audit).values({
      organisationId,
      createdAt,
      actor,
      actorId: actor.id,
      origin,
      kind: 'create-environment',
      entityKind: 'environment',
      entityId: id,
      version: 1,
      after: { id, ...fields },
      comment: '',
    }),
  ])
}

async function atomically(
  database: Database,
  batch: [BatchItem<'sqlite'>, ...BatchItem<'sqlite'>[]],
): Promise<void> {
  try {
    await database.batch(batch)
  } catch (cause) {
    if (/UNIQUE constraint failed: revisions/.test(messagesOf(cause)))
      throw new RevisionTaken('revision taken', { cause })
    if (/UNIQUE constraint failed: imported_keys/.test(messagesOf(cause)))
      throw new KeyTaken('imported key taken', { cause })
    throw cause
  }
}

const messagesOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${messagesOf(error.cause)}` : ''

/** Newest first, below the revision `before`. */
export async function listRevisions(
  database: Database,
  environmentId: string,
  before: number,
  limit: number,
): Promise<Revision[]> {
  const { revisions, changes } = tables
  const { actorId: _, kind: __, ...columns } = getTableColumns(revisions)
  const found = await database
    .select(columns)
    .from(revisions)
    .where(and(eq(revisions.environmentId, environmentId), lt(revisions.number, before)))
    .orderBy(desc(revisions.number))
    .limit(limit)
  const [newest, oldest] = [found[0], found.at(-1)]
  if (!newest || !oldest) return []
  const rows = await database
    .select()
    .from(changes)
    .where(
      and(eq(changes.environmentId, environmentId), between(changes.number, oldest.number, newest.number)),
    )
    .orderBy(asc(changes.number), asc(changes.position))
  const values = (number: number, side: 'before' | 'after') =>
    rows
      .filter((row) => row.number === number)
      .map((row) => ({ kind: row.kind, id: row.id, value: row[side] }) as Write)
  return found.map((revision) => ({
    ...revision,
    before: values(revision.number, 'before').filter(({ value }) => value !== null),
    after: values(revision.number, 'after'),
  }))
}
