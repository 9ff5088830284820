// What a runner tells of a run of one of its jobs, for one environment.
import * as z from 'zod'

/** `replay` is of no environment: a dead letter holds events of several. */
export const JobName = z.enum(['operations', 'experiments', 'compact', 'retain', 'forget', 'export'])
export type JobName = z.infer<typeof JobName>

const [secondMs, dayMs] = [1_000, 86_400_000]
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

/** So many intervals may pass before a job is late, and so long may a run take. */
const intervalsMissedMax = 3
const runMaxMs = 300_000

/** Whether a job that runs by itself has not been done for too long. Times are in epoch milliseconds. */
export function isJobLate(
  { everyMs, startedAt, failures }: Pick<JobRunReport, 'everyMs' | 'startedAt' | 'failures'>,
  doneAt: number | null,
  now: number,
): boolean {
  if (everyMs === undefined) return false
  // Never done: every failing run begins anew, so its start says nothing.
  if (doneAt === null && failures.length > 0) return true
  return now - (doneAt ?? startedAt) > intervalsMissedMax * everyMs + runMaxMs
}
