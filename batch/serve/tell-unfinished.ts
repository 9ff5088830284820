// Tells control of a run that ended without saying so itself: one that was ended because it took too long,
// that crashed, or that could not begin. Otherwise the table of jobs would show the run before it, and nobody
// would hear of a job that never comes to its end.
import os from 'node:os'
import { failureLengthMax, JobName } from '../../core/model/job-run.ts'
import { ok, type Result } from '../../core/model/problem.ts'
import type { AdminApi } from '../admin-api.ts'
import { exitCodes, type Failure } from '../failure.ts'
import type { Schedule } from './schedule.ts'
import type { Run } from './timetable.ts'

type Api = Pick<AdminApi, 'environments' | 'jobs' | 'reportJob'>

/** Of these, each environment was told, or nobody can be. */
const toldItself: readonly (number | null)[] = [
  exitCodes.job,
  exitCodes['api-unreachable'],
  exitCodes['api-refused'],
]

/** `message`: what the run said last of itself as a whole. Resolves to the environments that were told. */
export async function tellUnfinished(
  { job, everyMs }: Schedule,
  { startedAt, durationMs, outcome, exitCode }: Run,
  message: string | undefined,
  environmentId: string | undefined,
  api: Api,
): Promise<Result<readonly string[], Failure>> {
  const name = JobName.safeParse(job)
  if (outcome === 'done' || !name.success || toldItself.includes(exitCode)) return ok([])
  const environments = await api.environments()
  if (!environments.ok) return environments
  const concerned = environments.value.filter(
    ({ id, archived }) => !archived && (environmentId === undefined || id === environmentId),
  )
  const why = message ?? `the run ended without a result (${outcome}, exit code ${String(exitCode)})`
  const told: string[] = []
  for (const { id } of concerned) {
    const jobs = await api.jobs(id)
    if (!jobs.ok) return jobs
    // This environment had its turn before the run ended.
    if (jobs.value.some((each) => each.job === job && each.startedAt >= startedAt)) continue
    const failures = [`${id}: ${why}`.slice(0, failureLengthMax)]
    const report = { runner: os.hostname(), startedAt, durationMs, failures, everyMs }
    const reported = await api.reportJob(id, name.data, report)
    if (!reported.ok) return reported
    told.push(id)
  }
  return ok(told)
}
