// Streams of changes through edge, the notifier and the environment object in workerd.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { openEventStream } from '../support/event-stream-client.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'

const stack = useStack()

const environmentWithFlag = async (id: string): Promise<TestEnvironment> => {
  const environment = await createTestEnvironment(stack(), id)
  await createFlag(environment, {
    key: 'lights',
    type: 'boolean',
    enabled: true,
    variations: [{ id: 'on', value: 'true' }],
    offVariationId: 'on',
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  })
  return environment // at revision 4
}

const listen = ({ url, environmentId, clientKey }: TestEnvironment, headers: Record<string, string> = {}) =>
  openEventStream(
    (signal) => fetch(`${url}/${environmentId}/changes?key=${clientKey}`, { headers, signal }),
    (event) => {
      const id = /^id: (\d+)\n./.exec(event)?.[1]
      return id === undefined ? undefined : { id: Number(id), at: Date.now() }
    },
  )

it('sends a change to every stream at once, with the revision as id', async () => {
  const environment = await environmentWithFlag('notified')
  const listeners = await Promise.all(Array.from({ length: 12 }, () => listen(environment)))
  await changeFlag(environment, 'lights', { enabled: false })
  const changedAt = Date.now()
  for (const { waitFor } of listeners) await waitFor(1)
  expect(listeners.map(({ events }) => events[0]!.id)).toEqual(listeners.map(() => 5))
  expect(Math.max(...listeners.map(({ events }) => events[0]!.at)) - changedAt).toBeLessThan(1_000)
  for (const { close } of listeners) await close()
})

it('sends missed changes after a reconnect, and nothing to a client that is up to date', async () => {
  const environment = await environmentWithFlag('returned')
  const first = await listen(environment)
  await changeFlag(environment, 'lights', { enabled: false })
  await first.waitFor(1)
  await first.close()
  await changeFlag(environment, 'lights', { enabled: true })
  await changeFlag(environment, 'lights', { enabled: false })
  const second = await listen(environment, { 'last-event-id': String(first.events[0]!.id) })
  await second.waitFor(1)
  expect(second.events[0]!.id).toBe(7)
  const third = await listen(environment, { 'last-event-id': '7' })
  await changeFlag(environment, 'lights', { enabled: true })
  await third.waitFor(1)
  expect(third.events.map(({ id }) => id)).toEqual([8])
  for (const { close } of [second, third]) await close()
})

it('evaluates by a change as soon as the stream has announced it', async () => {
  const environment = await environmentWithFlag('written')
  const { events, waitFor, close } = await listen(environment)
  for (let i = 1; i <= 5; i++) {
    await changeFlag(environment, 'lights', { enabled: i % 2 === 0 })
    await waitFor(i)
    const revision = String(events.at(-1)!.id)
    const answer = await fetch(`${environment.url}/ofrep/v1/evaluate/flags/lights`, {
      method: 'POST',
      headers: { authorization: `Bearer ${environment.clientKey}`, 'x-min-revision': revision },
      body: '{}',
    })
    expect(answer.headers.get('x-revision')).toBe(revision)
  }
  await close()
})

it('opens only with a key of the environment', async () => {
  const [one, other] = await Promise.all([environmentWithFlag('mine'), environmentWithFlag('yours')])
  const statusOf = async (key: string) =>
    (await fetch(`${one.url}/${one.environmentId}/changes?key=${key}`)).status
  expect(await statusOf('')).toBe(401)
  expect(await statusOf(other.clientKey)).toBe(403)
})

it('opens with a ticket as with a key, and ends when the key is disabled, however it was opened', async () => {
  const environment = await environmentWithFlag('disabled')
  const { url, clientKey, serverKey } = environment
  const headers = { authorization: `Bearer ${clientKey}` }
  const ticketAt = async (path: string) => {
    const answer = await fetch(url + path, { method: 'POST', headers })
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { ticket: string }).ticket
  }
  const addresses = [
    `/disabled/changes?key=${clientKey}`,
    `/disabled/changes?ticket=${await ticketAt('/disabled/changes/ticket')}`,
    `/ofrep/v1/stream/${clientKey}`,
    `/ofrep/v1/stream/${await ticketAt('/ofrep/v1/stream/ticket')}`,
  ]
  const open = (address: string) =>
    openEventStream(
      (signal) => fetch(url + address, { signal }),
      (event) => event,
    )
  const opened = await Promise.all(addresses.map(open))
  const other = await open(`/disabled/changes?key=${serverKey}`)
  const { sdkKeys } = await call<{ sdkKeys: { id: string; role: string }[] }>(
    environment,
    'GET',
    '/environments/disabled/sdk-keys',
  )
  const { id } = sdkKeys.find(({ role }) => role === 'client')!
  await call(environment, 'PATCH', `/environments/disabled/sdk-keys/${id}`, { disabled: true })
  await expect
    .poll(() => opened.map(({ hasEnded }) => hasEnded()), { timeout: 20_000 })
    .toEqual([true, true, true, true])
  expect(other.hasEnded()).toBe(false)
  for (const address of addresses) expect((await fetch(url + address)).status).toBeGreaterThanOrEqual(401)
  await other.close()
})
