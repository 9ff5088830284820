// Bucketeer's `stream_evaluations` through workerd: the hub, the notifier and the environment's object are
// the real ones.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { listener } from '../support/listener.ts'
import { createFlags } from '../support/sdk/flags.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  pause,
  type TestEnvironment,
  useStack,
} from '../support/stack-fixture.ts'

const stack = useStack()

interface Told {
  readonly evaluations: {
    readonly evaluations: readonly { featureId: string; variationValue: string }[]
    readonly archivedFeatureIds: readonly string[]
    readonly forceUpdate: boolean
  }
  readonly userEvaluationsId: string
}

const ask = (environment: TestEnvironment, body: object, key = environment.clientKey, signal?: AbortSignal) =>
  fetch(`${environment.url}/v1/gateway/stream_evaluations`, {
    method: 'POST',
    headers: { authorization: key, 'content-type': 'application/json' },
    body: JSON.stringify({ sourceId: 7, sdkVersion: '3.0.0', evaluatedAt: '0', ...body }),
    ...(signal && { signal }),
  })

const listen = (environment: TestEnvironment, body: object) =>
  listener(
    (signal) => ask(environment, body, environment.clientKey, signal),
    (event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/m.exec(event) ?? []
      return name === undefined ? undefined : { name, told: JSON.parse(data!) as Told }
    },
  )

const fixedOn = (variationId: string) => ({
  defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId } },
})

it('puts everything first, then patches what changed for this user and nothing else', async () => {
  const environment = await createTestEnvironment(stack(), 'stream')
  await createFlags(environment)
  const { heard, until, leave } = await listen(environment, { user: { id: 'ada' }, tag: 'web' })
  await until(1)
  const put = heard[0]!
  expect([put.name, put.told.evaluations.forceUpdate]).toEqual(['put', true])
  expect(put.told.evaluations.evaluations.length).toBeGreaterThan(5)

  await changeFlag(environment, 'title', fixedOn('word-b'))
  await until(2)
  const patch = heard[1]!
  expect(patch).toMatchObject({ name: 'patch', told: { evaluations: { forceUpdate: false } } })
  expect(patch.told.evaluations.evaluations).toMatchObject([{ featureId: 'title', variationValue: 'banana' }])

  await changeFlag(environment, 'title', { tags: [] }) // it leaves the tag
  await until(3)
  expect(heard[2]!.told.evaluations).toMatchObject({ evaluations: [], archivedFeatureIds: ['title'] })

  await changeFlag(environment, 'title', fixedOn('word-c')) // no matter under this tag
  await pause(1_500)
  expect(heard).toHaveLength(3)
  await leave()
})

it('tells of a flag that keeps its users what each has, though its weights say otherwise now', async () => {
  const environment = await createTestEnvironment(stack(), 'stream-kept')
  const split = (shares: readonly { variationId: string; weight: number }[]) => ({
    defaultStrategy: { id: 'kept-rule', strategy: { kind: 'rollout', shares } },
  })
  await createFlag(environment, {
    key: 'kept',
    type: 'string',
    enabled: true,
    assignment: 'kept',
    variations: ['a', 'b'].map((id) => ({ id, value: id })),
    ...split([{ variationId: 'a', weight: 100_000 }]),
  })
  const { heard, until, leave } = await listen(environment, { user: { id: 'ada' } })
  await until(1)
  expect(heard[0]!.told.evaluations.evaluations).toMatchObject([{ variationValue: 'a' }])
  await changeFlag(environment, 'kept', split([{ variationId: 'b', weight: 100_000 }]))
  await until(2)
  expect(heard[1]!.told.evaluations.evaluations).toMatchObject([{ featureId: 'kept', variationValue: 'a' }])
  await leave()
  const other = await listen(environment, { user: { id: 'eve' } })
  await other.until(1)
  expect(other.heard[0]!.told.evaluations.evaluations).toMatchObject([{ variationValue: 'b' }])
  await other.leave()
})

it('puts nothing to whom comes back with what it has, by the id that polling gives too', async () => {
  const environment = await createTestEnvironment(stack(), 'stream-back')
  await createFlags(environment)
  const polled = await fetch(`${environment.url}/get_evaluations`, {
    method: 'POST',
    headers: { authorization: environment.clientKey },
    body: JSON.stringify({ user: { id: 'ada' }, tag: 'web' }),
  })
  const { userEvaluationsId } = (await polled.json()) as Told
  const back = await listen(environment, { user: { id: 'ada' }, tag: 'web', userEvaluationsId })
  await back.until(1)
  expect(back.heard[0]!.told).toMatchObject({
    userEvaluationsId,
    evaluations: { evaluations: [], forceUpdate: false },
  })
  await changeFlag(environment, 'title', fixedOn('word-b'))
  await back.until(2)
  await back.leave()
  const late = await listen(environment, { user: { id: 'ada' }, tag: 'web', userEvaluationsId })
  await late.until(1)
  expect(late.heard[0]!.told.evaluations.forceUpdate).toBe(true)
  await late.leave()
})

it('ends for a key that is revoked, with an error, and refuses in the gateway’s form', async () => {
  const environment = await createTestEnvironment(stack(), 'stream-keys')
  await createFlags(environment)
  const user = { user: { id: 'ada' }, tag: '' }
  expect((await ask(environment, user, environment.serverKey)).status).toBe(403)
  expect((await ask(environment, user, '')).status).toBe(401)
  expect((await ask(environment, { tag: '' })).status).toBe(400)
  const { heard, until, hasEnded } = await listen(environment, user)
  await until(1)
  const { sdkKeys } = await call<{ sdkKeys: { id: string; role: string }[] }>(
    environment,
    'GET',
    `/environments/${environment.environmentId}/sdk-keys`,
  )
  const { id } = sdkKeys.find(({ role }) => role === 'client')!
  await call(environment, 'PATCH', `/environments/${environment.environmentId}/sdk-keys/${id}`, {
    disabled: true,
  })
  await until(2)
  expect(heard[1]).toMatchObject({ name: 'error', told: { code: 'INTERNAL' } })
  await expect.poll(hasEnded, { timeout: 2_000 }).toBe(true)
  expect((await ask(environment, user)).status).toBe(403)
})
