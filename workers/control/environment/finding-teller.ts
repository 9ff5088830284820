// Stores what webhooks are told of findings: of jobs that fail, of stale flags. Runs inside the environment's
// Durable Object, whose alarm sees to it that they are told.
import { type Finding, systemMessages } from '../../../core/change/system-message.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import { insertDeliveries } from '../../storage/deliveries.ts'
import type { WriterPorts, WriterState } from './writer.ts'

/** Telling a finding twice tells it once. */
export async function tellFindings(
  ports: WriterPorts,
  memory: WriterState,
  environmentId: string,
  findings: readonly Finding[],
): Promise<void> {
  const { database, now } = ports
  memory.current ??= await loadEnvironment(database, environmentId)
  const state = memory.current?.state
  if (!state) return
  const messages = findings.flatMap((finding) => systemMessages(state, environmentId, finding, now()))
  if (messages.length === 0) return
  await ports.armRepair()
  await insertDeliveries(database, environmentId, messages)
  ports.wake(environmentId, [...new Set(messages.map(({ webhookId }) => webhookId))])
}
