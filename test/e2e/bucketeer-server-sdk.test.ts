// The requests of Bucketeer's Node server SDK (0.4.6), which is in no registry, with every header as recorded
// from it, over TLS, which it always uses. `https.request` without a length sends chunks, as the SDK does.
import { rmSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { type Stack, startStack } from '../../scripts/stack.ts'
import { freePort } from '../../scripts/free-port.ts'
import { createFlags } from '../support/sdk/flags.ts'
import {
  changeFlag,
  createFlag,
  createTestEnvironment,
  type TestEnvironment,
  preparedFolder,
} from '../support/stack-fixture.ts'

const directory = await preparedFolder()
let stack: Stack
let environment: TestEnvironment
beforeAll(async () => {
  stack = await startStack({ port: await freePort(), directory, state: 'keep', https: true })
  environment = await createTestEnvironment(stack, 'node-sdk')
  await createFlags(environment)
})
afterAll(async () => {
  await stack?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const sdk = { sourceId: 6, sdkVersion: '0.4.6' }

function post(path: string, key: string, body: object) {
  return new Promise<{ status: number; body: any }>((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', Authorization: key }
    const sent = request(environment.url + path, { method: 'POST', headers }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode!, body: JSON.parse(answer) }),
        reject,
      )
    })
    sent.on('error', reject)
    sent.write(JSON.stringify(body))
    sent.end()
  })
}

describe('in remote mode, with a client key', () => {
  const evaluation = (featureId: string, data: Record<string, string> = {}) =>
    post('/get_evaluation', environment.clientKey, {
      tag: 'web',
      user: { id: 'u1', data },
      featureId,
      ...sdk,
    })

  it('gets one evaluation per request', async () => {
    expect(await evaluation('by-plan', { plan: 'pro' })).toMatchObject({
      status: 200,
      body: { evaluation: { featureId: 'by-plan', variationValue: 'banana', reason: { type: 'RULE' } } },
    })
    expect(await evaluation('nowhere')).toMatchObject({ status: 404, body: { code: 5 } })
  })
})

describe('in local mode, with a server key', () => {
  const flags = (featureFlagsId = '', requestedAt: number | string = 0) =>
    post('/get_feature_flags', environment.serverKey, { tag: 'web', featureFlagsId, requestedAt, ...sdk })
  const users = (segmentIds: string[] = [], requestedAt: number | string = 0) =>
    post('/get_segment_users', environment.serverKey, { segmentIds, requestedAt, ...sdk })

  it('gets all definitions once, and again after a change', async () => {
    const first = await flags()
    expect(first).toMatchObject({ status: 200, body: { forceUpdate: true } })
    const { featureFlagsId, requestedAt } = first.body
    expect(await flags(featureFlagsId, requestedAt)).toMatchObject({
      body: { featureFlagsId, features: [], forceUpdate: false, requestedAt },
    })
    await changeFlag(environment, 'title', { description: 'a word' })
    const forceUpdate = async () => (await flags(featureFlagsId, requestedAt)).body.forceUpdate as boolean
    await expect.poll(forceUpdate, { timeout: 3_000 }).toBe(true)
  })

  it('gets the users of a segment as soon as a flag refers to it, and later changes', async () => {
    expect((await users()).body).toMatchObject({ segmentUsers: [], forceUpdate: true })
    const segments = `/environments/${environment.environmentId}/segments`
    await call(environment, 'POST', segments, { key: 'staff', included: ['u1'] })
    await createFlag(environment, {
      key: 'for-staff',
      type: 'string',
      enabled: true,
      tags: ['web'],
      variations: [
        { id: 'a', value: 'apple' },
        { id: 'b', value: 'banana' },
      ],
      rules: [
        {
          id: 'staff-only',
          anyOf: [[{ attribute: '', operator: 'in-segment', values: ['staff'] }]],
          strategy: { kind: 'fixed', variationId: 'b' },
        },
      ],
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'a' } },
    })
    const members = async (...query: Parameters<typeof users>) =>
      (await users(...query)).body.segmentUsers.flatMap((each: any) =>
        each.users.map(({ userId }: { userId: string }) => userId),
      ) as string[]
    await expect.poll(() => members(), { timeout: 3_000 }).toEqual(['u1'])
    const { requestedAt } = (await users()).body
    await call(environment, 'PATCH', `${segments}/staff`, { included: ['u1', 'u2'] })
    await expect.poll(() => members(['staff'], requestedAt), { timeout: 3_000 }).toEqual(['u1', 'u2'])
    const gone = await users(['staff', 'long-gone'], requestedAt)
    expect(gone.body.deletedSegmentIds).toEqual(['long-gone'])
  })

  it('sends metrics with empty metadata', async () => {
    const event = {
      timestamp: Math.floor(Date.now() / 1_000),
      featureId: 'title',
      featureVersion: 0,
      userId: 'u1',
      variationId: '',
      user: { id: 'u1', data: {} },
      reason: { type: 'CLIENT' },
      tag: 'web',
      ...sdk,
      metadata: {},
      '@type': 'type.googleapis.com/bucketeer.event.client.EvaluationEvent',
    }
    const events = [{ id: '5b9d3b5e-6f3c-4b4e-9d1c-6f1f0a4f0a11', event }]
    expect(await post('/register_events', environment.serverKey, { events, ...sdk })).toEqual({
      status: 200,
      body: { errors: {} },
    })
  })
})
