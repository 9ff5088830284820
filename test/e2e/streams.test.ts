// Changes as they come to who listens: through edge, notifier and the environment's object in workerd.
import { expect, it } from 'vitest'
import { listener } from '../support/listener.ts'
import { changeFlag, createFlag, createPlace, type Place, useStack } from '../support/stack-fixture.ts'

const stack = useStack()

const placeWithFlag = async (id: string): Promise<Place> => {
  const place = await createPlace(stack(), id)
  await createFlag(place, {
    key: 'lights',
    type: 'boolean',
    enabled: true,
    variations: [{ id: 'on', value: 'true' }],
    offVariationId: 'on',
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  })
  return place // at revision 4
}

const listen = ({ url, environmentId, clientKey }: Place, headers: Record<string, string> = {}) =>
  listener(
    (signal) => fetch(`${url}/${environmentId}/changes?key=${clientKey}`, { headers, signal }),
    (event) => {
      const id = /^id: (\d+)\n./.exec(event)?.[1]
      return id === undefined ? undefined : { id: Number(id), at: Date.now() }
    },
  )

it('tells every listener of a change at once, with the revision as its id', async () => {
  const place = await placeWithFlag('told')
  const listeners = await Promise.all(Array.from({ length: 12 }, () => listen(place)))
  await changeFlag(place, 'lights', { enabled: false })
  const changedAt = Date.now()
  for (const { until } of listeners) await until(1)
  expect(listeners.map(({ heard }) => heard[0]!.id)).toEqual(listeners.map(() => 5))
  expect(Math.max(...listeners.map(({ heard }) => heard[0]!.at)) - changedAt).toBeLessThan(1_000)
  for (const { leave } of listeners) await leave()
})

it('tells who comes back what it missed, and who is up to date nothing', async () => {
  const place = await placeWithFlag('returned')
  const first = await listen(place)
  await changeFlag(place, 'lights', { enabled: false })
  await first.until(1)
  await first.leave()
  await changeFlag(place, 'lights', { enabled: true })
  await changeFlag(place, 'lights', { enabled: false })
  const second = await listen(place, { 'last-event-id': String(first.heard[0]!.id) })
  await second.until(1)
  expect(second.heard[0]!.id).toBe(7)
  const third = await listen(place, { 'last-event-id': '7' })
  await changeFlag(place, 'lights', { enabled: true })
  await third.until(1)
  expect(third.heard.map(({ id }) => id)).toEqual([8])
  for (const { leave } of [second, third]) await leave()
})

it('has an answer decided by the change it told of', async () => {
  const place = await placeWithFlag('written')
  const { heard, until, leave } = await listen(place)
  for (let i = 1; i <= 5; i++) {
    await changeFlag(place, 'lights', { enabled: i % 2 === 0 })
    await until(i)
    const revision = String(heard.at(-1)!.id)
    const answer = await fetch(`${place.url}/ofrep/v1/evaluate/flags/lights`, {
      method: 'POST',
      headers: { authorization: `Bearer ${place.clientKey}`, 'x-min-revision': revision },
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
