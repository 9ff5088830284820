// Writes many rows with few statements. D1 limits the statements of a batch, the bound values of a statement
// (100) and the size of a value (2 MB). So rows are bound as JSON arrays, which SQLite unnests.
import { and, type Column, eq, type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { type EntityKind, type Write, entitySchemas } from '../../core/model/environment-state.ts'
import { withoutSecrets } from '../../core/change/redaction.ts'
import type { Database } from './database.ts'
import * as tables from './schema.ts'

/** UTF-16 units. Well below 2 MB: a unit takes up to three bytes, and escapes in JSON lengthen texts. */
export const chunkLengthMax = 300_000

/** Splits a list into chunks up to a total length. An item longer than that gets a chunk of its own. */
export function chunksOf<T>(items: readonly T[], lengthOf: (item: T) => number, max = chunkLengthMax): T[][] {
  const chunks: T[][] = []
  let length = Infinity
  for (const item of items) {
    length += lengthOf(item)
    if (length > max) {
      chunks.push([])
      length = lengthOf(item)
    }
    chunks.at(-1)!.push(item)
  }
  return chunks
}

/** That a column is one of any number of texts. */
export const isAny = (column: Column, texts: readonly string[]): SQL =>
  sql`${column} in (select value from json_each(${JSON.stringify(texts)}))`

interface Row {
  readonly kind: EntityKind
  readonly id: string
  readonly position: number
  readonly before: string | null
  readonly after: string | null
  /** The entity itself; `after` is what history keeps of it. */
  readonly value: string | null
}
const lengthOf = ({ before, after }: Row) => (before?.length ?? 0) + (after?.length ?? 0) + 200

/** The statements that update `entities` and insert into `changes`. */
export function writeStatements(
  database: Database,
  environmentId: string,
  number: number,
  before: readonly Write[],
  after: readonly Write[],
): BatchItem<'sqlite'>[] {
  const rows = after.map((write, position): Row => {
    const { kind, id } = write
    const value = write.value ? JSON.stringify(write.value) : null
    const isSame = !hasReadableSecrets(kind)
    return {
      kind,
      id,
      position,
      before: textOfPast(before[position]),
      after: isSame ? value : textOfPast(write),
      value,
    }
  })
  return chunksOf(rows, lengthOf).flatMap((chunk) => {
    const [only] = chunk
    const isLarge = chunk.length === 1 && lengthOf(only!) > chunkLengthMax
    return isLarge
      ? writeLargeRow(database, environmentId, number, only!)
      : writeRows(database, environmentId, number, chunk)
  })
}

/** Kinds with secrets that are no hashes. History keeps none: an old one may still be in use elsewhere. */
export const hasReadableSecrets = (kind: EntityKind): boolean => kind === 'webhook' || kind === 'trigger'

function textOfPast(write: Write | undefined): string | null {
  if (!write?.value) return null
  const { kind, value } = write
  return JSON.stringify(hasReadableSecrets(kind) ? withoutSecrets(value, entitySchemas[kind]) : value)
}

function writeRows(database: Database, environmentId: string, number: number, rows: readonly Row[]) {
  const { changes, entities } = tables
  const written = rows.flatMap(({ kind, id, value }) => (value === null ? [] : [{ kind, id, after: value }]))
  const deleted = rows.flatMap(({ kind, id, value }) => (value === null ? [{ kind, id }] : []))
  const past = rows.map(({ value: _, ...row }) => row)
  const each = (list: readonly object[]) => sql`from json_each(${JSON.stringify(list)})`
  const field = (name: keyof Row) => sql.raw(`json_extract(value, '$.${name}')`)
  const [kind, id, position, before, after] = [
    field('kind'),
    field('id'),
    field('position'),
    field('before'),
    field('after'),
  ]
  const statements: BatchItem<'sqlite'>[] = [
    database.insert(changes).select(
      sql`select ${environmentId}, ${kind}, ${id}, ${number}, ${position}, ${before}, ${after}
          ${each(past)}`,
    ),
  ]
  if (written.length > 0) {
    // without `where`, SQLite would parse ON CONFLICT as the ON of a join
    const values = sql`select null, ${environmentId}, ${kind}, ${id}, ${after} ${each(written)} where true`
    statements.push(database.insert(entities).select(values).onConflictDoUpdate(newValue))
  }
  if (deleted.length > 0) {
    const isDeleted = sql`(${entities.kind}, ${entities.id}) in (select ${kind}, ${id} ${each(deleted)})`
    statements.push(
      database.delete(entities).where(and(eq(entities.environmentId, environmentId), isDeleted)),
    )
  }
  return [...statements, ...findingDeletions(database, environmentId, deleted)]
}

/**
 * What was found of deleted entities goes with them, in the same batch: it would show up under a new one of
 * the same id.
 */
function findingDeletions(
  database: Database,
  environmentId: string,
  deleted: readonly Pick<Row, 'kind' | 'id'>[],
): BatchItem<'sqlite'>[] {
  const { allocationLooks, experimentResults, holdoutLooks, operationLooks, rolloutLooks, triggerFirings } =
    tables
  const findings = [
    { of: 'experiment', table: experimentResults, column: experimentResults.experimentId },
    { of: 'operation', table: operationLooks, column: operationLooks.operationId },
    { of: 'holdout', table: holdoutLooks, column: holdoutLooks.holdoutId },
    { of: 'dynamicAllocation', table: allocationLooks, column: allocationLooks.allocationId },
    { of: 'progressiveRollout', table: rolloutLooks, column: rolloutLooks.rolloutId },
    { of: 'trigger', table: triggerFirings, column: triggerFirings.triggerId },
  ]
  return findings.flatMap(({ of, table, column }) => {
    const ids = deleted.filter(({ kind }) => kind === of).map(({ id }) => id)
    const isInEnvironment = eq(table.environmentId, environmentId)
    return ids.length === 0 ? [] : [database.delete(table).where(and(isInEnvironment, isAny(column, ids)))]
  })
}

/**
 * Writes one large entity. Binds its texts separately, because together they may exceed the limit of a value.
 */
function writeLargeRow(
  database: Database,
  environmentId: string,
  number: number,
  { kind, id, position, before, after, value: text }: Row,
): BatchItem<'sqlite'>[] {
  const { changes, entities } = tables
  const change = sql`select ${environmentId}, ${kind}, ${id}, ${number}, ${position}, ${before}, ${after}`
  const value = sql`select null, ${environmentId}, ${kind}, ${id}, ${text} where true`
  const isSame = and(eq(entities.environmentId, environmentId), eq(entities.kind, kind), eq(entities.id, id))
  return [
    database.insert(changes).select(change),
    after === null
      ? database.delete(entities).where(isSame)
      : database.insert(entities).select(value).onConflictDoUpdate(newValue),
    ...(after === null ? findingDeletions(database, environmentId, [{ kind, id }]) : []),
  ]
}

const newValue = {
  target: [tables.entities.environmentId, tables.entities.kind, tables.entities.id],
  set: { value: sql`excluded.value` },
}
