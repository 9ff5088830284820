// Archives published snapshots and removes old ones from KV. Runs in the environment's Durable Object at its
// alarm, so that no change waits for it. The object's own SQLite lists the snapshots that are still in KV;
// whatever fails is retried at the next alarm.

/** The newest snapshots, and those younger than `minimumAgeMs`, stay in KV for an edge that lags behind. */
export const retainedInKv = 10
const minimumAgeMs = 60 * 60 * 1000
/** Snapshots to archive, and to remove, in one alarm. */
const batchMax = 50

export interface RetentionPorts {
  /** The snapshot of a revision as it was published, or as it would have been. */
  readonly textAt: (revision: number) => Promise<string | undefined>
  readonly archive: (revision: number, text: string) => Promise<void>
  readonly clear: (revision: number) => Promise<void>
  readonly now: () => number
}

export interface SnapshotRetention {
  /** Call when a revision is published. Older unpublished ones are archived as well. */
  readonly recordPublication: (revision: number, now: number) => void
  /** Resolves to true if nothing is left to do. Rejects if the archive or KV does. */
  readonly run: (ports: RetentionPorts) => Promise<boolean>
}

/** The table `shelf` keeps its name, because existing objects have it. */
export function openSnapshotRetention(sql: SqlStorage): SnapshotRetention {
  let isOpen = false
  /** Only when it is used: asking an object about an environment that does not exist stores nothing. */
  const open = () => {
    if (isOpen) return
    isOpen = true
    sql.exec(
      'create table if not exists shelf (revision integer primary key, at integer, archived integer not null)',
    )
  }
  const revisions = (where: string, ...values: number[]) =>
    sql
      .exec<{ revision: number }>(
        `select revision from shelf where ${where} order by revision limit ${batchMax}`,
        ...values,
      )
      .toArray()
      .map(({ revision }) => revision)

  return {
    recordPublication(revision, now) {
      open()
      const [{ last }] = sql
        .exec<{ last: number }>('select coalesce(max(revision), 0) as last from shelf')
        .toArray() as [{ last: number }]
      for (let unpublished = last + 1; unpublished < revision; unpublished++)
        sql.exec('insert or ignore into shelf values (?, null, 0)', unpublished)
      sql.exec(
        'insert into shelf values (?1, ?2, 0) on conflict do update set at = coalesce(at, ?2)',
        revision,
        now,
      )
    },

    async run({ textAt, archive, clear, now }) {
      open()
      const unarchived = revisions('archived = 0')
      for (const revision of unarchived) {
        const text = await textAt(revision)
        if (text !== undefined) await archive(revision, text)
        sql.exec('update shelf set archived = 1 where revision = ?', revision)
      }
      const lastRemovable = `select max(revision) - ${retainedInKv} from shelf`
      const old = revisions(
        `archived = 1 and coalesce(at, 0) < ? and revision <= (${lastRemovable})`,
        now() - minimumAgeMs,
      )
      for (const revision of old) {
        await clear(revision)
        sql.exec('delete from shelf where revision = ?', revision)
      }
      return unarchived.length < batchMax && old.length < batchMax
    },
  }
}
