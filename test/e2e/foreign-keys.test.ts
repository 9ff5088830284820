// A key that another system issued and an import brought along authenticates at edge, in every protocol,
// until it is disabled.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { createTestEnvironment, pause, useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const key = 'f00dcafe'.repeat(8) // as Bucketeer's: 64 hexadecimal digits

const file = {
  campaigns: [
    {
      id: 'colour',
      variationGroups: [
        {
          id: 'everybody',
          targeting: {
            targetingGroups: [{ targetings: [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }] }],
          },
          variations: [
            { id: 'red', allocation: 100, modifications: { type: 'FLAG', value: { colour: 'red' } } },
          ],
        },
      ],
    },
  ],
  sdkKeys: [{ key, role: 'client', name: 'from before' }],
}

it('is accepted in its environment only, and refused once it is disabled', async () => {
  const environment = await createTestEnvironment(stack(), 'moved')
  const base = `/environments/${environment.environmentId}`
  const asBucketeer = (authorization: string) =>
    fetch(`${environment.url}/get_evaluations`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ user: { id: 'ada' }, tag: '' }),
    })
  expect((await asBucketeer(`unknown-${key}`)).status).toBe(403)
  await call(environment, 'POST', `${base}/import/flagship-io`, file)
  const answered = await asBucketeer(key)
  expect(await answered.json()).toMatchObject({
    evaluations: { evaluations: [{ featureId: 'colour', variationValue: 'red' }] },
  })
  const asOpenFeature = await fetch(`${environment.url}/ofrep/v1/evaluate/flags/colour`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'ada' } }),
  })
  expect(await asOpenFeature.json()).toMatchObject({ value: 'red' })
  const campaigns = (environmentId: string) =>
    fetch(`${environment.url}/v2/${environmentId}/campaigns`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify({ visitorId: 'ada', context: {}, trigger_hit: false }),
    })
  expect(await (await campaigns(environment.environmentId)).json()).toMatchObject({
    campaigns: [{ variation: { modifications: { value: { colour: 'red' } } } }],
  })
  const other = await createTestEnvironment(stack(), 'elsewhere')
  expect((await campaigns(other.environmentId)).status).toBeGreaterThanOrEqual(400)

  const { sdkKeys } = await call<{ sdkKeys: { id: string; name: string }[] }>(
    environment,
    'GET',
    `${base}/sdk-keys`,
  )
  const { id } = sdkKeys.find(({ name }) => name === 'from before')!
  await call(environment, 'PATCH', `${base}/sdk-keys/${id}`, { disabled: true })
  await pause(1_500)
  expect((await asBucketeer(key)).status).toBe(403)
})
