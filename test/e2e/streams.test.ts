// Changes as they come to who listens: through edge, notifier and the environment's object in workerd.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { listener } from '../support/listener.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'

const stack = useStack()

const placeWithFlag = async (id: string): Promise<TestEnvironment> => {
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
  listener(
    (signal) => fetch(`${url}/${environmentId}/changes?key=${clientKey}`, { headers, signal }),
    (event) => {
      const id = /^id: (\d+)\n./.exec(event)?.[1]
      return id === undefined ? undefined : { id: Number(id), at: Date.now() }
    },
  )

it('tells every listener of a change at once, with the revision as its id', async () => {
  const environment = await placeWithFlag('told')
  const listeners = await Promise.all(Array.from({ length: 12 }, () => listen(environment)))
  await changeFlag(environment, 'lights', { enabled: false })
  const changedAt = Date.now()
  for (const { until } of listeners) await until(1)
  expect(listeners.map(({ heard }) => heard[0]!.id)).toEqual(listeners.map(() => 5))
  expect(Math.max(...listeners.map(({ heard }) => heard[0]!.at)) - changedAt).toBeLessThan(1_000)
  for (const { leave } of listeners) await leave()
})

it('tells who comes back what it missed, and who is up to date nothing', async () => {
  const environment = await placeWithFlag('returned')
  const first = await listen(environment)
  await changeFlag(environment, 'lights', { enabled: false })
  await first.until(1)
  await first.leave()
  await changeFlag(environment, 'lights', { enabled: true })
  await changeFlag(environment, 'lights', { enabled: false })
  const second = await listen(environment, { 'last-event-id': String(first.heard[0]!.id) })
  await second.until(1)
  expect(second.heard[0]!.id).toBe(7)
  const third = await listen(environment, { 'last-event-id': '7' })
  await changeFlag(environment, 'lights', { enabled: true })
  await third.until(1)
  expect(third.heard.map(({ id }) => id)).toEqual([8])
  for (const { leave } of [second, third]) await leave()
})

it('has an answer decided by the change it told of', async () => {
  const environment = await placeWithFlag('written')
  const { heard, until, leave } = await listen(environment)
  for (let i = 1; i <= 5; i++) {
    await changeFlag(environment, 'lights', { enabled: i % 2 === 0 })
    await until(i)
    const revision = String(heard.at(-1)!.id)
    const answer = await fetch(`${environment.url}/ofrep/v1/evaluate/flags/lights`, {
      method: 'POST',
      headers: { authorization: `Bearer ${environment.clientKey}`, 'x-min-revision': revision },
      body: '{}',
    })
    expect(answer.headers.get('x-revision')).toBe(revision)
  }
  await leave()
})

it('lets nobody listen without a key of the environment', async () => {
  const [one, other] = await Promise.all([placeWithFlag('mine'), placeWithFlag('yours')])
  const statusOf = async (key: string) =>
    (await fetch(`${one.url}/${one.environmentId}/changes?key=${key}`)).status
  expect(await statusOf('')).toBe(401)
  expect(await statusOf(other.clientKey)).toBe(403)
})

it('opens with a ticket as with a key, and ends when the key is disabled, however it was opened', async () => {
  const environment = await placeWithFlag('disabled')
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
    listener(
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
  await other.leave()
})
