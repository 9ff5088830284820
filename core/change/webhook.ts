// Commands on webhooks.
import { refuse } from '../model/problem.ts'
import { type Webhook, isEmail, isSigned } from '../model/webhook.ts'
import { create, draftId, find, remove, update } from './entity.ts'
import type { Handlers } from './handler.ts'

export const webhookHandlers: Handlers<
  'create-webhook' | 'update-webhook' | 'rotate-webhook' | 'delete-webhook'
> = {
  'create-webhook': (state, { webhook }, context) => {
    const id = draftId(webhook, context)
    const problem = addressProblem(webhook)
    if (problem) return problem
    return create(state, 'webhook', id, { ...webhook, id }, context)
  },
  'update-webhook': (state, command, context) => {
    const found = find(state, 'webhook', command)
    if (!found.ok) return found
    const { digestMs, ...changes } = command.changes
    const problem = addressProblem({ ...found.value, url: changes.url ?? found.value.url })
    if (problem) return problem
    return update(state, 'webhook', command, context, ({ digestMs: before, ...current }) => {
      const after = digestMs === undefined ? before : (digestMs ?? undefined)
      return { ...current, ...changes, ...(after !== undefined && { digestMs: after }) }
    })
  },
  'rotate-webhook': (state, command, context) => {
    const { secret, overlapMs } = command
    const found = find(state, 'webhook', command)
    if (found.ok && !isSigned(found.value))
      return refuse(
        'CONFLICT',
        'only webhooks of the format standard sign: for another address, change the url',
      )
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

/** E-mail goes to mailto addresses, and nothing else does. */
function addressProblem(webhook: Pick<Webhook, 'url' | 'format'>) {
  const isMail = /^mailto:/i.test(webhook.url)
  if (isMail === isEmail(webhook)) return undefined
  const message = isMail
    ? 'is an e-mail address, which needs "format": "email"'
    : 'must be a mailto address: mailto:ops@example.com,dev@example.com'
  return refuse('INVALID', `url ${message}`, { fields: [{ path: 'url', message }] })
}
