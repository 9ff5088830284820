// One look at the deliveries of one webhook: sends what is due, and says when to look again.
import { digestMessagesMax, partsOfDigest, toDigest } from '../../../core/change/digest.ts'
import { afterAttempt } from '../../../core/model/delivery.ts'
import type { Webhook } from '../../../core/model/webhook.ts'
import type { Database } from '../../storage/database.ts'
import {
  type Delivery,
  type Target,
  cancelWaiting,
  dueDeliveries,
  forgetOld,
  nextLook,
  recordAttempt,
  waitingDeliveries,
} from '../../storage/deliveries.ts'
import { readEntity } from '../../storage/entities.ts'
import { attempt } from './attempt.ts'
import type { WebhookSettings } from './settings.ts'

/** Cloudflare: an invocation has at most six connections at once, of which each try may need two. */
const atOnce = 3

export interface SenderPorts {
  readonly database: Database
  readonly settings: WebhookSettings
  readonly now: () => number
  /** In [0, 1). */
  readonly chance: () => number
}

/** Epoch milliseconds of the next look; undefined if there is nothing more to do, now or later. */
export async function sendDue(ports: SenderPorts, target: Target): Promise<number | undefined> {
  const { database, now } = ports
  const webhook = await readEntity(database, target.environmentId, 'webhook', target.webhookId)
  if (!webhook) return undefined // its deliveries were deleted with it
  if (webhook.disabled) await cancelWaiting(database, target)
  const due = await dueDeliveries(database, target, now(), atOnce)
  if (webhook.digestMs === undefined) {
    await Promise.all(due.map((delivery) => send(ports, target, webhook, [delivery])))
  } else {
    const [tests, others] = [due.filter(isTest), due.filter((each) => !isTest(each))]
    await Promise.all(tests.map((delivery) => send(ports, target, webhook, [delivery])))
    const waiting = others.length > 0 ? await waitingDeliveries(database, target, digestMessagesMax) : []
    if (waiting.length > 0) await send(ports, target, webhook, partsOfDigest(waiting))
  }
  if (due.length < atOnce) await forgetOld(database, target, now()) // not while there is more to send
  return nextLook(database, target)
}

async function send(
  { database, settings, now, chance }: SenderPorts,
  target: Target,
  webhook: Webhook,
  together: readonly Delivery[],
): Promise<void> {
  const tried = await attempt({ webhook, delivery: toDigest(together), settings, now: now() })
  const endedAt = now()
  const drawn = chance() // one for all, so that they come together again
  for (const delivery of together) {
    const progress = afterAttempt(delivery, tried, endedAt, drawn)
    await recordAttempt(database, target, delivery, tried, progress, endedAt)
  }
}

const isTest = ({ type }: Delivery) => type === 'webhook.test'
