// What the runner tells of its jobs, and the table that people read. Nothing decides by it.
import * as z from 'zod'
import { isJobLate, JobName, JobRunReport } from '../../../core/model/job-run.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { intakeOf } from '../../live/live-counters.ts'
import { Job } from '../api/report-answers.ts'
import { route } from '../api/route.ts'

/** Of the runner's clock. */
const clockAheadMaxMs = 86_400_000

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
      return ok({ jobs: runs.map((run) => ({ ...run, isLate: isJobLate(run, run.doneAt, now) })) })
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
    handle: async ({ env, now, params: { environment, job }, body }) => {
      const named = JobName.safeParse(job)
      if (!named.success)
        return refuse('NOT_FOUND', `there is no job ${job}: there are ${JobName.options.join(', ')}`)
      if (body.startedAt > now + clockAheadMaxMs)
        return refuse('INVALID', 'the run has not begun yet', {
          fields: [{ path: 'startedAt', message: 'is more than a day in the future' }],
        })
      await intakeOf(env, environment).noteJobRun({ ...body, job: named.data })
      return ok({ job: named.data })
    },
  }),
]
