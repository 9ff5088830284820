// Publications, and the exposures by second and revision in the minutes after each, in the SQLite of an
// environment's intake object. While nothing is published, exposures add no row.
import type { Publication, RevisionCount } from '../contracts/propagation-contract.ts'
import { observedSeconds } from './propagation.ts'

/** Publications that are kept; with as many a minute, no object has more rows than a few for each second. */
export const publicationsMax = 500
const keptMs = 30 * 24 * 3_600_000

export const createPublications = `
  CREATE TABLE IF NOT EXISTS published (revision INTEGER PRIMARY KEY, at INTEGER);
  CREATE TABLE IF NOT EXISTS exposed
    (second INTEGER, revision INTEGER, exposures INTEGER, first_at INTEGER,
     PRIMARY KEY (second, revision)) WITHOUT ROWID`

const secondOf = (at: number) => Math.floor(at / 1_000)

/** A repair may publish a revision again: the first time counts. */
export function notePublication(sql: SqlStorage, revision: number, at: number): void {
  sql.exec('INSERT OR IGNORE INTO published VALUES (?, ?)', revision, at)
}

export function addExposed(sql: SqlStorage, counts: readonly RevisionCount[]): void {
  if (counts.length === 0) return
  const published = sql
    .exec<{ at: number }>('SELECT at FROM published')
    .toArray()
    .map(({ at }) => secondOf(at))
  const isObserved = ({ second }: RevisionCount) =>
    published.some((from) => second >= from && second <= from + observedSeconds)
  for (const { second, revision, exposures, firstAt } of counts.filter(isObserved))
    sql.exec(
      `INSERT INTO exposed VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         exposures = exposures + excluded.exposures, first_at = min(first_at, excluded.first_at)`,
      second,
      revision,
      exposures,
      firstAt,
    )
}

export function listPublications(sql: SqlStorage, before: number, limit: number): Publication[] {
  const rows = sql
    .exec<{ revision: number; at: number }>(
      'SELECT revision, at FROM published WHERE revision < ? ORDER BY revision DESC LIMIT ?',
      before,
      limit,
    )
    .toArray()
  return rows.map(({ revision, at }) => ({
    revision,
    publishedAt: at,
    seconds: sql
      .exec<{ second: number; revision: number; exposures: number; firstAt: number }>(
        `SELECT second, revision, exposures, first_at firstAt FROM exposed
         WHERE second BETWEEN ? AND ? ORDER BY second, revision`,
        secondOf(at),
        secondOf(at) + observedSeconds,
      )
      .toArray(),
  }))
}

export function forgetPublications(sql: SqlStorage, now: number): void {
  sql.exec(
    `DELETE FROM published WHERE at < ? OR revision NOT IN
       (SELECT revision FROM published ORDER BY revision DESC LIMIT ?)`,
    now - keptMs,
    publicationsMax,
  )
  sql.exec('DELETE FROM exposed WHERE second < (SELECT coalesce(min(at), ?) / 1000 FROM published)', now)
}
