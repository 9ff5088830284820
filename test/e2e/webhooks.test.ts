// Webhooks on the real stack, against a receiver that is slow, hangs, fails, redirects, sends too much or
// breaks off. Signatures are verified by the library that receivers use.
import type { ServerResponse } from 'node:http'
import { readFileSync, rmSync } from 'node:fs'
import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import {
  type Behaviour,
  type Received,
  type Receiver,
  controlWith,
  startReceiver,
} from '../support/webhook-receiver.ts'
import { preparedFolder } from '../support/stack-fixture.ts'

const directory = await preparedFolder()
let receiver: Receiver
let stack: Stack
const path = '/environments/shop'

beforeAll(async () => {
  receiver = await startReceiver()
  const configs = { control: controlWith(receiver) }
  stack = await startStack({ port: await freePort(), directory, state: 'keep', configs })
  await call(stack, 'POST', '/environments', { id: 'shop' })
  await call(stack, 'POST', `${path}/flags`, flag('checkout', ['web']))
  await call(stack, 'POST', `${path}/flags`, flag('search', []))
}, 90_000)
afterAll(async () => {
  await stack?.stop()
  await receiver?.close()
  rmSync(directory, { recursive: true, force: true })
})

const flag = (key: string, tags: string[]) => ({
  key,
  type: 'boolean',
  tags,
  variations: [
    { id: `${key}-on`, value: 'true' },
    { id: `${key}-off`, value: 'false' },
  ],
  offVariationId: `${key}-off`,
  defaultStrategy: {
    strategy: {
      kind: 'rollout',
      shares: [
        { variationId: `${key}-on`, weight: 50_000 },
        { variationId: `${key}-off`, weight: 50_000 },
      ],
    },
  },
})

const rate = { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 }
const variation = (variationId: string, probabilityBest: number) => ({
  variationId,
  users: 100,
  conversions: 10,
  rate,
  probabilityBest,
  probabilityBeatsBaseline: probabilityBest,
  expectedLoss: 0,
  uplift: null,
})
const result = (hour: number, more: object) => ({
  goalKey: 'buy',
  baselineVariationId: 'checkout-off',
  computedAt: hour * 3_600_000,
  window: { from: 0, to: hour * 3_600_000 },
  inputHash: String(hour).repeat(64),
  prior: { alpha: 0.5, beta: 0.5 },
  engine: { kind: 'exact', method: 'quadrature' },
  variations: [variation('checkout-off', 0.1), variation('checkout-on', 0.9)],
  health: { status: 'green', checks: [] },
  ...more,
})

interface Delivery {
  readonly id: string
  readonly type: string
  readonly state: string
  readonly attempts: number
  readonly nextAttemptAt?: number
  readonly lastAttemptAt?: number
  readonly lastStatus?: number
  readonly lastError?: string
}

async function hook(id: string, more: object = {}): Promise<string> {
  const draft = { id, url: `https://hooks.example.com/${id}`, ...more }
  const created = await call<{ secret: string }>(stack, 'POST', `${path}/webhooks`, draft)
  return created.secret
}
const edit = (id: string, changes: object) => call(stack, 'PATCH', `${path}/webhooks/${id}`, changes)
const remove = (id: string) => call(stack, 'DELETE', `${path}/webhooks/${id}`)
const post = <T>(id: string, what: string, body?: object) =>
  call<T>(stack, 'POST', `${path}/webhooks/${id}/${what}`, body)
const change = (key: string, changes: object) => call(stack, 'PATCH', `${path}/flags/${key}`, changes)
const newest = async (id: string) =>
  (await call<{ deliveries: Delivery[] }>(stack, 'GET', `${path}/webhooks/${id}/deliveries`)).deliveries[0]
const health = async (id: string) =>
  (await call<{ health: Record<string, unknown> }>(stack, 'GET', `${path}/webhooks/${id}`)).health

const until = { timeout: 30_000, interval: 100 }
const verified = (secret: string, { body, headers }: Received) =>
  new Verifier(secret).verify(body, headers) as { type: string; data: Record<string, unknown> }

