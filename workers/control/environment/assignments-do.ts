// The Durable Object that stores the assignments of one shard of an environment's visitors. The first
// assignment of a visitor to a rule stays. An alarm deletes visitors that were not read for half a year,
// which also removes assignments of deleted flags.
import { DurableObject } from 'cloudflare:workers'
import type { AssignmentRow, AssignmentStore, KeptAssignment } from '../../contracts/assignments-contract.ts'

const dayMs = 24 * 60 * 60 * 1000
/** AB Tasty's self-hosted server keeps assignments for 90 days to six months, depending on its store. */
export const unreadMsMax = 180 * dayMs
/** The time of the last read is only this exact, so that a read costs a write once a week at most. */
const readTimeResolutionMs = 7 * dayMs
const sweepIntervalMs = 7 * dayMs
/** Visitors to delete in one alarm. If there are more, the next alarm follows at once. */
export const sweepMax = 1_000

export class Assignments extends DurableObject<unknown> implements AssignmentStore {
  readonly #storage = this.ctx.storage
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS assignment
         (who TEXT, rule TEXT, variation TEXT, PRIMARY KEY (who, rule)) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS asked (who TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID`,
    )
  }

  read(who: string): AssignmentRow[] {
    const rows = this.#sql
      .exec<{ rule: string; variation: string; at: number | null }>(
        'SELECT rule, variation, at FROM assignment LEFT JOIN asked USING (who) WHERE who = ?',
        who,
      )
      .toArray()
    const [first] = rows
    if (first && (first.at ?? 0) < Date.now() - readTimeResolutionMs) this.#recordRead(who)
    return rows.map(({ rule, variation }) => [rule, variation] as const)
  }

  async keep(who: string, rows: readonly AssignmentRow[]): Promise<void> {
    for (const [rule, variation] of rows)
      this.#sql.exec('INSERT OR IGNORE INTO assignment VALUES (?, ?, ?)', who, rule, variation)
    this.#recordRead(who)
    if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(Date.now() + sweepIntervalMs)
  }

  forget(who: string): number {
    const before = this.#sql.exec('SELECT 1 FROM assignment WHERE who = ?', who).toArray().length
    this.#delete(who)
    return before
  }

  page(after: string, max: number): KeptAssignment[] {
    const select = 'SELECT who, rule, variation FROM assignment WHERE who'
    const rows = this.#sql
      .exec<{ who: string; rule: string; variation: string }>(
        `${select} > ? ORDER BY who, rule LIMIT ?`,
        after,
        max,
      )
      .toArray()
    const last = rows.length < max ? undefined : rows.at(-1)?.who
    const whole = last === undefined || last === rows[0]?.who ? rows : rows.filter(({ who }) => who !== last)
    return whole.map(({ who, rule, variation }) => [who, rule, variation])
  }

  async restore(rows: readonly KeptAssignment[]): Promise<void> {
    const byVisitor = Map.groupBy(rows, ([who]) => who)
    for (const [who, kept] of byVisitor)
      await this.keep(
        who,
        kept.map(([, rule, variation]) => [rule, variation] as const),
      )
  }

  override async alarm(): Promise<void> {
    const expired = this.#sql
      .exec<{ who: string }>('SELECT who FROM asked WHERE at < ? LIMIT ?', Date.now() - unreadMsMax, sweepMax)
      .toArray()
    for (const { who } of expired) this.#delete(who)
    const isDone = expired.length < sweepMax
    if (isDone && this.#sql.exec('SELECT 1 FROM asked LIMIT 1').toArray().length === 0) return
    await this.#storage.setAlarm(Date.now() + (isDone ? sweepIntervalMs : 0))
  }

  #delete(who: string): void {
    this.#sql.exec('DELETE FROM assignment WHERE who = ?', who)
    this.#sql.exec('DELETE FROM asked WHERE who = ?', who)
  }

  #recordRead(who: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO asked VALUES (?, ?)', who, Date.now())
  }
}
