// Stores a result of an experiment together with what webhooks are told of it. Runs inside the environment's
// Durable Object, whose alarm sees to it that they are told.
import { resultMessages } from '../../../core/change/result-message.ts'
import { type Problem, refuse } from '../../../core/model/problem.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { storeResult } from '../../storage/experiment-results.ts'
import type { WriterPorts, WriterState } from './writer.ts'

export interface ResultRequest {
  readonly environmentId: string
  readonly experimentId: string
  readonly result: StoredResult
}

/** Returns a problem if the experiment is gone. */
export async function writeResult(
  ports: WriterPorts,
  memory: WriterState,
  { environmentId, experimentId, result }: ResultRequest,
): Promise<Problem | undefined> {
  const { database, now, newId } = ports
  memory.current ??= await loadEnvironment(database, environmentId)
  const state = memory.current?.state
  const experiment = state?.experiment.get(experimentId)
  if (!state || !experiment) return refuse('NOT_FOUND', `there is no experiment ${experimentId}`).problem
  const tags = state.flag.get(experiment.flagKey)?.tags ?? []
  await ports.armRepair()
  const told = await storeResult(database, environmentId, experimentId, result, (before) =>
    resultMessages(state.webhook.values(), {
      environmentId,
      experiment,
      tags,
      before,
      result,
      now: now(),
      newId,
    }),
  )
  ports.wake(
    environmentId,
    told.map(({ webhookId }) => webhookId),
  )
  return undefined
}
