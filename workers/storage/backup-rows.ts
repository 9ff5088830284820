// The rows of D1 as a backup has them: which tables are saved, and how pages of rows are read and written. A
// row is what SQLite stores: JSON columns are texts. `restoring` says under what condition rows are taken.
import { type SQL, eq, inArray, or, sql } from 'drizzle-orm'
import { type SQLiteTable, getTableConfig } from 'drizzle-orm/sqlite-core'
import * as z from 'zod'
import type { Database } from './database.ts'
import * as organisationTables from './organisation-schema.ts'
import * as environmentTables from './schema.ts'
import { chunkLengthMax, chunksOf } from './write-statements.ts'

const { organisations, projects, members, apiTokens, keyApprovals, audit } = organisationTables

/**
 * In the order in which they are restored: environments come last, so that nobody meets one that is not
 * whole.
 *
 * - `always`: rows that are there already stay as they are.
 * - `empty`: only while the installation has no environment, since who was removed must not come back.
 * - `absent`: only of environments that are not there.
 */
export const savedTables = {
  organisations: { table: organisations, restoring: 'always' },
  projects: { table: projects, restoring: 'always' },
  members: { table: members, restoring: 'empty' },
  api_tokens: { table: apiTokens, restoring: 'empty' },
  key_approvals: { table: keyApprovals, restoring: 'empty' },
  audit: { table: audit, restoring: 'empty' },
  revisions: { table: environmentTables.revisions, restoring: 'absent' },
  changes: { table: environmentTables.changes, restoring: 'absent' },
  entities: { table: environmentTables.entities, restoring: 'absent' },
  imported_keys: { table: environmentTables.importedKeys, restoring: 'absent' },
  experiment_results: { table: environmentTables.experimentResults, restoring: 'absent' },
  flag_usage: { table: environmentTables.flagUsage, restoring: 'absent' },
  operation_looks: { table: environmentTables.operationLooks, restoring: 'absent' },
  rollout_looks: { table: environmentTables.rolloutLooks, restoring: 'absent' },
  allocation_looks: { table: environmentTables.allocationLooks, restoring: 'absent' },
  holdout_looks: { table: environmentTables.holdoutLooks, restoring: 'absent' },
  trigger_firings: { table: environmentTables.triggerFirings, restoring: 'absent' },
  environments: { table: environmentTables.environments, restoring: 'absent' },
} as const satisfies Record<string, { table: SQLiteTable; restoring: 'always' | 'empty' | 'absent' }>

/** Tables that no backup has, and why. */
export const omittedTables = {
  entity_tags: 'triggers of the database fill it from the flags',
  entity_words: 'triggers of the database fill it from the entities',
  deliveries: 'what waits is sent by the installation that it happened in; two would send it twice',
  webhook_health: 'says how deliveries from the old installation went',
} as const

export type SavedTable = keyof typeof savedTables
export const savedTableNames = Object.keys(savedTables) as [SavedTable, ...SavedTable[]]

export const SavedRow = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))
export type SavedRow = z.infer<typeof SavedRow>

/** The column that names the environment of a row; undefined for rows of the organisation. */
export const environmentColumnOf = (name: SavedTable): 'id' | 'environment_id' | undefined =>
  savedTables[name].restoring !== 'absent' ? undefined : name === 'environments' ? 'id' : 'environment_id'

/** Numbers that SQLite gives out anew: nothing refers to them. */
const renumbered: Partial<Record<SavedTable, string>> = { entities: 'row', audit: 'number' }

function columnsOf(name: SavedTable): string[] {
  const { columns } = getTableConfig(savedTables[name].table)
  return columns
    .filter((column) => !column.generated && column.name !== renumbered[name])
    .map((column) => column.name)
}

/** UTF-16 units of the rows of a page; a single row may be longer. */
const pageLengthMax = 4_000_000
const pageRowsMax = 1_000

const list = (names: readonly string[]): SQL =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  )

interface Page {
  readonly rows: SavedRow[]
  /** Where the next page begins; null after the last one. */
  readonly next: number | null
}

/** Rows in the order in which they were written, after the row `after`. */
export async function readRows(database: Database, name: SavedTable, after: number): Promise<Page> {
  const columns = columnsOf(name)
  const lengths = columns.map((column) => sql`coalesce(length(${sql.identifier(column)}), 0)`)
  const found = await database.all<SavedRow & { '#row': number }>(sql`
    select ${list(columns)}, "#row" from (
      select *, row_number() over (order by "#row") as "#nth",
        sum(${sql.join(lengths, sql` + `)}) over (order by "#row") as "#length"
      from (
        select rowid as "#row", ${list(columns)} from ${savedTables[name].table}
        where rowid > ${after} order by rowid limit ${pageRowsMax}
      )
    ) where "#nth" = 1 or "#length" <= ${pageLengthMax}`)
  const last = found.at(-1)
  return { rows: found.map(({ '#row': _, ...row }) => row), next: last?.['#row'] ?? null }
}

