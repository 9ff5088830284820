// The table of jobs, as control keeps it: one event for each job, and a failure for each that is late or
// failed.
import type { AdminApi } from '../admin-api.ts'
import type { RunEvent } from '../run-event.ts'

export async function showStatus(
  environmentId: string,
  api: AdminApi,
  onEvent: (event: RunEvent) => void,
): Promise<void> {
  const jobs = await api.jobs(environmentId)
  if (!jobs.ok) return onEvent({ kind: 'failed', subject: environmentId, failure: jobs.problem })
  if (jobs.value.length === 0) onEvent({ kind: 'never-run', environmentId })
  for (const job of jobs.value) {
    onEvent({ kind: 'job', environmentId, job })
    const found = [...job.failures.slice(0, 1), ...(job.isLate ? ['It is late.'] : [])]
    const subject = `${environmentId}/${job.job}`
    const message = found.join(' ')
    if (found.length > 0) onEvent({ kind: 'failed', subject, failure: { kind: 'job', message } })
  }
}
