// Sends a notification as an e-mail: through a Worker's binding, or through a provider that takes JSON over
// HTTP in the form of Resend's API.
import { toEmail } from '../../../core/change/email-text.ts'
import type { Message } from '../../../core/change/message.ts'
import type { Attempt } from '../../../core/model/delivery.ts'
import { recipientsOf } from '../../../core/text/mail-address.ts'
import { type Outgoing, attemptMsMax, judge, reasonOf } from './answer.ts'

export const noEmail =
  'this installation sends no e-mail: control needs EMAIL_FROM, and EMAIL or EMAIL_ENDPOINT'

export async function sendEmail({ webhook, delivery, settings }: Outgoing): Promise<Attempt> {
  const { email } = settings
  const to = recipientsOf(webhook.url)
  if (!email) return { outcome: 'failed', error: noEmail }
  if (!to) return { outcome: 'failed', error: 'the address names nobody', final: true }
  const message = {
    from: email.from,
    to,
    ...toEmail(JSON.parse(delivery.body) as Message, settings.consoleUrl),
  }
  try {
    if ('binding' in email) return await sendBy(email.binding, message)
    const response = await fetch(email.endpoint, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(attemptMsMax),
      headers: {
        authorization: `Bearer ${email.token}`,
        'content-type': 'application/json',
        'idempotency-key': delivery.id, // at least once: the provider drops what it has sent
        'user-agent': 'Tackline-Notifications',
      },
      body: JSON.stringify(message),
    })
    return await judge(response, false)
  } catch (cause) {
    return { outcome: 'failed', error: reasonOf(cause) }
  }
}

/** The platform has no time-out for a binding. What it says may name addresses, so it is not passed on. */
async function sendBy(binding: SendEmail, message: Parameters<SendEmail['send']>[0]): Promise<Attempt> {
  const late = Promise.withResolvers<Attempt>()
  const error = `no answer within ${attemptMsMax / 1_000} s`
  const timer = setTimeout(() => late.resolve({ outcome: 'failed', error }), attemptMsMax)
  const sent = binding.send(message as EmailMessageBuilder).then(
    () => ({ outcome: 'delivered' }) as const,
    () => ({ outcome: 'failed', error: 'Cloudflare did not take the e-mail' }) as const,
  )
  return Promise.race([sent, late.promise]).finally(() => clearTimeout(timer))
}
