// E-mail and digests on the real stack, against a provider over HTTP that hangs, redirects, fails or answers
// without end. Its receiver is real; the provider's API has the form of Resend's.
import type { ServerResponse } from 'node:http'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { type Receiver, controlWith, startReceiver } from '../support/webhook-receiver.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
const path = '/environments/shop'
const until = { timeout: 30_000, interval: 100 }
let receiver: Receiver
let stack: Stack

/** By the name of the recipient. */
const behaviours: Record<string, (response: ServerResponse, count: number) => void> = {
  hanging: () => undefined,
  redirecting: (response) => void response.writeHead(307, { location: '/inside' }).end(),
  refusing: (response) => void response.writeHead(422).end('no such domain'),
  huge(response) {
    response.writeHead(500)
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', write)
    }
    write()
  },
  shaky: (response, count) => void response.writeHead(count < 2 ? 503 : 200).end(),
}
const mails = () => receiver.at('/emails').map(({ headers, body }) => ({ headers, ...JSON.parse(body) }))
const to = (name: string) => mails().filter((mail) => mail.to.includes(`${name}@example.com`))

beforeAll(async () => {
  receiver = await startReceiver()
  receiver.behave('/emails', (response) => {
    const [name] = String(mails().at(-1).to[0]).split('@')
    const behave = behaviours[name!]
    if (behave) behave(response, to(name!).length)
    else response.end('{"id":"1"}')
  })
  const configs = { control: controlWith(receiver) }
  stack = await startStack({ port: await freePort(), directory, state: 'keep', configs })
  await call(stack, 'POST', '/environments', { id: 'shop' })
}, 90_000)
afterAll(async () => {
  await stack?.stop()
  await receiver?.close()
  rmSync(directory, { recursive: true, force: true })
})

const hook = (id: string, more: object = {}) =>
  call<{ secret: string }>(stack, 'POST', `${path}/webhooks`, {
    id,
    format: 'email',
    url: `mailto:${id}@example.com`,
    events: ['goal.created'],
    ...more,
  })
const goal = (key: string) => call(stack, 'POST', `${path}/goals`, { key })
const newest = async (id: string) =>
  (await call<{ deliveries: object[] }>(stack, 'GET', `${path}/webhooks/${id}/deliveries`)).deliveries[0]

it('is sent to all recipients, and a provider that misbehaves is tried again and delays nobody', async () => {
  const errors = {
    hanging: /^no answer within 10 s$/,
    redirecting: /redirect, which is not followed$/,
    refusing: /^answered 422: no such domain$/,
    huge: /^answered 500: x{200}$/,
  }
  for (const id of [...Object.keys(errors), 'shaky']) await hook(id)
  expect(await hook('ops', { url: 'mailto:ops@example.com,dev@example.com' })).toMatchObject({ secret: '' })
  await goal('buy')
  await expect.poll(() => to('ops').length, until).toBe(1)
  expect(to('ops')[0]).toMatchObject({
    headers: { authorization: 'Bearer re_secret', 'idempotency-key': expect.stringMatching(/^msg_/) },
    from: 'Tackline <flags@example.com>',
    to: ['ops@example.com', 'dev@example.com'],
    subject: '[shop] first token created goal buy.',
    text: expect.stringContaining('https://flags.example.com/environments/shop/history'),
  })
  for (const [id, error] of Object.entries(errors))
    await expect.poll(() => newest(id), until).toMatchObject({ lastError: expect.stringMatching(error) })
  await expect.poll(() => newest('shaky'), until).toMatchObject({ state: 'delivered', attempts: 2 })
  const keys = to('shaky').map(({ headers }) => headers['idempotency-key'])
  expect(keys).toEqual([keys[0], keys[0]])
  expect(receiver.at('/inside')).toEqual([])
  for (const id of Object.keys(errors)) await call(stack, 'DELETE', `${path}/webhooks/${id}`)
})

it('is collected for a time and sent as one, while a test is sent at once', async () => {
  await hook('digest', { digestMs: 5_000 })
  for (const key of ['one', 'two', 'three']) await goal(key)
  await call(stack, 'POST', `${path}/webhooks/digest/test`)
  await expect.poll(() => to('digest').length, until).toBe(1)
  expect(to('digest')[0].subject).toContain('tested webhook digest')
  await expect.poll(() => to('digest').length, until).toBe(2)
  const { subject, text } = to('digest')[1]
  expect(subject).toBe('[shop] 3 notifications: first token created goal one.')
  for (const key of ['one', 'two', 'three']) expect(text).toContain(`created goal ${key}.`)
  const { deliveries } = await call<{ deliveries: { state: string }[] }>(
    stack,
    'GET',
    `${path}/webhooks/digest/deliveries`,
  )
  expect(deliveries.map(({ state }) => state)).toEqual(Array(4).fill('delivered'))
  await call(stack, 'PATCH', `${path}/webhooks/digest`, { digestMs: null })
  await goal('four')
  await expect.poll(() => to('digest').at(-1).subject, until).toContain('created goal four')
})

it.each([
  ['an address of the web', { url: 'https://hooks.example.com/x' }, 'url'],
  ['a header field', { url: 'mailto:ops@example.com?bcc=eve@example.com' }, 'url'],
  ['another format', { format: 'slack', url: 'mailto:ops@example.com' }, 'url'],
  ['no time for a digest', { digestMs: 0 }, 'digestMs'],
])('is refused with %s', async (_, more, field) => {
  await expect(hook('refused', more)).rejects.toThrow(new RegExp(`400.*${field}`))
})
