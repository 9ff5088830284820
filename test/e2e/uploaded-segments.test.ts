// Whoever asks, and by whichever route: a user is in a segment with uploaded members if the list names them.
// Support staff who ask the admin API see what edge decides.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import fc from '../support/build/fast-check.ts'
import { createFlag, createTestEnvironment, useStack } from '../support/stack-fixture.ts'

const stack = useStack()
const key = 'members-only'
const environmentId = 'uploaded-members'

const user = fc.stringMatching(/^[\w.@\u00e9\u65e5-]{1,20}$/)
/** Users: how many of the first of them are uploaded, and how many of the last are included by hand. */
const world = fc.record({
  users: fc.uniqueArray(user, { minLength: 4, maxLength: 8 }),
  uploaded: fc.nat(4),
  included: fc.nat(2),
})

it('every route that decides says the same of uploaded members', { timeout: 300_000 }, async () => {
  const environment = await createTestEnvironment(stack(), environmentId)
  const admin = (path: string) => `/environments/${environmentId}${path}`
  await call(environment, 'POST', admin('/segments'), { key: 'large' })
  await createFlag(environment, {
    key,
    type: 'string',
    enabled: true,
    tags: ['web'],
    variations: [
      { id: 'in', name: 'in', value: 'in' },
      { id: 'out', name: 'out', value: 'out' },
    ],
    offVariationId: 'out',
    rules: [
      {
        name: 'members',
        anyOf: [[{ operator: 'in-segment', values: ['large'] }]],
        strategy: { kind: 'fixed', variationId: 'in' },
      },
    ],
    defaultStrategy: { strategy: { kind: 'fixed', variationId: 'out' } },
  })

  const post = async (path: string, body: object, authorization = environment.clientKey) => {
    const headers = {
      authorization,
      'x-api-key': environment.clientKey,
      'content-type': 'application/json',
    }
    const response = await fetch(environment.url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    expect(response.status, path).toBe(200)
    const answer: any = await response.json()
    return { answer, revision: Number(response.headers.get('x-revision')) }
  }
  const bearer = `Bearer ${environment.clientKey}`
  const ofrep = (id: string) =>
    post(`/ofrep/v1/evaluate/flags/${key}`, { context: { targetingKey: id } }, bearer)
  const explained = async (id: string, explain: boolean) => {
    const contexts = [{ targetingKey: id }]
    const body = { contexts, flags: [key], explain }
    const { results } = await call<any>(environment, 'POST', admin('/evaluate'), body)
    return results[0][0].variationId
  }
  const visitor = (id: string) => ({ visitor_id: id, context: {}, trigger_hit: false })
  const ask: Record<string, (id: string) => Promise<string>> = {
    'OFREP, one flag': async (id) => (await ofrep(id)).answer.value,
    'OFREP, all flags': async (id) =>
      (await post('/ofrep/v1/evaluate/flags', { context: { targetingKey: id } }, bearer)).answer.flags[0]
        .value,
    'Bucketeer, one flag': async (id) =>
      (await post('/get_evaluation', { user: { id }, tag: 'web', featureId: key })).answer.evaluation
        .variationValue,
    'Bucketeer, all flags': async (id) =>
      (await post('/get_evaluations', { user: { id }, tag: 'web' })).answer.evaluations.evaluations[0]
        .variationValue,
    'AB Tasty, campaigns': async (id) =>
      (await post(`/v2/${environmentId}/campaigns`, visitor(id))).answer.campaigns[0].variation.modifications
        .value[key],
    'AB Tasty, flags': async (id) =>
      (await post(`/v2/${environmentId}/flags`, visitor(id))).answer[key].value,
    'the admin API': (id) => explained(id, false),
    'the admin API, explained': (id) => explained(id, true),
  }

  await fc.assert(
    fc.asyncProperty(world, async ({ users, uploaded, included: count }) => {
      const members = users.slice(0, uploaded)
      const included = users.slice(users.length - count)
      await call(environment, 'PATCH', admin('/segments/large'), { included })
      const put = await fetch(`${environment.url}/api/v1${admin('/segments/large/members')}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${environment.token}`, 'content-type': 'text/plain' },
        body: members.join('\n'),
      })
      const { revision } = (await put.json()) as { revision: number }
      await expect.poll(async () => (await ofrep(users[0]!)).revision).toBeGreaterThanOrEqual(revision)
      for (const id of users) {
        const expected = members.includes(id) || included.includes(id) ? 'in' : 'out'
        const asked = Object.entries(ask).map(async ([route, answer]) => [route, await answer(id)])
        const said = Object.fromEntries(await Promise.all(asked))
        expect(said, id).toEqual(Object.fromEntries(Object.keys(ask).map((route) => [route, expected])))
      }
    }),
    { numRuns: 10 },
  )
})
