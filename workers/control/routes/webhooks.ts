// Webhooks: who wants to hear of changes. They are kept; nothing is sent yet.
import { WebhookChanges, WebhookDraft } from '../../../core/change/command.ts'
import { Webhook } from '../../../core/model/webhook.ts'
import { entityRoutes } from '../api/entity-routes.ts'

export const webhooks = entityRoutes({
  kind: 'webhook',
  name: 'webhook',
  plural: 'webhooks',
  param: 'id',
  schema: Webhook,
  draft: WebhookDraft,
  changes: WebhookChanges,
})
