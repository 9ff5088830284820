// What becomes of published snapshots after a while, off the path of a change: each goes to the archive for
// good, and leaves KV when newer ones have long taken its place. Books are kept in the object's own storage;
// whatever fails is tried again at the next alarm.

/**
 * The newest ones stay in KV, and so does what is younger than `keptForMs`: an edge that lags behind may
 * still ask for them.
 */
export const keptInKv = 10
const keptForMs = 60 * 60 * 1000
/** Of each kind of work an alarm. */
const atOnceMax = 50

export interface ShelfPorts {
  /** The snapshot of this revision as it was published, or as it would have been. */
  readonly textAt: (revision: number) => Promise<string | undefined>
  readonly archive: (revision: number, text: string) => Promise<void>
  readonly clear: (revision: number) => Promise<void>
  readonly now: () => number
}

export interface SnapshotRetention {
  /** Revisions up to this one exist; it itself is in KV from now on. */
  readonly note: (revision: number, now: number) => void
  /** True where there is nothing left to do. Throws what the archive or KV throws. */
  readonly tidy: (ports: ShelfPorts) => Promise<boolean>
}

export function openSnapshotRetention(sql: SqlStorage): SnapshotRetention {
  sql.exec(
    'create table if not exists shelf (revision integer primary key, at integer, archived integer not null)',
  )
  const revisions = (where: string, ...values: number[]) =>
    sql
      .exec<{ revision: number }>(
        `select revision from shelf where ${where} order by revision limit ${atOnceMax}`,
        ...values,
      )
      .toArray()
      .map(({ revision }) => revision)

  return {
    note(revision, now) {
      const [{ last }] = sql
        .exec<{ last: number }>('select coalesce(max(revision), 0) as last from shelf')
        .toArray() as [{ last: number }]
      // One that could not be published while a newer one came is known to the archive all the same.
      for (let missed = last + 1; missed < revision; missed++)
        sql.exec('insert or ignore into shelf values (?, null, 0)', missed)
      sql.exec(
        'insert into shelf values (?1, ?2, 0) on conflict do update set at = coalesce(at, ?2)',
        revision,
        now,
      )
    },

    async tidy({ textAt, archive, clear, now }) {
      const waiting = revisions('archived = 0')
      for (const revision of waiting) {
        const text = await textAt(revision)
        if (text !== undefined) await archive(revision, text)
        sql.exec('update shelf set archived = 1 where revision = ?', revision)
      }
      const old = revisions(
        `archived = 1 and coalesce(at, 0) < ? and revision <= (select max(revision) - ${keptInKv} from shelf)`,
        now() - keptForMs,
      )
      for (const revision of old) {
        await clear(revision)
        sql.exec('delete from shelf where revision = ?', revision)
      }
      return waiting.length < atOnceMax && old.length < atOnceMax
    },
  }
}
