// Makes scheduled changes and the steps of progressive rollouts, and begins and ends holdouts, when their
// time has come, each as a change of its own.
import { stepName } from '../../../core/model/progressive-rollout.ts'
import type { CommandRequest } from '../../contracts/environment-contract.ts'
import type { Database } from '../../storage/database.ts'
import { type WaitingChange, waitingChanges } from '../../storage/waiting-changes.ts'

/** If a change could be neither made nor refused, because D1 did not answer or the snapshot has no room. */
export const dueRetryMs = 60_000
/** Nobody tells the environment that it is taken out of the archive. */
const archiveLookMs = 15 * 60_000

export interface DuePorts {
  readonly database: Database
  readonly now: () => number
  readonly execute: (request: CommandRequest) => Promise<unknown>
}

/** In order of their times. Returns when to look again, in epoch milliseconds; undefined if none waits. */
export async function makeDueChanges(
  { database, now, execute }: DuePorts,
  environmentId: string,
): Promise<number | undefined> {
  const waiting = await waitingChanges(database, environmentId)
  if (waiting[0]?.isArchived) return now() + archiveLookMs
  const due = waiting.filter(({ at }) => at <= now())
  for (const change of due) await execute(toRequest(environmentId, change))
  const [next] = due.length === 0 ? waiting : await waitingChanges(database, environmentId)
  if (!next) return undefined
  const isLeft = due.some(
    ({ kind, entity, at }) => kind === next.kind && entity.id === next.entity.id && at === next.at,
  )
  return isLeft ? now() + dueRetryMs : next.at
}

function toRequest(environmentId: string, change: WaitingChange): CommandRequest {
  const { job, command, comment } = stepOf(change)
  return {
    environmentId,
    actor: { kind: 'job', id: job, name: job.replace('-', ' ') },
    origin: { ip: '', userAgent: '' },
    command: { kind: command, id: change.entity.id },
    comment,
    mode: 'make',
  }
}

function stepOf({ kind, entity }: WaitingChange) {
  const name = entity.name.trim() || entity.id
  switch (kind) {
    case 'schedule':
      return {
        job: 'schedule',
        command: 'apply-schedule',
        comment: entity.name.trim() || `Scheduled change ${entity.id}`,
      } as const
    case 'progressiveRollout':
      return {
        job: 'progressive-rollout',
        command: 'advance-progressive-rollout',
        comment: stepComment(entity),
      } as const
    case 'holdout': {
      const comment = `Holdout ${name} ${entity.status === 'waiting' ? 'begins' : 'ends'}`
      return { job: 'holdout', command: 'advance-holdout', comment } as const
    }
  }
}

/** `Progressive rollout checkout, after step 2 of 4: 25 %`. */
function stepComment(rollout: Extract<WaitingChange, { kind: 'progressiveRollout' }>['entity']): string {
  const { id, name, stepsMade } = rollout
  const after = stepsMade === 0 ? 'at its start' : `after step ${stepName(rollout, stepsMade)}`
  return `Progressive rollout ${name.trim() || id}, ${after}`
}
