// E-mail through a Worker's binding, as workerd's own simulation of it takes it.
import { env } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { sendEmail } from './send-email.ts'

const webhook = {
  id: 'ops',
  name: '',
  url: 'mailto:ops@example.com',
  format: 'email' as const,
  events: [] as string[],
  disabled: false,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
}
const body = JSON.stringify({
  type: 'flag.turned-off',
  timestamp: '2026-11-30T01:02:03.000Z',
  data: { environment: 'shop', kinds: ['flag.turned-off'], summary: 'Ada turned flag checkout off.' },
})
const binding = (env as unknown as { EMAIL: SendEmail }).EMAIL
const send = (url: string) =>
  sendEmail({
    webhook: { ...webhook, url },
    delivery: { id: 'msg_1', body },
    settings: {
      consoleUrl: undefined,
      resolver: undefined,
      connectTo: {},
      email: { from: 'Tackline <flags@example.com>', binding },
    },
    now: 0,
  })

it('is delivered, or says that it failed', async () => {
  expect(await send(webhook.url)).toEqual({ outcome: 'delivered' })
  const refused = await send('mailto:others@example.com') // no address that the binding may send to
  expect(refused).toMatchObject({ outcome: 'failed', error: 'Cloudflare did not take the e-mail' })
})
