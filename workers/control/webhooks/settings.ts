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
}

export interface WebhookSettings {
  readonly consoleUrl: string | undefined
  readonly resolver: string | undefined
  readonly connectTo: Readonly<Record<string, string>>
}

const ConnectTo = z.record(z.string(), z.string())

export const webhookSettings = (variables: WebhookVariables): WebhookSettings => ({
  consoleUrl: variables.CONSOLE_URL?.replace(/\/+$/, '') || undefined,
  resolver: variables.WEBHOOK_RESOLVER || undefined,
  connectTo: ConnectTo.parse(JSON.parse(variables.WEBHOOK_CONNECT_TO || '{}')),
})
