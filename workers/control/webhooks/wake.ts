// Wakes the objects that deliver to webhooks.
import { logError } from '../../http/log.ts'
import type { Target } from '../../storage/deliveries.ts'
import type { WebhookSender } from './webhook-sender-do.ts'

export type Senders = DurableObjectNamespace<WebhookSender>

/** Ids of webhooks may hold any character, those of environments none that JSON escapes. */
const nameOf = ({ environmentId, webhookId }: Target) => JSON.stringify([environmentId, webhookId])

/** Throws if the object cannot be reached. */
export const wake = (senders: Senders, target: Target): Promise<void> =>
  senders.get(senders.idFromName(nameOf(target))).wake(target)

/** Returns how many it could not wake, and logs why. */
export async function wakeAll(
  senders: Senders,
  environmentId: string,
  webhookIds: readonly string[],
): Promise<number> {
  const woken = await Promise.allSettled(
    webhookIds.map((webhookId) => wake(senders, { environmentId, webhookId })),
  )
  const failed = woken.filter((each) => each.status === 'rejected')
  for (const { reason } of failed) logError('wake', reason)
  return failed.length
}
