// One try to deliver one message. Nothing of an answer is trusted: it is waited for and read up to a limit,
// and never followed.
import { Webhook as Signer } from 'standardwebhooks'
import type { Message } from '../../../core/change/message.ts'
import { toSlackBody } from '../../../core/change/slack-text.ts'
import type { Attempt } from '../../../core/model/delivery.ts'
import { type Webhook, isEmail, isSlack } from '../../../core/model/webhook.ts'
import { addressProblem } from '../../../core/text/public-address.ts'
import { resolutionProblem } from './resolve.ts'
import { type Outgoing, attemptMsMax, judge, reasonOf } from './answer.ts'
import { sendEmail } from './send-email.ts'
import type { WebhookSettings } from './settings.ts'

export async function attempt(outgoing: Outgoing): Promise<Attempt> {
  const { webhook, settings } = outgoing
  if (isEmail(webhook)) return sendEmail(outgoing)
  const address = webhook.secretUrl ?? webhook.url
  const problem = addressProblem(address)
  if (problem !== undefined) return failed(`the address ${problem}`)
  const request = requestOf(outgoing)
  if (!request) return { ...failed('the webhook has no secret yet: rotate it'), final: true }
  const signal = AbortSignal.timeout(attemptMsMax)
  try {
    const url = new URL(address)
    if (settings.resolver !== undefined) {
      const unresolved = await resolutionProblem(url.hostname, settings.resolver, signal)
      if (unresolved !== undefined) return failed(unresolved)
    }
    const response = await fetch(calledUrl(url, settings.connectTo), {
      ...request,
      method: 'POST',
      redirect: 'manual',
      signal,
    })
    return await judge(response, isSlack(webhook))
  } catch (cause) {
    return failed(reasonOf(cause))
  }
}

/** The address itself, or the same path on the origin that is called in its place. */
export function calledUrl(url: URL, connectTo: WebhookSettings['connectTo']): URL {
  const called = new URL(url)
  const other = connectTo[url.host]
  if (other === undefined) return called
  const { protocol, host } = new URL(other)
  return Object.assign(called, { protocol, host })
}

const failed = (error: string) => ({ outcome: 'failed', error }) as const

/** Undefined if the webhook cannot sign. */
function requestOf({ webhook, delivery, settings, now }: Outgoing) {
  const headers = { 'content-type': 'application/json', 'user-agent': 'Tackline-Webhooks' }
  const { id, body } = delivery
  if (isSlack(webhook)) {
    return { headers, body: toSlackBody(JSON.parse(body) as Message, settings.consoleUrl) }
  }
  const secrets = secretsOf(webhook, now)
  if (secrets.length === 0) return undefined
  const at = new Date(now)
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1_000)),
    'webhook-signature': secrets.map((secret) => new Signer(secret).sign(id, at, body)).join(' '),
  }
  return { headers: { ...headers, ...signed }, body }
}

/** The new one first; the old one as well while both may be in use. */
const secretsOf = ({ secret, previousSecret }: Webhook, now: number): string[] => [
  ...(secret === undefined ? [] : [secret]),
  ...(previousSecret && now < previousSecret.expiresAt ? [previousSecret.secret] : []),
]
