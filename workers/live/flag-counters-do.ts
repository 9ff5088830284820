// The Durable Object that counts exposures for a share of an environment's flags: by variation and hour of
// receipt, with a sketch of the users. One more object counts the events of goals, by name. Every addition is
// written at once. Once a minute it notes in D1 when variations were last seen; it sleeps when there is
// nothing to note or to forget.
import { DurableObject } from 'cloudflare:workers'
import type { FlagCounter, FlagHours, VariationCount } from '../contracts/live-contract.ts'
import { logError } from '../http/log.ts'
import { openDatabase } from '../storage/database.ts'
import { writeUsage } from '../storage/usage.ts'
import { addBatch, createAddedBatches, forgetBatches } from './added-batches.ts'
import { UserSketch } from './user-sketch.ts'

const hourMs = 3_600_000
export const keptHours = 30 * 24
/**
 * Flags and variations of one hour in one object. A client may name flags that do not exist; what is beyond
 * is only summed up.
 */
export const rowsPerHourMax = 2_000
const usageEveryMs = 60_000
/** Rows noted in D1 in one alarm. If there are more, the next alarm follows at once. */
const usageRowsMax = 1_000
const forgetEveryMs = 24 * hourMs

interface Row extends Record<string, SqlStorageValue> {
  variation: string
  hour: number
  evaluations: number
  users: ArrayBuffer
}

export class FlagCounters extends DurableObject<{ readonly DB: D1Database }> implements FlagCounter {
  readonly #storage = this.ctx.storage
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: { readonly DB: D1Database }) {
    super(ctx, env)
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS counts
         (flag TEXT, hour INTEGER, variation TEXT, evaluations INTEGER, users BLOB,
          PRIMARY KEY (flag, hour, variation)) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS hours
         (hour INTEGER PRIMARY KEY, rows INTEGER, uncounted INTEGER);
       CREATE TABLE IF NOT EXISTS usage
         (flag TEXT, variation TEXT, seen INTEGER, noted INTEGER, PRIMARY KEY (flag, variation)) WITHOUT ROWID;
       ${createAddedBatches}`,
    )
  }

  async add(batchId: string, environmentId: string, counts: readonly VariationCount[]): Promise<void> {
    const now = Date.now()
    this.#storage.transactionSync(() => {
      if (!addBatch(this.#sql, batchId, now)) return
      for (const count of counts) this.#addOne(count)
    })
    await this.#storage.put({ environmentId, addedAt: now })
    const alarmAt = await this.#storage.getAlarm()
    if (alarmAt === null || alarmAt > now + usageEveryMs) await this.#storage.setAlarm(now + usageEveryMs)
  }

  #addOne({ flagKey, variationId, hour, evaluations, users, lastSeenAt }: VariationCount): void {
    const before = this.#sql
      .exec<Row>(
        'SELECT * FROM counts WHERE flag = ? AND hour = ? AND variation = ?',
        flagKey,
        hour,
        variationId,
      )
      .toArray()[0]
    if (!before) {
      const full = this.#sql
        .exec(
          `INSERT INTO hours VALUES (?, 1, 0) ON CONFLICT DO UPDATE SET rows = rows + 1 WHERE rows < ?
           RETURNING rows`,
          hour,
          rowsPerHourMax,
        )
        .toArray()
      if (full.length === 0) {
        this.#sql.exec('UPDATE hours SET uncounted = uncounted + ? WHERE hour = ?', evaluations, hour)
        return
      }
    }
    const sketch = UserSketch.decode(users)
    if (before) sketch.merge(UserSketch.decode(new Uint8Array(before.users)))
    this.#sql.exec(
      'INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?, ?)',
      flagKey,
      hour,
      variationId,
      (before?.evaluations ?? 0) + evaluations,
      sketch.encode(),
    )
    this.#sql.exec(
      'INSERT INTO usage VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET seen = max(seen, excluded.seen)',
      flagKey,
      variationId,
      lastSeenAt,
    )
  }

  async read(flagKey: string, fromHour: number): Promise<FlagHours> {
    const hours: FlagHours['hours'][number][] = []
    const totals = new Map<string, { evaluations: number; sketch: UserSketch }>()
    const rows = this.#sql.exec<Row>(
      'SELECT * FROM counts WHERE flag = ? AND hour >= ? ORDER BY hour DESC, variation',
      flagKey,
      fromHour,
    )
    for (const { variation: variationId, hour, evaluations, users } of rows) {
      const sketch = UserSketch.decode(new Uint8Array(users))
      hours.push({ variationId, hour, evaluations, users: sketch.users() })
      const total = totals.get(variationId)
      total?.sketch.merge(sketch)
      totals.set(variationId, {
        evaluations: evaluations + (total?.evaluations ?? 0),
        sketch: total?.sketch ?? sketch,
      })
    }
    const { uncounted } = this.#sql
      .exec<{ uncounted: number }>(
        'SELECT coalesce(sum(uncounted), 0) uncounted FROM hours WHERE hour >= ?',
        fromHour,
      )
      .one()
    return {
      asOf: (await this.#storage.get<number>('addedAt')) ?? null,
      totals: [...totals]
        .map(([variationId, { evaluations, sketch }]) => ({
          variationId,
          evaluations,
          users: sketch.users(),
        }))
        .toSorted((a, b) => (a.variationId < b.variationId ? -1 : 1)),
      hours,
      uncounted,
    }
  }

  override async alarm(): Promise<void> {
    const now = Date.now()
    const left = await this.#noteUsage()
    this.#forget(now)
    const isEmpty =
      this.#sql.exec('SELECT 1 FROM hours UNION SELECT 1 FROM added LIMIT 1').toArray().length === 0
    if (left === 'none' && isEmpty) return
    const delays = { none: forgetEveryMs, more: 0, failed: usageEveryMs }
    await this.#storage.setAlarm(now + delays[left])
  }

  /** Writes what D1 does not know yet. `failed`: D1 took none of it. */
  async #noteUsage(): Promise<'none' | 'more' | 'failed'> {
    const environmentId = (await this.#storage.get<string>('environmentId'))!
    const news = this.#sql
      .exec<{ flag: string; variation: string; seen: number }>(
        'SELECT flag, variation, seen FROM usage WHERE seen > noted LIMIT ?',
        usageRowsMax,
      )
      .toArray()
    if (news.length === 0) return 'none'
    try {
      await writeUsage(
        openDatabase(this.env.DB),
        news.map(({ flag, variation, seen }) => ({
          environmentId,
          flagKey: flag,
          variationId: variation,
          at: seen,
        })),
      )
    } catch (cause) {
      logError('usage', cause)
      return 'failed'
    }
    for (const { flag, variation, seen } of news)
      this.#sql.exec('UPDATE usage SET noted = ? WHERE flag = ? AND variation = ?', seen, flag, variation)
    return news.length === usageRowsMax ? 'more' : 'none'
  }

  #forget(now: number): void {
    const oldest = Math.floor(now / hourMs) - keptHours
    this.#sql.exec('DELETE FROM counts WHERE hour < ?', oldest)
    this.#sql.exec('DELETE FROM hours WHERE hour < ?', oldest)
    this.#sql.exec('DELETE FROM usage WHERE noted = seen AND seen < ?', oldest * hourMs)
    forgetBatches(this.#sql, now)
  }
}
