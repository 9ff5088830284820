// A client that a published package generates from the OpenAPI document alone runs the whole life of a flag
// against a real stack.
import { OpenAPIClientAxios } from 'openapi-client-axios'
import { expect, it } from 'vitest'
import { createTestEnvironment, useStack } from '../support/stack-fixture.ts'

const stack = useStack()

it('creates, changes, publishes and rolls back a flag', async () => {
  const { url, token } = stack()
  const { environmentId: environment, clientKey } = await createTestEnvironment(stack(), 'generated')
  const generator = new OpenAPIClientAxios({
    definition: `${url}/api/v1/openapi.json`,
    axiosConfigDefaults: { baseURL: url, headers: { authorization: `Bearer ${token}` } },
  })
  const client = await generator.init<any>()
  const decided = async () => {
    const response = await fetch(`${url}/ofrep/v1/evaluate/flags/greeting`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
      body: '{"context":{"targetingKey":"ada"}}',
    })
    return ((await response.json()) as { value: unknown }).value
  }

  const created = await client.createFlag(
    { environment },
    {
      key: 'greeting',
      type: 'string',
      enabled: true,
      variations: [
        { id: 'short', value: 'hi' },
        { id: 'long', value: 'good morning' },
      ],
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'short' } },
    },
  )
  expect(created.status).toBe(201)
  const changed = await client.updateFlag(
    { environment: environment, key: 'greeting', 'If-Match': '"1"' },
    { defaultStrategy: { strategy: { kind: 'fixed', variationId: 'long' } } },
  )
  expect(changed.data).toMatchObject({ changed: true, entity: { version: 2 } })
  const published = await client.readPublished({ environment, revision: changed.data.revision })
  expect(published.data.revision).toBeGreaterThanOrEqual(changed.data.revision)
  await expect.poll(decided).toBe('good morning')

  const back = await client.rollBack({ environment }, { revision: created.data.revision })
  expect(back.data).toMatchObject({ changed: true, published: true })
  await expect.poll(decided).toBe('hi')
  const { data } = await client.readFlag({ environment, key: 'greeting' })
  expect(data.defaultStrategy.strategy.variationId).toBe('short')
})
