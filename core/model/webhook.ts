// A URL that is told of changes and of results: by signed webhooks, in the format of Slack's, or by e-mail.
import * as z from 'zod'
import { Id } from './flag.ts'
import { recipientsMax, recipientsOf } from '../text/mail-address.ts'
import { addressProblem } from '../text/public-address.ts'
import { NotificationKind } from './notification-kind.ts'
import { Secret } from './secret.ts'
import { TagKey } from './tag.ts'
import { versioned } from './versioned.ts'
import * as limits from './limits.ts'

/**
 * `standard`: signed JSON as standardwebhooks.com specifies it. `slack`: a text, as Slack's webhooks take it.
 * `email`: to the recipients of a mailto URL.
 */
export const webhookFormats = ['standard', 'slack', 'email'] as const

/** A new schema each time: one of them is marked as secret. */
const publicUrl = () =>
  z
    .url({ protocol: /^https$/, error: 'must be an https address', abort: true })
    .max(limits.urlLengthMax)
    .superRefine((url, context) => {
      const problem = addressProblem(url)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })

const publicUrlOrMail = () =>
  z
    .url({ protocol: /^(https|mailto)$/, error: 'must be an https or mailto address', abort: true })
    .max(limits.urlLengthMax)
    .superRefine((url, context) => {
      const isMail = /^mailto:/i.test(url)
      const noRecipients = `must name 1 to ${recipientsMax} addresses: mailto:ops@example.com,dev@example.com`
      const mailProblem = recipientsOf(url) ? undefined : noRecipients
      const problem = isMail ? mailProblem : addressProblem(url)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })

/** So long messages are collected and sent together: a second, which joins a burst, to a week. */
const digestMs = { min: 1_000, max: 7 * 86_400_000 }

/** Base64 of 32 random bytes behind Standard Webhooks' prefix. Unlike other secrets it is kept: it signs. */
const SigningSecret = z.string().max(limits.webhookSecretLengthMax).register(Secret, { secret: true })

/** Webhooks of earlier releases, which sent nothing, have no `format`, `tags` and `secret`. */
export const Webhook = z.strictObject({
  id: Id,
  name: z.string().max(limits.nameLengthMax).default(''),
  /** With `secretUrl`, only its origin. */
  url: publicUrlOrMail(),
  /** The address of a Slack webhook, which is all that Slack asks for: whoever knows it can post. */
  secretUrl: publicUrl().register(Secret, { secret: true }).optional(),
  format: z.enum(webhookFormats).optional(),
  /**
   * Kinds of notifications; empty means all. Earlier releases stored kinds of commands, which still match.
   */
  events: z.array(z.string().min(1).max(limits.keyLengthMax)).max(limits.webhookEventsMax).default([]),
  /** Only what concerns flags with one of these tags; empty means everything. */
  tags: z.array(TagKey).max(limits.tagsMax).optional(),
  /** How long a message waits for others, to be sent as one with them. Absent: it is sent at once. */
  digestMs: z.int().min(digestMs.min).max(digestMs.max).optional(),
  /** Those of Slack and e-mail have none. */
  secret: SigningSecret.optional(),
  /** The secret before rotation. Until `expiresAt` (epoch milliseconds) messages are signed with both. */
  previousSecret: z.strictObject({ secret: SigningSecret, expiresAt: z.int() }).optional(),
  disabled: z.boolean().default(false),
  ...versioned,
})
export type Webhook = z.infer<typeof Webhook>

/** As callers name them: unknown kinds are refused. */
export const WebhookEvents = z
  .array(NotificationKind.exclude(['webhook.test', 'webhook.digest']))
  .max(limits.webhookEventsMax)

export const isSlack = ({ format }: Pick<Webhook, 'format'>): boolean => format === 'slack'

export const isEmail = ({ format }: Pick<Webhook, 'format'>): boolean => format === 'email'

/** Whether its messages carry a signature. */
export const isSigned = (webhook: Pick<Webhook, 'format'>): boolean => !isSlack(webhook) && !isEmail(webhook)
