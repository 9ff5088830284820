// Applies scheduled changes when their time has come, each as a change of its own.
import type { CommandRequest } from '../../contracts/environment-contract.ts'
import type { Database } from '../../storage/database.ts'
import { type WaitingSchedule, waitingSchedules } from '../../storage/schedules.ts'

/** If a change could be neither made nor refused, because D1 did not answer or the snapshot has no room. */
export const scheduleRetryMs = 60_000
/** Nobody tells the environment that it is taken out of the archive. */
const archiveLookMs = 15 * 60_000

export interface SchedulePorts {
  readonly database: Database
  readonly now: () => number
  readonly execute: (request: CommandRequest) => Promise<unknown>
}

/** In order of their times. Returns when to look again, in epoch milliseconds; undefined if none waits. */
export async function applyDueSchedules(
  { database, now, execute }: SchedulePorts,
  environmentId: string,
): Promise<number | undefined> {
  const waiting = await waitingSchedules(database, environmentId)
  if (waiting[0]?.isArchived) return now() + archiveLookMs
  const due = waiting.filter(({ at }) => at <= now())
  for (const schedule of due) await execute(toRequest(environmentId, schedule))
  const [next] = due.length === 0 ? waiting : await waitingSchedules(database, environmentId)
  if (!next) return undefined
  return due.some(({ id, at }) => id === next.id && at === next.at) ? now() + scheduleRetryMs : next.at
}

const toRequest = (environmentId: string, { id, name }: WaitingSchedule): CommandRequest => ({
  environmentId,
  actor: { kind: 'job', id: 'schedule', name: 'schedule' },
  origin: { ip: '', userAgent: '' },
  command: { kind: 'apply-schedule', id },
  comment: name.trim() === '' ? `Scheduled change ${id}` : name,
  mode: 'make',
})
