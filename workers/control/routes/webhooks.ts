// Webhooks: who wants to hear of changes. They are kept; nothing is sent yet.
import { WebhookChanges, WebhookDraft } from '../../../core/command.ts'
import { Webhook } from '../../../core/webhook.ts'
import { entityRoutes } from '../entity-routes.ts'

export const webhooks = entityRoutes({
  kind: 'webhook',
  name: 'webhook',
  plural: 'webhooks',
  param: 'id',
  schema: Webhook,
  draft: WebhookDraft,
  changes: WebhookChanges,
})
