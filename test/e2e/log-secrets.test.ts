// No log line of the Workers contains a secret or identifies a user. Sends valid and invalid requests of
// every kind, then searches the whole log.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { createFlag, createTestEnvironment, pause, useStack } from '../support/stack-fixture.ts'

const stack = useStack()

it('logs no key, token, targeting key or attribute', async () => {
  const environment = await createTestEnvironment(stack(), 'quiet')
  const { url, token, clientKey, serverKey } = environment
  const path = '/environments/quiet'
  await createFlag(environment, {
    key: 'a',
    type: 'string',
    enabled: true,
    variations: [{ id: 'it', value: 'x' }],
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'it' } },
  })
  const trigger = await call<{ token: string }>(environment, 'POST', `${path}/triggers`, {
    flagKey: 'a',
    action: 'turn-off',
  })
  const foreignKey = 'brought-along-0123456789abcdef'
  const sdkKeys = [{ key: foreignKey, role: 'client' }]
  await call(environment, 'POST', `${path}/import/flagship-io`, { campaigns: [], sdkKeys })
  const [who, plan] = ['targeting-key-of-ada', 'attribute-of-ada']
  const wrong = `tl_client_quiet_${'f'.repeat(48)}`

  const send = async (to: string, key: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(url + to, { ...init, headers })
    await response.body?.cancel()
    return response.status
  }
  const context = { targetingKey: who, plan }
  for (const key of [clientKey, serverKey, foreignKey]) {
    expect(await send('/ofrep/v1/evaluate/flags', key, { context })).toBe(200)
    expect(await send('/ofrep/v1/evaluate/flags/none', key, { context })).toBe(404)
    expect(await send('/ofrep/v1/track', key, { context, events: [{ kind: 'goal', name: 'buy' }] })).toBe(200)
    expect(await send('/ofrep/v1/evaluate/flags', key, '{')).toBe(400)
  }
  expect(await send('/ofrep/v1/evaluate/flags', wrong, { context })).toBeGreaterThan(400)
  expect(await send('/quiet/changes', clientKey)).toBe(200)
  const issue = async (to: string) => {
    const headers = { authorization: `Bearer ${clientKey}` }
    const answer = await fetch(url + to, { method: 'POST', headers })
    return ((await answer.json()) as { ticket: string }).ticket
  }
  const tickets = [await issue('/quiet/changes/ticket'), await issue('/ofrep/v1/stream/ticket')] as const
  expect(await send(`/quiet/changes?ticket=${tickets[0]}`, '')).toBe(200)
  expect(await send(`/ofrep/v1/stream/${tickets[1]}`, '')).toBe(200)
  expect(await send(`/ofrep/v1/stream/${tickets[1].replace('tls_', 'tls_x')}`, '')).toBeGreaterThan(400)
  expect(await send(`/quiet/changes?key=${clientKey}`, '')).toBe(200)
  expect(await send(`/ofrep/v1/stream/${clientKey}`, '')).toBe(200)
  const hit = { vid: who, t: 'SEGMENT', s: { plan } }
  expect(await send('/', clientKey, { cid: 'quiet', t: 'BATCH', h: [hit] })).toBe(204)
  expect(await send('/api/v1/triggers', trigger.token, {})).toBe(200)
  expect(await send('/api/v1/triggers', `${trigger.token.slice(0, -1)}x`, {})).toBe(404)
  expect(await send('/api/v1/environments', token)).toBe(200)
  expect(await send('/api/v1/environments', `${token}x`)).toBe(401)
  expect(await send(`/api/v1${path}/flags/a`, token, { not: plan })).toBeGreaterThan(400)
  await pause(3_000) // the queue waits a second for a batch, and log lines are buffered

  const log = stack().log()
  expect(log).toContain('"where":"request"') // it is the log of these requests
  const secrets = {
    token,
    clientKey,
    serverKey,
    foreignKey,
    trigger: trigger.token,
    wrong,
    who,
    plan,
    first: tickets[0],
    second: tickets[1],
  }
  const found = Object.entries(secrets).filter(([, secret]) => log.includes(secret))
  expect(found.map(([name]) => name)).toEqual([])
})
