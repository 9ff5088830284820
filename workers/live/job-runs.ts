// The newest run of each job of the runner, in the SQLite of an environment's intake object.
import type { JobRun, NewestJobRun } from '../contracts/live-contract.ts'

export const createJobRuns = `CREATE TABLE IF NOT EXISTS job_run
  (job TEXT PRIMARY KEY, run TEXT, done_at INTEGER) WITHOUT ROWID`

/** An earlier run that is told later than a newer one changes nothing but what was done, and when. */
export function noteJobRun(sql: SqlStorage, run: JobRun): void {
  const doneAt = run.failures.length === 0 ? run.startedAt : null
  sql.exec(
    `INSERT INTO job_run VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET
       run = CASE WHEN excluded.run ->> 'startedAt' >= run ->> 'startedAt' THEN excluded.run ELSE run END,
       done_at = max(ifnull(excluded.done_at, done_at), ifnull(done_at, excluded.done_at))`,
    run.job,
    JSON.stringify(run),
    doneAt,
  )
}

/** In the order of their names. */
export const newestJobRuns = (sql: SqlStorage): NewestJobRun[] =>
  sql
    .exec<{ run: string; done_at: number | null }>('SELECT run, done_at FROM job_run ORDER BY job')
    .toArray()
    .map(({ run, done_at: doneAt }) => ({ ...(JSON.parse(run) as JobRun), doneAt }))
