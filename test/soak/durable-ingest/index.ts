// The product's ingest, unchanged, and a queue that keeps what it was given. wrangler's own queue is in
// memory, so a kill takes what it has acknowledged; Cloudflare's does not. This one stores messages in
// SQLite before it acknowledges them and delivers them at least once: what was not acknowledged by ingest
// comes again.
import { DurableObject } from 'cloudflare:workers'
import { type IngestBindings, consume } from '../../../workers/ingest/consume.ts'

/** As in workers/ingest/wrangler.toml, but without waiting for a batch to fill. */
const batchMessagesMax = 100
const deliverAfterMs = 200

interface Row extends Record<string, SqlStorageValue> {
  readonly id: number
  readonly body: string
  readonly sentAt: number
  readonly attempts: number
}

export class DurableQueue extends DurableObject<IngestBindings> {
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: IngestBindings) {
    super(ctx, env)
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS messages ' +
        '(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, sentAt INTEGER, attempts INTEGER DEFAULT 0)',
    )
  }

  /** The answer waits until the rows are on disk: the platform holds it back. */
  async take(bodies: readonly unknown[]): Promise<void> {
    for (const body of bodies)
      this.#sql.exec('INSERT INTO messages (body, sentAt) VALUES (?, ?)', JSON.stringify(body), Date.now())
    if ((await this.ctx.storage.getAlarm()) === null)
      await this.ctx.storage.setAlarm(Date.now() + deliverAfterMs)
  }

  waiting(): number {
    return this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM messages').one().count
  }

  override async alarm(): Promise<void> {
    const rows = this.#sql.exec<Row>(`SELECT * FROM messages ORDER BY id LIMIT ${batchMessagesMax}`).toArray()
    const done = new Set<number>()
    const messages = rows.map(({ id, body, sentAt, attempts }) => ({
      id: String(id),
      timestamp: new Date(sentAt),
      body: JSON.parse(body) as unknown,
      attempts: attempts + 1,
      ack: () => void done.add(id),
      retry: () => undefined,
    }))
    const batch = { queue: 'tackline-events', messages } as unknown as MessageBatch
    try {
      if (rows.length > 0) await consume(batch, this.env)
    } finally {
      for (const { id } of rows)
        if (done.has(id)) this.#sql.exec('DELETE FROM messages WHERE id = ?', id)
        else this.#sql.exec('UPDATE messages SET attempts = attempts + 1 WHERE id = ?', id)
      if (this.waiting() > 0) await this.ctx.storage.setAlarm(Date.now() + deliverAfterMs)
    }
  }
}

export default { queue: consume } satisfies ExportedHandler<IngestBindings>
