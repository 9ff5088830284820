// How often each job of the runner has failed in a row, in the SQLite of an environment's intake object, so
// that people are told once of each time that it begins to fail.
import type { FailingJob, JobRun } from '../contracts/live-contract.ts'

export const createJobFailures = `CREATE TABLE IF NOT EXISTS job_failure
  (job TEXT PRIMARY KEY, since INTEGER, newest INTEGER, runs INTEGER, told INTEGER) WITHOUT ROWID`

/** A run that is told twice, or later than a newer one, changes nothing. `doneAt`: when it was done last. */
export function noteJobFailure(
  sql: SqlStorage,
  { job, startedAt, failures }: JobRun,
  doneAt: number | null,
): void {
  if (failures.length === 0) sql.exec('DELETE FROM job_failure WHERE job = ? AND newest < ?', job, startedAt)
  else if (doneAt === null || startedAt > doneAt)
    sql.exec(
      `INSERT INTO job_failure VALUES (?, ?, ?, 1, 0) ON CONFLICT DO UPDATE SET
         newest = excluded.newest, runs = runs + 1 WHERE excluded.newest > newest`,
      job,
      startedAt,
      startedAt,
    )
}

/** Undefined if it does not fail, or if people were told. */
export const untoldFailure = (sql: SqlStorage, job: string): FailingJob | undefined =>
  sql
    .exec<{ since: number; newest: number; runs: number }>(
      'SELECT since, newest, runs FROM job_failure WHERE job = ? AND told = 0',
      job,
    )
    .toArray()[0]

export const noteFailureTold = (sql: SqlStorage, job: string, since: number): void =>
  void sql.exec('UPDATE job_failure SET told = 1 WHERE job = ? AND since = ?', job, since)
