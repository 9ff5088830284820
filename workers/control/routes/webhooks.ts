// Routes of webhooks: addresses that are told of changes and results. A signing secret is returned once, when
// it is made; the address of a Slack webhook, which is a secret as well, never.
import * as z from 'zod'
import { WebhookChanges, WebhookDraft } from '../../../core/change/command.ts'
import { overlapMsMax } from '../../../core/model/limits.ts'
import { ok, refuse } from '../../../core/model/problem.ts'
import { type Webhook, isEmail, isSigned, isSlack } from '../../../core/model/webhook.ts'
import { healthOfWebhooks } from '../../storage/deliveries.ts'
import { readEntity } from '../../storage/entities.ts'
import { ChangeQuery, isDryRun } from '../api/change-query.ts'
import { deleteRoute, expectedVersion, readRoutes, versionDescription } from '../api/entity-routes.ts'
import { executeCommand } from '../api/execute-command.ts'
import { PublicWebhook, WebhookWithHealth } from '../api/notification-answers.ts'
import { change, route } from '../api/route.ts'
import { changeAnswer } from '../api/shapes.ts'
import { noEmail } from '../webhooks/send-email.ts'
import { emailSettings } from '../webhooks/settings.ts'

/** Standard Webhooks: 24 to 64 bytes. */
const secretBytes = 32

const noEmailField = { fields: [{ path: 'format', message: noEmail }] }

const resource = {
  kind: 'webhook',
  name: 'webhook',
  plural: 'webhooks',
  param: 'id',
  schema: PublicWebhook,
  reading: {
    schema: WebhookWithHealth,
    more: async (...of: Parameters<typeof healthOfWebhooks>) => {
      const healthOf = await healthOfWebhooks(...of)
      return (id: string) => ({ health: healthOf(id) })
    },
  },
  remove: (id: string) => ({ kind: 'delete-webhook', id }) as const,
} as const

const Created = changeAnswer(PublicWebhook).extend({
  secret: z
    .string()
    .describe(
      'What messages are signed with. Returned only this once; empty in a dry run, for Slack and for e-mail.',
    ),
})

const path = '/environments/{environment}/webhooks'

export const webhooks = [
  ...readRoutes(resource),
  route({
    id: 'create-webhook',
    method: 'POST',
    path,
    needs: 'editor',
    summary: 'Creates a webhook, and returns its signing secret only this once',
    query: ChangeQuery,
    body: WebhookDraft.omit({ secret: true, secretUrl: true }),
    answer: Created,
    status: 201,
    handle: async (call) => {
      const { body } = call
      if (isEmail(body) && !emailSettings(call.env))
        return refuse('INVALID', `format: ${noEmail}`, noEmailField)
      const secret = isSigned(body) ? newSecret() : ''
      const webhook = { ...body, ...addressOf(body, body.url), ...(secret && { secret }) }
      const created = await executeCommand(call, { kind: 'create-webhook', webhook })
      return created.ok ? ok({ ...created.value, secret: isDryRun(call.request) ? '' : secret }) : created
    },
  }),
  change({
    id: 'update-webhook',
    method: 'PATCH',
    path: `${path}/{id}`,
    needs: 'editor',
    summary: 'Changes the fields that are sent, all in one revision',
    description: versionDescription,
    body: WebhookChanges.omit({ secretUrl: true }).extend(expectedVersion),
    entity: PublicWebhook,
    command: async ({ database, params: { environment, id }, body: { version, ...changes } }) => {
      // the format never changes; the command refuses a missing webhook
      const webhook = await readEntity(database, environment, 'webhook', id)
      const { url, ...others } = changes
      // What a GET shows of Slack's address, sent back, is no new address.
      const isShown = webhook?.secretUrl !== undefined && url === webhook.url
      const address = url === undefined || isShown ? {} : addressOf(webhook ?? {}, url)
      return { kind: 'update-webhook', id, version, changes: { ...others, ...address } }
    },
  }),
  route({
    id: 'rotate-webhook',
    method: 'POST',
    path: `${path}/{id}/rotate`,
    needs: 'editor',
    summary: 'Replaces the signing secret of a webhook, and returns the new one only this once',
    description: `Messages are signed with both secrets for \`overlapMs\`. ${versionDescription}`,
    query: ChangeQuery,
    body: z.strictObject({ overlapMs: z.int().min(0).max(overlapMsMax).default(0), ...expectedVersion }),
    answer: Created,
    handle: async (call) => {
      const secret = newSecret()
      const { id } = call.params
      const rotated = await executeCommand(call, { kind: 'rotate-webhook', id, secret, ...call.body })
      return rotated.ok ? ok({ ...rotated.value, secret: isDryRun(call.request) ? '' : secret }) : rotated
    },
  }),
  deleteRoute(resource),
]

/** What is stored of an address: of Slack's, everybody may see the origin and nobody the rest. */
const addressOf = (webhook: Pick<Webhook, 'format'>, url: string) =>
  isSlack(webhook) ? { url: new URL(url).origin, secretUrl: url } : { url }

const newSecret = () =>
  `whsec_${btoa(String.fromCodePoint(...crypto.getRandomValues(new Uint8Array(secretBytes))))}`
