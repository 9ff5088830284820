// What a runner tells of a run of one of its jobs, for one environment.
import * as z from 'zod'

/** `replay` is of no environment: a dead letter holds events of several. */
export const JobName = z.enum(['operations', 'experiments', 'compact', 'retain', 'forget', 'export'])
export type JobName = z.infer<typeof JobName>

const [secondMs, hourMs, dayMs] = [1_000, 3_600_000, 86_400_000]
export const failuresMax = 20
export const failureLengthMax = 500
const runnerLengthMax = 200
const everyMaxMs = 31 * dayMs

/** Without the name of its job. */
export const JobRunReport = z.strictObject({
  runner: z.string().max(runnerLengthMax).describe('The name of its machine.'),
  startedAt: z.int().min(0).describe('Epoch milliseconds.'),
  durationMs: z.int().min(0),
  failures: z
    .array(z.string().max(failureLengthMax))
    .max(failuresMax)
    .describe('What failed, in sentences. Empty: it was done.'),
  everyMs: z
    .int()
    .min(secondMs)
    .max(everyMaxMs)
    .optional()
    .describe('How often the runner runs it. Absent: it was run by hand, or by a scheduler of its own.'),
})
export type JobRunReport = z.infer<typeof JobRunReport>

/** So many intervals may pass before a job is late, and so long may a run of a quick job take. */
const intervalsMissedMax = 3
const runMaxMs = 300_000
/** A run may take longer than the newest did: it is told of at its end only. */
const slowerMax = 2

/** Whether a job that runs by itself has not been done for too long. Times are in epoch milliseconds. */
export function isJobLate(
  {
    everyMs,
    startedAt,
    durationMs,
    failures,
  }: Pick<JobRunReport, 'everyMs' | 'startedAt' | 'durationMs' | 'failures'>,
  doneAt: number | null,
  now: number,
): boolean {
  if (everyMs === undefined) return false
  // Never done: every failing run begins anew, so its start says nothing.
  if (doneAt === null && failures.length > 0) return true
  const runMs = Math.max(runMaxMs, slowerMax * durationMs)
  return now - (doneAt ?? startedAt) > intervalsMissedMax * everyMs + runMs
}

/**
 * When its next run is due, in epoch milliseconds; null: nobody said how often it runs. The past: it goes on,
 * or is late.
 */
export const nextRunOf = ({
  everyMs,
  startedAt,
  durationMs,
}: Pick<JobRunReport, 'everyMs' | 'startedAt' | 'durationMs'>): number | null =>
  everyMs === undefined ? null : startedAt + Math.max(everyMs, durationMs)

/** One failure may be a network's, and a job that runs often comes again before anybody could look. */
const failedRunsDefault = 3
/** A job that runs twice a day or less leaves so much between its runs, whenever they begin. */
const rareMs = 10 * hourMs
/** People run them by hand, and see what comes of it. */
const byHand: readonly JobName[] = ['forget', 'export']

/**
 * Whether people are told of a job that has failed. `runs`: in a row, the first at `since`. `setting`: how
 * many they are, by the environment. At once if it runs rarely, or if nobody knows how often it runs, as
 * under a scheduler of its own, and it has not been done for as long. Times are in epoch milliseconds.
 */
export function isFailureToTell(
  { job, everyMs }: Pick<JobRunReport, 'everyMs'> & { readonly job: JobName },
  { runs, since, newest }: { readonly runs: number; readonly since: number; readonly newest: number },
  doneAt: number | null,
  setting: number | undefined,
): boolean {
  if (runs >= (setting ?? failedRunsDefault)) return true
  const notDoneMs = byHand.includes(job) ? 0 : newest - (doneAt ?? since)
  return (everyMs ?? notDoneMs) >= rareMs
}
