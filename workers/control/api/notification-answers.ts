// Webhooks and their deliveries as answers show them. The console imports their types, so nothing in this file
// depends on workerd.
import * as z from 'zod'
import { DeliveryState } from '../../../core/model/delivery.ts'
import { Webhook } from '../../../core/model/webhook.ts'

export const PublicWebhook = Webhook.omit({ secret: true, secretUrl: true, previousSecret: true }).extend({
  url: Webhook.shape.url.describe('Of a Slack webhook only the origin: the rest of its address is a secret.'),
  previousSecret: z
    .strictObject({ expiresAt: z.int() })
    .optional()
    .describe('After a rotation: until then (epoch milliseconds) messages are signed with both secrets.'),
})

const Health = z.strictObject({
  status: z.enum(['unused', 'ok', 'failing']).describe('`failing`: the newest try failed.'),
  failingSince: z.int().optional().describe('Epoch milliseconds of the first failure since a delivery.'),
  failures: z.int().describe('Failed tries since then.'),
  lastDeliveredAt: z.int().optional(),
  lastError: z.string().optional(),
  waiting: z.int().describe('Deliveries that will be tried again.'),
  dead: z.int().describe('Deliveries of the last 30 days that were given up.'),
})

export const WebhookWithHealth = PublicWebhook.extend({ health: Health })
export type WebhookWithHealth = z.infer<typeof WebhookWithHealth>

export const Delivery = z.strictObject({
  id: z.string().describe('The header `webhook-id` of all tries.'),
  type: z.string(),
  createdAt: z.int(),
  state: DeliveryState,
  attempts: z.int().describe('Tries since it was made, or last sent again.'),
  nextAttemptAt: z.int().optional(),
  lastAttemptAt: z.int().optional(),
  lastStatus: z.int().optional().describe('The status code of the last answer.'),
  lastError: z.string().optional(),
  message: z.unknown().describe('What is sent. Slack gets its summary.'),
})
export type Delivery = z.infer<typeof Delivery>
