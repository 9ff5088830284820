// Many rows in few statements. D1 takes 100 bound values a statement, 2 MB a value, and counts statements: so
// rows travel as one JSON array, which the statement unfolds, and as many arrays as their sizes need.
import { and, eq, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { EntityKind, Write } from '../../core/model/environment-state.ts'
import type { Database } from './database.ts'
import * as tables from './schema.ts'

/**
 * Half of what D1 takes: signs outside ASCII weigh up to three times their length, and texts inside JSON are
 * escaped.
 */
export const chunkLengthMax = 300_000

/**
 * Cuts a list where the sum of its lengths would pass the limit. What is longer than the limit alone stays
 * alone.
 */
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

interface Row {
  readonly kind: EntityKind
  readonly id: string
  readonly place: number
  readonly before: string | null
  readonly after: string | null
}
const lengthOf = ({ before, after }: Row) => (before?.length ?? 0) + (after?.length ?? 0) + 200

/** The statements that write entities, and what they were and are. */
export function writeStatements(
  database: Database,
  environmentId: string,
  number: number,
  before: readonly Write[],
  after: readonly Write[],
): BatchItem<'sqlite'>[] {
  const text = (write: Write | undefined) => (write?.value ? JSON.stringify(write.value) : null)
  const rows = after.map((write, place): Row => ({
    kind: write.kind,
    id: write.id,
    place,
    before: text(before[place]),
    after: text(write),
  }))
  return chunksOf(rows, lengthOf).flatMap((chunk) => {
    const [only] = chunk
    const isHeavy = chunk.length === 1 && lengthOf(only!) > chunkLengthMax
    return isHeavy
      ? heavy(database, environmentId, number, only!)
      : light(database, environmentId, number, chunk)
  })
}

function light(database: Database, environmentId: string, number: number, rows: readonly Row[]) {
  const { changes, entities } = tables
  const kept = rows.flatMap(({ kind, id, after }) => (after === null ? [] : [{ kind, id, after }]))
  const gone = rows.flatMap(({ kind, id, after }) => (after === null ? [{ kind, id }] : []))
  const each = (list: readonly object[]) => sql`from json_each(${JSON.stringify(list)})`
  const field = (name: keyof Row) => sql.raw(`json_extract(value, '$.${name}')`)
  const [kind, id, place, before, after] = [
    field('kind'),
    field('id'),
    field('place'),
    field('before'),
    field('after'),
  ]
  const statements: BatchItem<'sqlite'>[] = [
    database
      .insert(changes)
      .select(
        sql`select ${environmentId}, ${kind}, ${id}, ${number}, ${place}, ${before}, ${after} ${each(rows)}`,
      ),
  ]
  if (kept.length > 0) {
    const unfolded = sql`select null, ${environmentId}, ${kind}, ${id}, ${after} ${each(kept)} where true` // or SQLite takes ON for a join's
    statements.push(database.insert(entities).select(unfolded).onConflictDoUpdate(newValue))
  }
  if (gone.length > 0) {
    const isGone = sql`(${entities.kind}, ${entities.id}) in (select ${kind}, ${id} ${each(gone)})`
    statements.push(database.delete(entities).where(and(eq(entities.environmentId, environmentId), isGone)))
  }
  return statements
}

/** One entity that would not fit into an array beside its earlier self: each text is a value of its own. */
function heavy(
  database: Database,
  environmentId: string,
  number: number,
  { kind, id, place, before, after }: Row,
): BatchItem<'sqlite'>[] {
  const { changes, entities } = tables
  const noted = sql`select ${environmentId}, ${kind}, ${id}, ${number}, ${place}, ${before}, ${after}`
  const written = sql`select null, ${environmentId}, ${kind}, ${id}, ${after} where true`
  const isIt = and(eq(entities.environmentId, environmentId), eq(entities.kind, kind), eq(entities.id, id))
  return [
    database.insert(changes).select(noted),
    after === null
      ? database.delete(entities).where(isIt)
      : database.insert(entities).select(written).onConflictDoUpdate(newValue),
  ]
}

const newValue = {
  target: [tables.entities.environmentId, tables.entities.kind, tables.entities.id],
  set: { value: sql`excluded.value` },
}
