// The variables of control that concern webhooks.
import * as z from 'zod'

export interface WebhookVariables {
  /** Where people open the console, without a path. Empty: messages have no link. */
  readonly CONSOLE_URL?: string
  /** A resolver that answers DNS over HTTPS as JSON. Empty: what names resolve to is left to the platform. */
  readonly WEBHOOK_RESOLVER?: string
  /**
   * For tests and trials on one machine only: a JSON object of hosts and the origins that are called in their
   * place, after all checks.
   */
  readonly WEBHOOK_CONNECT_TO?: string
  /** Whom e-mail comes from: `Tackline <flags@example.com>`. Empty: there is no e-mail. */
  readonly EMAIL_FROM?: string
  /** A binding of Cloudflare Email. It is preferred. */
  readonly EMAIL?: SendEmail
  /** Where a provider takes messages in the form of Resend's API, and its token, which is a secret. */
  readonly EMAIL_ENDPOINT?: string
  readonly EMAIL_TOKEN?: string
}

export type EmailSettings = { readonly from: string } & (
  | { readonly binding: SendEmail }
  | { readonly endpoint: string; readonly token: string }
)

export interface WebhookSettings {
  readonly consoleUrl: string | undefined
  readonly resolver: string | undefined
  readonly connectTo: Readonly<Record<string, string>>
  readonly email: EmailSettings | undefined
}

const ConnectTo = z.record(z.string(), z.string())

export const webhookSettings = (variables: WebhookVariables): WebhookSettings => ({
  consoleUrl: variables.CONSOLE_URL?.replace(/\/+$/, '') || undefined,
  resolver: variables.WEBHOOK_RESOLVER || undefined,
  connectTo: ConnectTo.parse(JSON.parse(variables.WEBHOOK_CONNECT_TO || '{}')),
  email: emailSettings(variables),
})

/** Undefined: this installation sends no e-mail. */
export function emailSettings(variables: WebhookVariables): EmailSettings | undefined {
  const { EMAIL_FROM: from, EMAIL: binding, EMAIL_ENDPOINT: endpoint, EMAIL_TOKEN: token = '' } = variables
  if (!from) return undefined
  if (binding) return { from, binding }
  return endpoint && URL.canParse(endpoint) ? { from, endpoint, token } : undefined
}