/** Columns of the rows that the table does not have. */
export function unknownColumns(name: SavedTable, rows: readonly SavedRow[]): string[] {
  const known = new Set(columnsOf(name))
  return [...new Set(rows.flatMap(Object.keys))].filter((column) => !known.has(column))
}

/**
 * Returns how many were not there yet. All rows have the same, known columns. Not atomic: what was written by
 * an attempt that failed is there already at the next one.
 */
export async function insertRows(
  database: Database,
  name: SavedTable,
  rows: readonly SavedRow[],
): Promise<number> {
  const [first] = rows
  if (!first) return 0
  const columns = Object.keys(first)
  const into = sql`insert into ${savedTables[name].table} (${list(columns)})`
  let written = 0
  for (const chunk of chunksOf(rows, (row) => JSON.stringify(row).length)) {
    const [only] = chunk
    const isLarge = chunk.length === 1 && JSON.stringify(only).length > chunkLengthMax
    const values = columns.map((column) =>
      isLarge ? sql`${only![column]}` : sql`json_extract(value, ${`$."${column}"`})`,
    )
    const from = isLarge ? sql`` : sql`from json_each(${JSON.stringify(chunk)})`
    const all = sql`select ${sql.join(values, sql`, `)} ${from} where true on conflict do nothing`
    written += (await database.all(sql`${into} ${all} returning 1`)).length
  }
  return written
}

/** Those of the ids that are environments here. */
export async function environmentsAmong(database: Database, ids: readonly string[]): Promise<string[]> {
  const { environments } = environmentTables
  if (ids.length === 0) return []
  const each = sql`(select value from json_each(${JSON.stringify(ids)}))`
  const found = await database
    .select({ id: environments.id })
    .from(environments)
    .where(inArray(environments.id, each))
  return found.map(({ id }) => id)
}

/**
 * Why rows of projects or environments would come to somebody else: ids of projects are unique here, and
 * others may use the same. Undefined if they would not.
 */
export async function ownersMissing(
  database: Database,
  table: 'projects' | 'environments',
  rows: readonly SavedRow[],
): Promise<string | undefined> {
  const idOf = (row: SavedRow) => String(row[table === 'projects' ? 'id' : 'project_id'])
  const ids = JSON.stringify([...new Set(rows.map(idOf))])
  const found = await database
    .select({ id: projects.id, organisationId: projects.organisationId })
    .from(projects)
    .where(inArray(projects.id, sql`(select value from json_each(${ids}))`))
  const owners = new Map(found.map(({ id, organisationId }) => [id, organisationId]))
  for (const row of rows) {
    const owner = owners.get(idOf(row))
    if (table === 'environments' && owner === undefined)
      return `environment ${row['id']} is of project ${idOf(row)}, which is not here`
    if (table === 'projects' && owner !== undefined && owner !== row['organisation_id'])
      return `project ${idOf(row)} is of organisation ${row['organisation_id']} in the backup, and of ${owner} here`
  }
  return undefined
}

export interface Heads {
  /** Of each environment, by its id. */
  readonly revisions: Readonly<Record<string, number>>
  /** Environments that accept no changes. */
  readonly archived: string[]
  /** The newest entry of the organisations' audit trail. */
  readonly audit: number
}

/** What moves on with every change: a backup is of one moment if these are the same before and after. */
export async function readHeads(database: Database): Promise<Heads> {
  const { environments, revisions } = environmentTables
  const [newest, frozen, [last]] = await database.batch([
    database
      .select({ id: environments.id, revision: sql<number>`max(${revisions.number})` })
      .from(environments)
      .innerJoin(revisions, sql`${revisions.environmentId} = ${environments.id}`)
      .groupBy(environments.id),
    database
      .select({ id: environments.id })
      .from(environments)
      .innerJoin(projects, eq(projects.id, environments.projectId))
      .innerJoin(organisations, eq(organisations.id, projects.organisationId))
      .where(or(eq(environments.archived, true), eq(organisations.archived, true)))
      .orderBy(environments.id),
    database.select({ number: sql<number>`coalesce(max(${audit.number}), 0)` }).from(audit),
  ])
  return {
    revisions: Object.fromEntries(newest.map(({ id, revision }) => [id, revision])),
    archived: frozen.map(({ id }) => id),
    audit: last?.number ?? 0,
  }
}
