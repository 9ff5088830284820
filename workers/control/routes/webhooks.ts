// Routes of webhooks: addresses to notify of changes. They are only stored: nothing sends to them yet.
import { WebhookChanges, WebhookDraft } from '../../../core/change/command.ts'
import { Webhook } from '../../../core/model/webhook.ts'
import { entityRoutes, expectedVersion } from '../api/entity-routes.ts'

export const webhooks = entityRoutes({
  kind: 'webhook',
  name: 'webhook',
  plural: 'webhooks',
  param: 'id',
  schema: Webhook,
  draft: WebhookDraft,
  changes: WebhookChanges.extend(expectedVersion),
  create: (webhook) => ({ kind: 'create-webhook', webhook }),
  update: (id, { version, ...changes }) => ({ kind: 'update-webhook', id, version, changes }),
  remove: (id) => ({ kind: 'delete-webhook', id }),
})
