// Tells control of a run of a job, so that people see when it ran last and what failed. What is thrown at the
// work on one environment is told as its failure, and the next environment has its turn.
import os from 'node:os'
import { failureLengthMax, failuresMax, type JobName } from '../../core/model/job-run.ts'
import type { AdminApi } from '../admin-api.ts'
import type { RunEvent } from '../run-event.ts'

interface Context {
  readonly onEvent: (event: RunEvent) => void
}

/** `serve` says how often it runs the job. */
const everyMs = Number(process.env['TACKLINE_EVERY_MS'] ?? '') || undefined

export async function withReport<C extends Context>(
  job: JobName,
  environmentId: string,
  api: AdminApi,
  context: C,
  work: (context: C) => Promise<void>,
): Promise<void> {
  const failures: string[] = []
  const startedAt = Date.now()
  const onEvent = (event: RunEvent) => {
    if (event.kind === 'failed') failures.push(toldOf(event).slice(0, failureLengthMax))
    context.onEvent(event)
  }
  try {
    await work({ ...context, onEvent })
  } catch (error) {
    const message = error instanceof Error && error.stack ? error.stack : String(error)
    onEvent({ kind: 'failed', subject: environmentId, failure: { kind: 'bug', message } })
  }
  const told = await api.reportJob(environmentId, job, {
    runner: os.hostname(),
    startedAt,
    durationMs: Date.now() - startedAt,
    failures: failures.slice(0, failuresMax),
    ...(everyMs !== undefined && { everyMs }),
  })
  // What failed may be what keeps it from telling.
  if (!told.ok && failures.length === 0)
    context.onEvent({ kind: 'failed', subject: environmentId, failure: told.problem })
}

/** The stack of a bug is for the runner's log. */
const toldOf = ({ subject, failure: { kind, message } }: Extract<RunEvent, { kind: 'failed' }>): string =>
  `${subject}: ${kind === 'bug' ? message.split('\n')[0] : message}`