describe('a change', () => {
  it('is told of, signed, with who did what, and only what is wanted', async () => {
    const secret = await hook('all')
    const tagged = await hook('tagged', { tags: ['web'], events: ['flag.turned-on', 'flag.turned-off'] })
    await change('search', { enabled: true })
    await call(stack, 'PATCH', `${path}/flags/checkout`, { enabled: true, description: 'new' })
    await expect.poll(() => receiver.at('/all').length, until).toBe(3) // with the creation of the other one
    await expect.poll(() => receiver.at('/tagged').length, until).toBe(1)
    const messages = receiver.at('/all').map((each) => verified(secret, each))
    const about = messages.find(({ data }) => JSON.stringify(data['changes']).includes('checkout'))!
    expect(about).toMatchObject({
      type: 'flag.turned-on',
      data: {
        environment: 'shop',
        kinds: ['flag.turned-on', 'flag.updated'],
        summary: 'first token turned flag checkout on.',
        command: 'update-flag',
        actor: { kind: 'token', name: 'first token' },
        changeCount: 1,
        changes: [
          {
            kind: 'flag',
            id: 'checkout',
            change: 'updated',
            differences: expect.arrayContaining([{ path: '/enabled', before: false, after: true }]),
          },
        ],
      },
    })
    const [own] = receiver.at('/tagged')
    expect(verified(tagged, own!).data['revision']).toBe(about.data['revision'])
    expect(() => verified(secret, own!)).toThrow(/No matching signature/)
    const altered = { ...own!, body: own!.body.replace('turned', 'burned') }
    expect(() => verified(tagged, altered)).toThrow(/No matching signature/)
    await remove('all')
    await remove('tagged')
  })
})

describe('a receiver', () => {
  it('that misbehaves is tried again, and delays no other', async () => {
    const answered = (status: number, headers: Record<string, string> = {}) => ({
      behave: (response: ServerResponse) => void response.writeHead(status, headers).end('no'),
    })
    let sentBytes = 0
    const hostile: Record<string, { behave?: Behaviour; url?: string; error: RegExp | undefined }> = {
      hanging: { behave: () => undefined, error: /^no answer within 10 s$/ },
      'hanging-later': {
        behave: (response) => void response.writeHead(500).write('so'),
        error: /^no answer within 10 s$/,
      },
      slow: { behave: (response) => void setTimeout(() => response.end(), 3_000), error: undefined },
      redirecting: { ...answered(302, { location: '/inside' }), error: /redirect, which is not followed$/ },
      refusing: { ...answered(418), error: /^answered 418: no$/ },
      resetting: { behave: (response) => void response.destroy(), error: /^the connection failed$/ },
      huge: {
        behave: (response) => {
          response.writeHead(500)
          const write = () => {
            while (!response.destroyed && response.write('x'.repeat(65_536))) sentBytes += 65_536
            if (!response.destroyed) response.once('drain', write)
          }
          write()
        },
        error: /^answered 500: x{200}$/,
      },
      untrusted: { url: 'https://untrusted.example.com/untrusted', error: /^the connection failed$/ },
      private: { url: 'https://private.example.com/private', error: /not on the public internet$/ },
      'half-private': { url: 'https://half-private.example.com/half', error: /not on the public internet$/ },
      metadata: { url: 'https://metadata.example.com/metadata', error: /not on the public internet$/ },
      missing: { url: 'https://missing.example.com/missing', error: /does not resolve$/ },
    }
    for (const [id, { behave, url }] of Object.entries(hostile)) {
      if (behave) receiver.behave(`/${id}`, behave)
      await hook(id, { events: ['flag.turned-off'], ...(url && { url }) })
    }
    const secret = await hook('friendly', { events: ['flag.turned-off'] })
    await change('checkout', { enabled: false })
    await expect.poll(() => receiver.at('/hanging').length, until).toBe(1)
    await expect.poll(() => newest('friendly'), until).toMatchObject({ state: 'delivered', lastStatus: 200 })
    expect(await newest('hanging')).toMatchObject({ state: 'waiting', attempts: 0 }) // while it still hangs
    for (const [id, { error }] of Object.entries(hostile)) {
      const expected = error
        ? { attempts: expect.any(Number), lastError: expect.stringMatching(error) }
        : { state: 'delivered', attempts: 1 }
      await expect.poll(() => newest(id), until).toMatchObject(expected)
      if (error) expect(await health(id)).toMatchObject({ status: 'failing', waiting: 1 })
    }
    expect(verified(secret, receiver.at('/friendly')[0]!).type).toBe('flag.turned-off')
    expect(receiver.at('/inside')).toEqual([])
    for (const asked of ['/untrusted', '/private', '/half', '/metadata', '/missing'])
      expect(receiver.at(asked)).toEqual([])
    expect(sentBytes).toBeLessThan(30_000_000) // what buffers between the two processes hold
    for (const id of Object.keys(hostile)) await remove(id)
    await remove('friendly')
  })

  it('that fails at first gets the same message again later, signed anew', async () => {
    receiver.behave('/shaky', (response, _, count) => void response.writeHead(count < 2 ? 500 : 204).end())
    const secret = await hook('shaky', { events: ['flag.turned-on'] })
    await change('checkout', { enabled: true })
    await expect.poll(() => newest('shaky'), until).toMatchObject({ state: 'delivered', attempts: 2 })
    const [first, second] = receiver.at('/shaky')
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id'])
    expect(second!.body).toBe(first!.body)
    expect(second!.at - first!.at).toBeGreaterThan(4_400)
    expect(Number(second!.headers['webhook-timestamp'])).toBeGreaterThan(
      Number(first!.headers['webhook-timestamp']),
    )
    verified(secret, second!)
    expect(await health('shaky')).toMatchObject({ status: 'ok', failures: 0, waiting: 0, dead: 0 })
    await remove('shaky')
  })

  it('says when to come back, or that it is gone; what is dead can be sent again', async () => {
    receiver.behave('/busy', (response) => void response.writeHead(503, { 'retry-after': '3600' }).end())
    receiver.behave('/gone', (response, _, count) => void response.writeHead(count < 2 ? 410 : 200).end())
    await hook('busy', { events: ['flag.turned-off'] })
    await hook('gone', { events: ['flag.turned-off'] })
    await change('checkout', { enabled: false })
    await expect.poll(() => newest('busy'), until).toMatchObject({ state: 'waiting', attempts: 1 })
    const { nextAttemptAt, lastAttemptAt } = (await newest('busy'))!
    expect(nextAttemptAt! - lastAttemptAt!).toBe(3_600_000)
    await expect
      .poll(() => newest('gone'), until)
      .toMatchObject({ state: 'dead', attempts: 1, lastStatus: 410 })
    expect(await health('gone')).toMatchObject({ status: 'failing', dead: 1 })
    const { id } = (await newest('gone'))!
    expect(await post('gone', `deliveries/${id}/redeliver`)).toMatchObject({ delivery: { state: 'waiting' } })
    await expect.poll(() => newest('gone'), until).toMatchObject({ id, state: 'delivered' })
    expect(receiver.at('/gone').map(({ headers }) => headers['webhook-id'])).toEqual([id, id])

    await edit('busy', { disabled: true })
    await expect.poll(() => newest('busy'), until).toMatchObject({ state: 'cancelled' })
    await change('checkout', { enabled: true })
    await change('checkout', { enabled: false })
    await expect(post('busy', 'test')).rejects.toThrow(/409.*the webhook is disabled: it sends nothing/)
    await expect(post('busy', `deliveries/${(await newest('busy'))!.id}/redeliver`)).rejects.toThrow(/409/)
    expect(receiver.at('/busy')).toHaveLength(1)
    await remove('busy')
    await remove('gone')
  })
})

