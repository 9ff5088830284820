// Remembers which batches were added, so that one that comes again counts once.

/** The queue's longest wait between two deliveries is 4 hours (workers/ingest/retry-delay.ts). */
const rememberedMs = 24 * 3_600_000

export const createAddedBatches =
  'CREATE TABLE IF NOT EXISTS added (batch TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID'

/** False if it was added before. */
export const addBatch = (sql: SqlStorage, batchId: string, now: number): boolean =>
  sql.exec('INSERT OR IGNORE INTO added VALUES (?, ?)', batchId, now).rowsWritten > 0

export const forgetBatches = (sql: SqlStorage, now: number): void =>
  void sql.exec('DELETE FROM added WHERE at < ?', now - rememberedMs)
