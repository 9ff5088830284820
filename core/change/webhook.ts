// Commands on webhooks.
import { create, draftId, edit, remove } from './entity.ts'
import type { Handlers } from './handler.ts'

export const webhookHandlers: Handlers<'create-webhook' | 'update-webhook' | 'delete-webhook'> = {
  'create-webhook': (state, { webhook }, context) => {
    const id = draftId(webhook, context)
    return create(state, 'webhook', id, { ...webhook, id }, context)
  },
  'update-webhook': (state, command, context) => edit(state, 'webhook', command, context),
  'delete-webhook': (state, command) => remove(state, 'webhook', command),
}
