// Keeps what was assigned to the visitors of one shard of an environment. The first that is written stays, as
// long as somebody asks for it: an alarm forgets who was not asked for in half a year, flags that are gone
// included.
import { DurableObject } from 'cloudflare:workers'
import type { AssignmentRow, AssignmentStore } from '../../contracts/assignments-contract.ts'

const dayMs = 24 * 60 * 60 * 1000
/** AB Tasty's self-hosted server forgets after 90 days to six months, by its store. */
export const unaskedMsMax = 180 * dayMs
/** How far the note of the last question may lag behind: asking costs a write once a week, not each time. */
const notedEachMs = 7 * dayMs
const sweptEachMs = 7 * dayMs
/** Of names, in one alarm: more are left to the next, which comes at once. */
export const sweptMax = 1_000

export class Assignments extends DurableObject<unknown> implements AssignmentStore {
  readonly #storage = this.ctx.storage
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env)
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS assignment (who TEXT, rule TEXT, variation TEXT, PRIMARY KEY (who, rule)) WITHOUT ROWID;
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
    if (first && (first.at ?? 0) < Date.now() - notedEachMs) this.#note(who)
    return rows.map(({ rule, variation }) => [rule, variation] as const)
  }

  async keep(who: string, rows: readonly AssignmentRow[]): Promise<void> {
    for (const [rule, variation] of rows)
      this.#sql.exec('INSERT OR IGNORE INTO assignment VALUES (?, ?, ?)', who, rule, variation)
    this.#note(who)
    if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(Date.now() + sweptEachMs)
  }

  override async alarm(): Promise<void> {
    const gone = this.#sql
      .exec<{ who: string }>(
        'SELECT who FROM asked WHERE at < ? LIMIT ?',
        Date.now() - unaskedMsMax,
        sweptMax,
      )
      .toArray()
    for (const { who } of gone) {
      this.#sql.exec('DELETE FROM assignment WHERE who = ?', who)
      this.#sql.exec('DELETE FROM asked WHERE who = ?', who)
    }
    const isDone = gone.length < sweptMax
    if (isDone && this.#sql.exec('SELECT 1 FROM asked LIMIT 1').toArray().length === 0) return
    await this.#storage.setAlarm(Date.now() + (isDone ? sweptEachMs : 0))
  }

  #note(who: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO asked VALUES (?, ?)', who, Date.now())
  }
}
