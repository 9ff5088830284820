// Bucketeer's `stream_evaluations` through workerd: the hub, the notifier and the environment's object are
// the real ones.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { listener } from '../support/listener.ts'
import { createFlags } from '../support/sdk/flags.ts'
import { changeFlag, createFlag, createPlace, pause, type Place, useStack } from '../support/stack-fixture.ts'

const stack = useStack()

interface Told {
  readonly evaluations: {
    readonly evaluations: readonly { featureId: string; variationValue: string }[]
    readonly archivedFeatureIds: readonly string[]
    readonly forceUpdate: boolean
  }
  readonly userEvaluationsId: string
}

const ask = (place: Place, body: object, key = place.clientKey, signal?: AbortSignal) =>
  fetch(`${place.url}/v1/gateway/stream_evaluations`, {
    method: 'POST',
    headers: { authorization: key, 'content-type': 'application/json' },
    body: JSON.stringify({ sourceId: 7, sdkVersion: '3.0.0', evaluatedAt: '0', ...body }),
    ...(signal && { signal }),
  })

const listen = (place: Place, body: object) =>
  listener(
    (signal) => ask(place, body, place.clientKey, signal),
    (event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/m.exec(event) ?? []
      return name === undefined ? undefined : { name, told: JSON.parse(data!) as Told }
    },
  )

const fixedOn = (variationId: string) => ({
  defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId } },
})

it('puts everything first, then patches what changed for this user and nothing else', async () => {
  const place = await createPlace(stack(), 'stream')
  await createFlags(place)
  const { heard, until, leave } = await listen(place, { user: { id: 'ada' }, tag: 'web' })
  await until(1)
  const put = heard[0]!
  expect([put.name, put.told.evaluations.forceUpdate]).toEqual(['put', true])
  expect(put.told.evaluations.evaluations.length).toBeGreaterThan(5)

  await changeFlag(place, 'title', fixedOn('word-b'))
  await until(2)
  const patch = heard[1]!
  expect(patch).toMatchObject({ name: 'patch', told: { evaluations: { forceUpdate: false } } })
  expect(patch.told.evaluations.evaluations).toMatchObject([{ featureId: 'title', variationValue: 'banana' }])

  await changeFlag(place, 'title', { tags: [] }) // it leaves the tag
  await until(3)
  expect(heard[2]!.told.evaluations).toMatchObject({ evaluations: [], archivedFeatureIds: ['title'] })

  await changeFlag(place, 'title', fixedOn('word-c')) // no matter under this tag
  await pause(1_500)
  expect(heard).toHaveLength(3)
  await leave()
})

it('tells of a flag that keeps its users what each has, though its weights say otherwise now', async () => {
  const place = await createPlace(stack(), 'stream-kept')
  const split = (shares: readonly { variationId: string; weight: number }[]) => ({
    defaultStrategy: { id: 'kept-rule', strategy: { kind: 'rollout', shares } },
  })
  await createFlag(place, {
    key: 'kept',
    type: 'string',
    enabled: true,
    assignment: 'kept',
    variations: ['a', 'b'].map((id) => ({ id, value: id })),
    ...split([{ variationId: 'a', weight: 100_000 }]),
  })
  const { heard, until, leave } = await listen(place, { user: { id: 'ada' } })
  await until(1)
  expect(heard[0]!.told.evaluations.evaluations).toMatchObject([{ variationValue: 'a' }])
  await changeFlag(place, 'kept', split([{ variationId: 'b', weight: 100_000 }]))
  await until(2)
  expect(heard[1]!.told.evaluations.evaluations).toMatchObject([{ featureId: 'kept', variationValue: 'a' }])
  await leave()
  const other = await listen(place, { user: { id: 'eve' } })
  await other.until(1)
  expect(other.heard[0]!.told.evaluations.evaluations).toMatchObject([{ variationValue: 'b' }])
  await other.leave()
})

it('puts nothing to whom comes back with what it has, by the id that polling gives too', async () => {
  const place = await createPlace(stack(), 'stream-back')
  await createFlags(place)
  const polled = await fetch(`${place.url}/get_evaluations`, {
    method: 'POST',
    headers: { authorization: place.clientKey },
    body: JSON.stringify({ user: { id: 'ada' }, tag: 'web' }),
  })
  const { userEvaluationsId } = (await polled.json()) as Told
  const back = await listen(place, { user: { id: 'ada' }, tag: 'web', userEvaluationsId })
  await back.until(1)
  expect(back.heard[0]!.told).toMatchObject({
    userEvaluationsId,
    evaluations: { evaluations: [], forceUpdate: false },
  })
  await changeFlag(place, 'title', fixedOn('word-b'))
  await back.until(2)
  await back.leave()
  const late = await listen(place, { user: { id: 'ada' }, tag: 'web', userEvaluationsId })
  await late.until(1)
  expect(late.heard[0]!.told.evaluations.forceUpdate).toBe(true)
  await late.leave()
})

it('ends for a key that is revoked, with an error, and refuses in the gateway’s form', async () => {
  const place = await createPlace(stack(), 'stream-keys')
  await createFlags(place)
  const user = { user: { id: 'ada' }, tag: '' }
  expect((await ask(place, user, place.serverKey)).status).toBe(403)
  expect((await ask(place, user, '')).status).toBe(401)
  expect((await ask(place, { tag: '' })).status).toBe(400)
  const { heard, until, hasEnded } = await listen(place, user)
  await until(1)
  const { sdkKeys } = await call<{ sdkKeys: { id: string; role: string }[] }>(
    place,
    'GET',
    `/environments/${place.environmentId}/sdk-keys`,
  )
  const { id } = sdkKeys.find(({ role }) => role === 'client')!
  await call(place, 'PATCH', `/environments/${place.environmentId}/sdk-keys/${id}`, { disabled: true })
  await until(2)
  expect(heard[1]).toMatchObject({ name: 'error', told: { code: 'INTERNAL' } })
  await expect.poll(hasEnded, { timeout: 2_000 }).toBe(true)
  expect((await ask(place, user)).status).toBe(403)
})
