// Keeps what was assigned to the visitors of one shard of an environment. The first that is written stays.
import { DurableObject } from 'cloudflare:workers'
import type { AssignmentRow, AssignmentStore } from '../assignments-object.ts'
import type { ControlBindings } from './bindings.ts'

export class Assignments extends DurableObject<ControlBindings> implements AssignmentStore {
  readonly #sql = this.ctx.storage.sql

  constructor(ctx: DurableObjectState, env: ControlBindings) {
    super(ctx, env)
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS assignment (who TEXT, rule TEXT, variation TEXT, PRIMARY KEY (who, rule)) WITHOUT ROWID`,
    )
  }

  read(who: string): AssignmentRow[] {
    const rows = this.#sql.exec<{ rule: string; variation: string }>(
      'SELECT rule, variation FROM assignment WHERE who = ?',
      who,
    )
    return rows.toArray().map(({ rule, variation }) => [rule, variation] as const)
  }

  keep(who: string, rows: readonly AssignmentRow[]): void {
    for (const [rule, variation] of rows)
      this.#sql.exec('INSERT OR IGNORE INTO assignment VALUES (?, ?, ?)', who, rule, variation)
  }
}
