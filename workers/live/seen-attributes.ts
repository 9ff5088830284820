// The names of attributes and their values that records had, for autocomplete: in the SQLite of a Durable
// Object, bounded, and forgotten if not seen for 30 days.
import type { AttributeQuery, AttributeValues, KnownAttribute } from '../contracts/live-contract.ts'

const dayMs = 86_400_000
const keptDays = 30
/** Names of one environment. Further ones are not kept. */
export const attributeNamesMax = 500
/**
 * An attribute with more values is taken for an identifier of users: all its values are forgotten, and no
 * more are kept.
 */
export const attributeValuesMax = 300

export const createAttributes = `
  CREATE TABLE IF NOT EXISTS attribute
    (name TEXT PRIMARY KEY, day INTEGER, kept INTEGER, many INTEGER) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS attribute_value
    (name TEXT, value TEXT, day INTEGER, PRIMARY KEY (name, value)) WITHOUT ROWID`

interface AttributeRow extends Record<string, SqlStorageValue> {
  name: string
  day: number
  kept: number
  many: number
}

/** What is `unlisted` (`*` stands for all) is not kept, and forgotten if it was. */
export function seeAttributes(
  sql: SqlStorage,
  attributes: AttributeValues,
  unlisted: ReadonlySet<string>,
  now: number,
): void {
  for (const name of unlisted) forgetNamed(sql, name)
  if (unlisted.has('*')) return
  const day = Math.floor(now / dayMs)
  for (const [name, values] of attributes) if (!unlisted.has(name)) seeOne(sql, name, values, day)
}

function seeOne(sql: SqlStorage, name: string, values: readonly string[], day: number): void {
  const known = sql.exec<AttributeRow>('SELECT * FROM attribute WHERE name = ?', name).toArray()[0]
  if (!known) {
    const { names } = sql.exec<{ names: number }>('SELECT count(*) names FROM attribute').one()
    if (names >= attributeNamesMax) return
    sql.exec('INSERT INTO attribute VALUES (?, ?, 0, 0)', name, day)
  } else if (known.day < day) sql.exec('UPDATE attribute SET day = ? WHERE name = ?', day, name)
  if (known?.many) return
  let kept = known?.kept ?? 0
  for (const value of values) {
    const seen = sql
      .exec<{ day: number }>('SELECT day FROM attribute_value WHERE name = ? AND value = ?', name, value)
      .toArray()[0]
    if (seen?.day === day) continue
    sql.exec('INSERT OR REPLACE INTO attribute_value VALUES (?, ?, ?)', name, value, day)
    if (!seen) kept++
  }
  if (kept === known?.kept) return
  const isMany = kept > attributeValuesMax
  if (isMany) sql.exec('DELETE FROM attribute_value WHERE name = ?', name)
  sql.exec('UPDATE attribute SET kept = ?, many = ? WHERE name = ?', isMany ? 0 : kept, isMany ? 1 : 0, name)
}

function forgetNamed(sql: SqlStorage, name: string): void {
  const condition = name === '*' ? '' : 'WHERE name = ?'
  for (const table of ['attribute', 'attribute_value'])
    sql.exec(`DELETE FROM ${table} ${condition}`, ...(name === '*' ? [] : [name]))
}

export function forgetAttributes(sql: SqlStorage, now: number): void {
  const oldest = Math.floor(now / dayMs) - keptDays
  sql.exec('DELETE FROM attribute WHERE day < ?', oldest)
  sql.exec('DELETE FROM attribute_value WHERE day < ? OR name NOT IN (SELECT name FROM attribute)', oldest)
  sql.exec(
    `UPDATE attribute SET kept = (SELECT count(*) FROM attribute_value v WHERE v.name = attribute.name)
     WHERE many = 0`,
  )
}

export const listAttributes = (sql: SqlStorage, { prefix, after, limit }: AttributeQuery): KnownAttribute[] =>
  sql
    .exec<AttributeRow>(
      `SELECT * FROM attribute WHERE substr(name, 1, length(?1)) = ?1 AND name > ?2 ORDER BY name LIMIT ?3`,
      prefix,
      after ?? '',
      limit,
    )
    .toArray()
    .map(({ name, day, many }) => ({ name, lastSeenAt: day * dayMs, hasManyValues: many === 1 }))

export const listValues = (
  sql: SqlStorage,
  name: string,
  { prefix, after, limit }: AttributeQuery,
): string[] =>
  sql
    .exec<{ value: string }>(
      `SELECT value FROM attribute_value
       WHERE name = ?1 AND substr(value, 1, length(?2)) = ?2 AND (?3 IS NULL OR value > ?3)
       ORDER BY value LIMIT ?4`,
      name,
      prefix,
      after ?? null,
      limit,
    )
    .toArray()
    .map(({ value }) => value)
