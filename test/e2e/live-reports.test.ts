// From an SDK's request to the report: edge, the queue, ingest and the Durable Objects that count, as
// deployed.
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { createFlag, createTestEnvironment, pause, useStack } from '../support/stack-fixture.ts'

const stack = useStack()

interface Exposures {
  readonly asOf: number | null
  readonly totals: readonly { variationId: string; evaluations: number; users: number }[]
}
interface Intake {
  readonly total: {
    accepted: number
    stored: number
    refused: Record<string, number>
    lagSeconds: number | null
  }
}

it('exposures, refused events, attributes and propagation are in the reports', async () => {
  const environment = await createTestEnvironment(stack(), 'live')
  const { environmentId, clientKey } = environment
  await createFlag(environment, {
    key: 'lights',
    type: 'string',
    enabled: true,
    variations: ['on', 'off'].map((id) => ({ id, value: id })),
    offVariationId: 'off',
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'on' } },
  })
  const timestamp = Math.floor(Date.now() / 1_000)
  const event = (userId: string, at = timestamp) => ({
    id: randomUUID(),
    event: {
      '@type': 'type.googleapis.com/bucketeer.event.client.EvaluationEvent',
      timestamp: at,
      featureId: 'lights',
      featureVersion: 1,
      variationId: 'on',
      userId,
      user: { id: userId, data: { plan: 'pro' } },
      reason: { type: 'DEFAULT' },
    },
  })
  const users = Array.from({ length: 40 }, (_, i) => `user-${i % 20}`)
  const answer = await fetch(`${stack().url}/register_events`, {
    method: 'POST',
    headers: { authorization: clientKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      events: [...users.map((user) => event(user)), event('late', timestamp - 40 * 86_400)],
      sdkVersion: '2.6.1',
      sourceId: 7,
    }),
  })
  expect(Object.keys(((await answer.json()) as { errors: object }).errors)).toHaveLength(1)

  const read = <T>(path: string) => call<T>(stack(), 'GET', `/environments/${environmentId}${path}`)
  const exposures = await eventually(
    () => read<Exposures>('/flags/lights/exposures'),
    ({ totals }) => totals.length > 0,
  )
  expect(exposures.totals).toEqual([{ variationId: 'on', evaluations: 40, users: 20 }])
  expect(Math.abs(exposures.asOf! - Date.now())).toBeLessThan(60_000)
  expect(await read('/attribute-values?name=plan')).toMatchObject({ values: ['pro'] })
  const { total } = await eventually(
    () => read<Intake>('/intake'),
    ({ total: { accepted } }) => accepted > 0, // isolates report every ten seconds
  )
  expect(total).toMatchObject({ accepted: 40, stored: 40, refused: { late: 1, invalid: 0 } })
  expect(total.lagSeconds).toBeLessThan(60)
  const { revisions } = await read<{ revisions: { firstAfterMs: number | null; exposures: number }[] }>(
    '/propagation',
  )
  expect(revisions[0]).toMatchObject({ exposures: 40, earlierExposures: 0, firstAfterMs: expect.any(Number) })
})

async function eventually<T>(read: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (let i = 0; i < 100; i++) {
    const value = await read()
    if (isThere(value)) return value
    await pause(500)
  }
  throw new Error('it never was there')
}
