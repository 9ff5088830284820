// Bucketeer's `stream_evaluations` in workerd, with the real edge, notifier and environment object.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { openEventStream } from '../support/event-stream-client.ts'
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

interface StreamEvaluations {
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
  openEventStream(
    (signal) => ask(environment, body, environment.clientKey, signal),
    (event) => {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/m.exec(event) ?? []
      return name === undefined ? undefined : { name, data: JSON.parse(data!) as StreamEvaluations }
    },
  )

const fixedOn = (variationId: string) => ({
  defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId } },
})

it('sends all evaluations first, then only those that changed for this user', async () => {
  const environment = await createTestEnvironment(stack(), 'stream')
  await createFlags(environment)
  const { events, waitFor, close } = await listen(environment, { user: { id: 'ada' }, tag: 'web' })
  await waitFor(1)
  const put = events[0]!
  expect([put.name, put.data.evaluations.forceUpdate]).toEqual(['put', true])
  expect(put.data.evaluations.evaluations.length).toBeGreaterThan(5)

  await changeFlag(environment, 'title', fixedOn('word-b'))
  await waitFor(2)
  const patch = events[1]!
  expect(patch).toMatchObject({ name: 'patch', data: { evaluations: { forceUpdate: false } } })
  expect(patch.data.evaluations.evaluations).toMatchObject([{ featureId: 'title', variationValue: 'banana' }])

  await changeFlag(environment, 'title', { tags: [] }) // removes the tag
  await waitFor(3)
  expect(events[2]!.data.evaluations).toMatchObject({ evaluations: [], archivedFeatureIds: ['title'] })

  await changeFlag(environment, 'title', fixedOn('word-c')) // not visible with this tag
  await pause(1_500)
  expect(events).toHaveLength(3)
  await close()
})

it('sends the kept variation of each user, even after the weights changed', async () => {
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
  const { events, waitFor, close } = await listen(environment, { user: { id: 'ada' } })
  await waitFor(1)
  expect(events[0]!.data.evaluations.evaluations).toMatchObject([{ variationValue: 'a' }])
  await changeFlag(environment, 'kept', split([{ variationId: 'b', weight: 100_000 }]))
  await waitFor(2)
  expect(events[1]!.data.evaluations.evaluations).toMatchObject([{ featureId: 'kept', variationValue: 'a' }])
  await close()
  const other = await listen(environment, { user: { id: 'eve' } })
  await other.waitFor(1)
  expect(other.events[0]!.data.evaluations.evaluations).toMatchObject([{ variationValue: 'b' }])
  await other.close()
})

it('sends nothing to a client that returns with the current userEvaluationsId, also one from polling', async () => {
  const environment = await createTestEnvironment(stack(), 'stream-back')
  await createFlags(environment)
  const polled = await fetch(`${environment.url}/get_evaluations`, {
    method: 'POST',
    headers: { authorization: environment.clientKey },
    body: JSON.stringify({ user: { id: 'ada' }, tag: 'web' }),
  })
  const { userEvaluationsId } = (await polled.json()) as StreamEvaluations
  const back = await listen(environment, { user: { id: 'ada' }, tag: 'web', userEvaluationsId })
  await back.waitFor(1)
  expect(back.events[0]!.data).toMatchObject({
    userEvaluationsId,
    evaluations: { evaluations: [], forceUpdate: false },
  })
  await changeFlag(environment, 'title', fixedOn('word-b'))
  await back.waitFor(2)
  await back.close()
  const late = await listen(environment, { user: { id: 'ada' }, tag: 'web', userEvaluationsId })
  await late.waitFor(1)
  expect(late.events[0]!.data.evaluations.forceUpdate).toBe(true)
  await late.close()
})

it('ends with an error when its key is disabled, and refuses in the gateway’s form', async () => {
  const environment = await createTestEnvironment(stack(), 'stream-keys')
  await createFlags(environment)
  const user = { user: { id: 'ada' }, tag: '' }
  expect((await ask(environment, user, environment.serverKey)).status).toBe(403)
  expect((await ask(environment, user, '')).status).toBe(401)
  expect((await ask(environment, { tag: '' })).status).toBe(400)
  const { events, waitFor, hasEnded } = await listen(environment, user)
  await waitFor(1)
  const { sdkKeys } = await call<{ sdkKeys: { id: string; role: string }[] }>(
    environment,
    'GET',
    `/environments/${environment.environmentId}/sdk-keys`,
  )
  const { id } = sdkKeys.find(({ role }) => role === 'client')!
  await call(environment, 'PATCH', `/environments/${environment.environmentId}/sdk-keys/${id}`, {
    disabled: true,
  })
  await waitFor(2)
  expect(events[1]).toMatchObject({ name: 'error', data: { code: 'INTERNAL' } })
  await expect.poll(hasEnded, { timeout: 2_000 }).toBe(true)
  expect((await ask(environment, user)).status).toBe(403)
})
