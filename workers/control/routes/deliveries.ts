// Routes of deliveries: what was sent to a webhook, what came of it, and sending it again.
import * as z from 'zod'
import { type Message, testMessage } from '../../../core/change/message.ts'
import { DeliveryState } from '../../../core/model/delivery.ts'
import { type Result, ok, refuse } from '../../../core/model/problem.ts'
import type { Webhook } from '../../../core/model/webhook.ts'
import * as storage from '../../storage/deliveries.ts'
import { readEntity } from '../../storage/entities.ts'
import type { Call } from '../api/call.ts'
import { Delivery } from '../api/notification-answers.ts'
import { NextCursor, PageQuery, pageOf } from '../api/pagination.ts'
import { route } from '../api/route.ts'
import { wake } from '../webhooks/wake.ts'

const One = z.strictObject({ delivery: Delivery })

const Position = z.tuple([z.number(), z.string()])
const path = '/environments/{environment}/webhooks/{id}'

export const deliveries = [
  route({
    id: 'list-deliveries',
    method: 'GET',
    path: `${path}/deliveries`,
    needs: 'viewer',
    summary: 'Lists what was and will be sent to a webhook, newest first, in pages',
    description: 'Deliveries are kept for 30 days, at most 10,000 of one webhook.',
    query: PageQuery.extend({ state: DeliveryState.optional() }),
    answer: z.strictObject({ deliveries: z.array(Delivery), nextCursor: NextCursor }),
    handle: async (call) => {
      const found = await webhookOf(call)
      if (!found.ok) return found
      const { limit, cursor, state } = call.query
      const after = Position.safeParse(cursor).data
      const list = { ...targetOf(call), state, after, limit: limit + 1 }
      const listed = await storage.listDeliveries(call.database, list)
      const { rows, ...next } = pageOf(listed, limit, ({ createdAt, id }) => [createdAt, id])
      return ok({ deliveries: rows.map(toDelivery), ...next })
    },
  }),
  route({
    id: 'read-delivery',
    method: 'GET',
    path: `${path}/deliveries/{delivery}`,
    needs: 'viewer',
    summary: 'Reads one delivery',
    answer: One,
    handle: async (call) => {
      const row = await storage.readDelivery(call.database, targetOf(call), call.params.delivery)
      return row ? ok({ delivery: toDelivery(row) }) : missing(call.params.delivery)
    },
  }),
  route({
    id: 'redeliver',
    method: 'POST',
    path: `${path}/deliveries/{delivery}/redeliver`,
    needs: 'editor',
    summary: 'Sends a delivery again, with the same id and all its tries before it',
    answer: One,
    handle: async (call) => {
      const found = await enabledWebhookOf(call)
      if (!found.ok) return found
      const { database, now, env } = call
      const row = await storage.sendAgain(database, targetOf(call), call.params.delivery, now)
      if (!row) return missing(call.params.delivery)
      await wake(env.WEBHOOK_SENDER, targetOf(call))
      return ok({ delivery: toDelivery(row) })
    },
  }),
  route({
    id: 'test-webhook',
    method: 'POST',
    path: `${path}/test`,
    needs: 'editor',
    summary: 'Sends a message of type `webhook.test` to a webhook, whatever its filters say',
    description: 'The answer comes before the message is sent: read the delivery to see what came of it.',
    answer: One,
    status: 201,
    handle: async (call) => {
      const found = await enabledWebhookOf(call)
      if (!found.ok) return found
      const { database, now, env, caller, params } = call
      const newId = () => crypto.randomUUID()
      const made = testMessage(params.id, {
        environmentId: params.environment,
        actor: caller.actor,
        now,
        newId,
      })
      const row = await storage.insertDelivery(database, params.environment, made)
      if (row?.state !== 'waiting') return refuse('CONFLICT', `nothing was sent: ${storage.tooManyWait}`)
      await wake(env.WEBHOOK_SENDER, targetOf(call))
      return ok({ delivery: toDelivery(row) })
    },
  }),
]

interface WebhookCall extends Pick<Call, 'database'> {
  readonly params: { readonly environment: string; readonly id: string }
}

const targetOf = ({ params: { environment, id } }: Pick<WebhookCall, 'params'>): storage.Target => ({
  environmentId: environment,
  webhookId: id,
})

async function webhookOf({ database, params }: WebhookCall): Promise<Result<Webhook>> {
  const webhook = await readEntity(database, params.environment, 'webhook', params.id)
  return webhook ? ok(webhook) : refuse('NOT_FOUND', `there is no webhook ${params.id}`)
}

async function enabledWebhookOf(call: WebhookCall): Promise<Result<Webhook>> {
  const found = await webhookOf(call)
  return found.ok && found.value.disabled
    ? refuse('CONFLICT', 'the webhook is disabled: it sends nothing')
    : found
}

const missing = (id: string) => refuse('NOT_FOUND', `there is no delivery ${id}; they are kept for 30 days`)

function toDelivery(row: storage.Delivery): z.infer<typeof Delivery> {
  const { id, type, createdAt, state, attempts, nextAttemptAt, lastAttemptAt, lastStatus, lastError } = row
  return {
    id,
    type,
    createdAt,
    state,
    attempts,
    ...(nextAttemptAt !== null && { nextAttemptAt }),
    ...(lastAttemptAt !== null && { lastAttemptAt }),
    ...(lastStatus !== null && { lastStatus }),
    ...(lastError !== null && { lastError }),
    message: JSON.parse(row.body) as Message,
  }
}
