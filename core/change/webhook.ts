// Commands on webhooks.
import { refuse } from '../model/problem.ts'
import { isSlack } from '../model/webhook.ts'
import { create, draftId, edit, find, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'

export const webhookHandlers: Handlers<
  'create-webhook' | 'update-webhook' | 'rotate-webhook' | 'delete-webhook'
> = {
  'create-webhook': (state, { webhook }, context) => {
    const id = draftId(webhook, context)
    return create(state, 'webhook', id, { ...webhook, id }, context)
  },
  'update-webhook': (state, command, context) => edit(state, 'webhook', command, context),
  'rotate-webhook': (state, command, context) => {
    const { secret, overlapMs } = command
    const found = find(state, 'webhook', command)
    if (found.ok && isSlack(found.value))
      return refuse('CONFLICT', 'a Slack webhook signs nothing: its address is its secret, change the url')
    return update(state, 'webhook', command, context, (current) => ({
      ...current,
      secret,
      previousSecret:
        overlapMs > 0 && current.secret !== undefined
          ? { secret: current.secret, expiresAt: context.now + overlapMs }
          : undefined,
    }))
  },
  'delete-webhook': (state, command) => remove(state, 'webhook', command),
}