describe('a webhook', () => {
  it('is tested by hand, and forgets its deliveries when it is deleted', async () => {
    const secret = await hook('tried', { events: ['goal.created'] })
    const { delivery } = await post<{ delivery: Delivery }>('tried', 'test')
    expect(delivery).toMatchObject({ type: 'webhook.test', state: 'waiting' })
    await expect.poll(() => newest('tried'), until).toMatchObject({ id: delivery.id, state: 'delivered' })
    expect(verified(secret, receiver.at('/tried')[0]!)).toMatchObject({
      type: 'webhook.test',
      data: { summary: 'first token tested webhook tried.' },
    })
    await remove('tried')
    await hook('tried')
    expect(await newest('tried')).toBeUndefined()
    expect(await health('tried')).toEqual({ status: 'unused', failures: 0, waiting: 0, dead: 0 })
    await remove('tried')
  })

  it('signs with the old secret as well until the overlap is over', async () => {
    const old = await hook('rotated', { events: ['goal.created'] })
    const rotate = (body: object) => post<{ secret: string }>('rotated', 'rotate', body)
    const testAs = async (count: number) => {
      await post('rotated', 'test')
      await expect.poll(() => receiver.at('/rotated').length, until).toBe(count)
      return receiver.at('/rotated')[count - 1]!
    }
    const { secret: second } = await rotate({ overlapMs: 3_600_000 })
    const overlapping = await testAs(1)
    for (const secret of [old, second]) verified(secret, overlapping)
    const { secret: third } = await rotate({})
    const last = await testAs(2)
    verified(third, last)
    for (const secret of [old, second]) expect(() => verified(secret, last)).toThrow(/No matching signature/)
    await remove('rotated')
  })

  it('in the format of Slack is a text, and its address is as secret as a key', async () => {
    const slackPath = '/services/T00000000/B00000000/slacksecretabcdef'
    const url = `https://hooks.slack.com${slackPath}`
    const secret = await hook('slack', { url, format: 'slack', events: ['flag.updated'] })
    expect(secret).toBe('')
    const signing = await hook('signing', { events: ['flag.updated'] })
    const escaped = await fetch(`${stack.url}/api/v1${path}/flags/checkout`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${stack.token}`,
        'content-type': 'application/json',
        'x-comment': 'too <slow> & dear',
      },
      body: JSON.stringify({ enabled: true }),
    })
    expect(escaped.status).toBe(200)
    await expect.poll(() => receiver.at(slackPath).length, until).toBe(1)
    const [{ body, headers }] = receiver.at(slackPath) as [Received]
    expect(JSON.parse(body)).toEqual({
      text:
        'first token turned flag checkout on. (environment shop)\n' +
        'Reason: too &lt;slow&gt; &amp; dear\n' +
        '<https://flags.example.com/environments/shop/flags|Open the console>',
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('webhook-'))).toEqual([])

    receiver.behave(
      `${slackPath}2`,
      (response, request) => void response.writeHead(404).end(`Cannot POST ${request.url}`),
    )
    await edit('slack', { url: `${url}2` })
    await post('slack', 'test')
    await expect.poll(() => newest('slack'), until).toMatchObject({ lastError: 'answered 404' })
    // what a GET shows, sent back, is the same address
    const { id: before } = (await newest('slack'))!
    await edit('slack', { url: 'https://hooks.slack.com', name: 'The team' })
    await post('slack', 'test')
    await expect
      .poll(() => newest('slack'), until)
      .toMatchObject({ id: expect.not.stringMatching(before) as string, lastError: 'answered 404' })
    await post('signing', 'rotate', { overlapMs: 1_000 })
    await expect(post('slack', 'rotate', {})).rejects.toThrow(/409/)
    await expect(hook('local', { url: 'https://127.0.0.1/x' })).rejects.toThrow(/400/)
    const { revisions } = await call<{ revisions: { number: number }[] }>(stack, 'GET', `${path}/revisions`)
    const reads = [
      '/webhooks',
      '/webhooks/slack',
      '/webhooks/slack/deliveries',
      '/webhooks/signing',
      '/webhooks/signing/deliveries',
      '/revisions?limit=200',
      '/audit?limit=200',
      ...revisions.map(({ number }) => `/audit/${number}`),
      '/export',
    ]
    for (const read of reads) {
      const text = JSON.stringify(await call(stack, 'GET', path + read))
      expect(text, read).not.toMatch(/slacksecret|whsec_/)
      expect(text, read).not.toContain(signing.slice('whsec_'.length))
    }
    expect(await call(stack, 'GET', `${path}/webhooks/slack`)).toMatchObject({
      url: 'https://hooks.slack.com',
    })
    expect(readFileSync(stack.logPath, 'utf8')).not.toMatch(/slacksecret|whsec_/)
    await remove('slack')
    await remove('signing')
  })
})

describe('the runner', () => {
  it('has its verdicts, red health and fired operations told', async () => {
    await call(stack, 'POST', `${path}/goals`, { key: 'buy' })
    await call(stack, 'POST', `${path}/experiments`, {
      id: 'button',
      flagKey: 'checkout',
      goalKeys: ['buy'],
      baselineVariationId: 'checkout-off',
    })
    const rest = { flagKey: 'checkout', goalKey: 'buy', variationId: 'checkout-on', minimumUsers: 1 }
    const guard = { id: 'guard', kind: 'event-rate', comparison: 'at-least', threshold: 0.1, ...rest }
    await call(stack, 'POST', `${path}/operations`, guard)
    const events = ['experiment.verdict', 'experiment.health-red', 'operation.fired']
    const secret = await hook('runner', { events, tags: ['web'] })
    const found = [
      { verdict: { kind: 'undecided', reason: 'Keep running.' } },
      { verdict: { kind: 'winner', variationId: 'checkout-on', probabilityBest: 0.9, expectedLoss: 0 } },
      { verdict: { kind: 'winner', variationId: 'checkout-on', probabilityBest: 0.9, expectedLoss: 0.01 } },
      {
        verdict: { kind: 'withheld', reason: 'Health is red.' },
        health: { status: 'red', checks: [{ name: 'sample-ratio', status: 'failed', detail: 'Too few.' }] },
      },
    ]
    for (const [hour, more] of found.entries())
      await call(stack, 'POST', `${path}/experiments/button/results`, result(hour + 1, more))
    const facts = { exposedUsers: 100, goalUsers: 90 }
    await call(stack, 'POST', `${path}/operations/guard/apply`, facts)
    await expect.poll(() => receiver.at('/runner').length, until).toBe(3)
    const messages = receiver.at('/runner').map((each) => verified(secret, each))
    expect(messages.map(({ type }) => type).toSorted()).toEqual(events.toSorted())
    expect(messages.find(({ type }) => type === 'operation.fired')!.data).toMatchObject({
      command: 'apply-operation',
      summary: 'first token fired operation guard.',
    })
    await remove('runner')
  })
})
