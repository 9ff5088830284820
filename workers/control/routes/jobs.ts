// What the runner tells of its jobs, and the table that people read. Nothing decides by it.
import * as z from 'zod'
import { settingsId } from '../../../core/model/environment-state.ts'
import { isJobLate, JobName, JobRunReport, nextRunOf } from '../../../core/model/job-run.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import type { FailingJob } from '../../contracts/live-contract.ts'
import { logError } from '../../http/log.ts'
import { intakeOf } from '../../live/live-counters.ts'
import { readEntity } from '../../storage/entities.ts'
import type { Call } from '../api/call.ts'
import { Job } from '../api/report-answers.ts'
import { environmentStub } from '../api/environment-stub.ts'
import { route } from '../api/route.ts'

/** Of the runner's clock. */
const clockAheadMaxMs = 86_400_000
const failuresTold = 3

export const jobs = [
  route({
    id: 'list-jobs',
    method: 'GET',
    path: '/environments/{environment}/jobs',
    needs: 'viewer',
    summary: 'Lists the newest run of each job of the batch runner for the environment',
    description: 'A job that was never run here is not listed.',
    answer: z.strictObject({ jobs: z.array(Job) }),
    handle: async ({ env, now, params: { environment } }) => {
      const runs = await intakeOf(env, environment).jobRuns()
      return ok({
        jobs: runs.map((run) => ({
          ...run,
          isLate: isJobLate(run, run.doneAt, now),
          nextAt: nextRunOf(run),
        })),
      })
    },
  }),
  route({
    id: 'report-job',
    method: 'PUT',
    path: '/environments/{environment}/jobs/{job}',
    needs: 'editor',
    summary: 'Tells of a run of a job; the runner does so at its end',
    description: 'One that began before the newest that was told changes nothing but when it was last done.',
    body: JobRunReport,
    answer: z.strictObject({ job: JobName }),
    handle: async ({ env, database, now, params: { environment, job }, body }) => {
      const named = JobName.safeParse(job)
      if (!named.success)
        return refuse('NOT_FOUND', `there is no job ${job}: there are ${JobName.options.join(', ')}`)
      if (body.startedAt > now + clockAheadMaxMs)
        return refuse('INVALID', 'the run has not begun yet', {
          fields: [{ path: 'startedAt', message: 'is more than a day in the future' }],
        })
      const intake = intakeOf(env, environment)
      const settings =
        body.failures.length > 0 ? await readEntity(database, environment, 'settings', settingsId) : undefined
      const run = { ...body, job: named.data }
      const failing = await intake.noteJobRun(run, settings?.failedRunsUntilTold)
      if (failing) await tellOfFailure({ env }, environment, named.data, failing, body.failures)
      return ok({ job: named.data })
    },
  }),
]

/** The run is noted, whatever comes of this. The next run that fails tries again. */
async function tellOfFailure(
  call: Pick<Call, 'env'>,
  environmentId: string,
  job: JobName,
  { since, runs }: FailingJob,
  failures: readonly string[],
): Promise<void> {
  try {
    const finding = {
      kind: 'job.failed',
      job,
      since,
      runs,
      failures: failures.slice(0, failuresTold),
    } as const
    await environmentStub(call, environmentId).tell(environmentId, [finding])
    await intakeOf(call.env, environmentId).noteFailureTold(job, since)
  } catch (cause) {
    logError('job failure', cause)
  }
}
