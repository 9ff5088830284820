// Configuration in D1: an environment's state out, one batch of rows per revision in.
import { and, desc, eq, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'
import type { Command } from '../../core/command.ts'
import type { EnvironmentState, Write } from '../../core/environment.ts'
import type { Actor, Origin } from '../environment-object.ts'
import * as tables from './schema.ts'

export type Database = DrizzleD1Database

export const openDatabase = (binding: D1Database): Database => drizzle(binding)

export interface StoredEnvironment {
  readonly name: string
  /** Number of the newest revision. */
  readonly revision: number
  /** Epoch seconds. */
  readonly modifiedAt: number
  readonly state: EnvironmentState
}

/** Undefined where there is no such environment. One batch: the rows are of one moment. */
export async function loadEnvironment(
  database: Database,
  id: string,
): Promise<StoredEnvironment | undefined> {
  const [environment, newest, flags, segments, goals, experiments, operations, sdkKeys] =
    await database.batch([
      database.select().from(tables.environments).where(eq(tables.environments.id, id)),
      database
        .select({ number: tables.revisions.number, modifiedAt: tables.revisions.modifiedAt })
        .from(tables.revisions)
        .where(eq(tables.revisions.environmentId, id))
        .orderBy(desc(tables.revisions.number))
        .limit(1),
      database
        .select({ id: tables.flags.id, value: tables.flags.value })
        .from(tables.flags)
        .where(eq(tables.flags.environmentId, id)),
      database
        .select({ id: tables.segments.id, value: tables.segments.value })
        .from(tables.segments)
        .where(eq(tables.segments.environmentId, id)),
      database
        .select({ id: tables.goals.id, value: tables.goals.value })
        .from(tables.goals)
        .where(eq(tables.goals.environmentId, id)),
      database
        .select({ id: tables.experiments.id, value: tables.experiments.value })
        .from(tables.experiments)
        .where(eq(tables.experiments.environmentId, id)),
      database
        .select({ id: tables.operations.id, value: tables.operations.value })
        .from(tables.operations)
        .where(eq(tables.operations.environmentId, id)),
      database.select().from(tables.sdkKeys).where(eq(tables.sdkKeys.environmentId, id)),
    ])
  if (!environment[0] || !newest[0]) return undefined
  const byId = <T>(rows: readonly { id: string; value: T }[]) =>
    new Map(rows.map(({ id, value }) => [id, value]))
  return {
    name: environment[0].name,
    revision: newest[0].number,
    modifiedAt: newest[0].modifiedAt,
    state: {
      flag: byId(flags),
      segment: byId(segments),
      goal: byId(goals),
      experiment: byId(experiments),
      operation: byId(operations),
      sdkKey: new Map(sdkKeys.map(({ environmentId: _, ...key }) => [key.id, key])),
    },
  }
}

/** Number of the newest revision; undefined where there is no such environment. */
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

/** All rows of one revision, or none. */
export async function commit(database: Database, revision: Revision): Promise<void> {
  const rows = revision.after.map((write) => upsert(database, revision.environmentId, write))
  await atomically(database, [database.insert(tables.revisions).values(revision), ...rows])
}

/** The environment and its first revision. */
export async function commitEnvironment(database: Database, name: string, revision: Revision): Promise<void> {
  const { environmentId: id, createdAt } = revision
  await atomically(database, [
    database.insert(tables.revisions).values(revision),
    database.insert(tables.environments).values({ id, name, createdAt }),
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
    throw cause
  }
}

const messagesOf = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${messagesOf(error.cause)}` : ''

function upsert(database: Database, environmentId: string, write: Write): BatchItem<'sqlite'> {
  switch (write.kind) {
    case 'flag': {
      const { enabled, archived, updatedAt } = write.value
      return database
        .insert(tables.flags)
        .values({ environmentId, id: write.id, value: write.value, enabled, archived, updatedAt })
        .onConflictDoUpdate({
          target: [tables.flags.environmentId, tables.flags.id],
          set: { value: write.value, enabled, archived, updatedAt },
        })
    }
    case 'segment':
      return database
        .insert(tables.segments)
        .values({ environmentId, id: write.id, value: write.value })
        .onConflictDoUpdate({
          target: [tables.segments.environmentId, tables.segments.id],
          set: { value: write.value },
        })
    case 'goal':
      return database
        .insert(tables.goals)
        .values({ environmentId, id: write.id, value: write.value })
        .onConflictDoUpdate({
          target: [tables.goals.environmentId, tables.goals.id],
          set: { value: write.value },
        })
    case 'experiment': {
      const { status } = write.value
      return database
        .insert(tables.experiments)
        .values({ environmentId, id: write.id, value: write.value, status })
        .onConflictDoUpdate({
          target: [tables.experiments.environmentId, tables.experiments.id],
          set: { value: write.value, status },
        })
    }
    case 'operation': {
      const { status } = write.value
      return database
        .insert(tables.operations)
        .values({ environmentId, id: write.id, value: write.value, status })
        .onConflictDoUpdate({
          target: [tables.operations.environmentId, tables.operations.id],
          set: { value: write.value, status },
        })
    }
    case 'sdkKey':
      return database.insert(tables.sdkKeys).values({ environmentId, ...write.value })
  }
}

/** Newest first, from `before` (exclusive) down. */
export async function listRevisions(
  database: Database,
  environmentId: string,
  before: number,
  limit: number,
): Promise<Revision[]> {
  return database
    .select()
    .from(tables.revisions)
    .where(
      and(eq(tables.revisions.environmentId, environmentId), sql`${tables.revisions.number} < ${before}`),
    )
    .orderBy(desc(tables.revisions.number))
    .limit(limit)
}
