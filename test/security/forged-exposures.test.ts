// Whoever has the public client key invents visitors. A kill switch on verified events does not fire, and a
// forged winner is red; without these, both would have been had for three requests.
import { expect, it } from 'vitest'
import { call } from '../../scripts/admin.ts'
import { runAll } from '../support/run-batch.ts'
import {
  type TestEnvironment,
  createFlag,
  createTestEnvironment,
  lakeHolding,
  useStack,
} from '../support/stack-fixture.ts'

const stack = useStack()

const variations = [
  { id: 'old', value: 'false' },
  { id: 'new', value: 'true' },
]
const sale = {
  key: 'sale',
  type: 'boolean',
  enabled: true,
  variations,
  defaultStrategy: {
    id: 'sale-split',
    strategy: {
      kind: 'rollout',
      shares: variations.map(({ id }) => ({ variationId: id, weight: 50_000 })),
    },
  },
}
const search = {
  key: 'search',
  type: 'boolean',
  enabled: true,
  variations,
  defaultStrategy: { id: 'search-all', strategy: { kind: 'fixed', variationId: 'new' } },
}
const guard = {
  kind: 'event-rate',
  flagKey: 'search',
  variationId: 'new',
  goalKey: 'error',
  comparison: 'at-least',
  threshold: 0.2,
  minimumUsers: 100,
}

const forgedVisitors = 400
const honestVisitors = 160

it('is told from what happened', async () => {
  const environment = await createTestEnvironment(stack(), 'forged')
  const create = (path: string, body: unknown) =>
    call(environment, 'POST', `/environments/forged/${path}`, body)
  for (const flag of [sale, search]) await createFlag(environment, flag)
  for (const key of ['error', 'purchase']) await create('goals', { key })
  await create('operations', { ...guard, id: 'guard-verified', counts: 'verified' })
  await create('operations', { ...guard, id: 'guard-server', counts: 'server' })
  await create('operations', { ...guard, id: 'guard-all' })
  const compared = { flagKey: 'sale', goalKeys: ['purchase'], baselineVariationId: 'old' }
  await create('experiments', { ...compared, id: 'all' })
  await create('experiments', { ...compared, id: 'verified', counts: 'verified' })

  const honest = await honestUsers(environment)
  // The attack: three requests, by what anybody finds in a page. Every visitor of `search` gets `new`, so
  // these activations are even what edge would decide.
  const invented = Array.from({ length: forgedVisitors }, (_, i) => `invented-${i}`)
  await send(environment, '/v2/activate', {
    cid: 'forged',
    batch: invented.flatMap((vid) => [
      { vid, caid: 'search-all', vaid: 'new' },
      { vid, caid: 'sale-split', vaid: 'new' },
    ]),
  })
  for (const ea of ['error', 'purchase'])
    await send(environment, '/', {
      cid: 'forged',
      t: 'BATCH',
      h: invented.map((vid) => ({ t: 'EVENT', vid, ea })),
    })
  await lakeHolding(honest + 4 * forgedVisitors, environment)

  const events = await runAll(environment, 'forged')
  const outcomes = events.flatMap((event) =>
    event.kind === 'applied' || event.kind === 'watched' ? [[event.operation.id, event.kind]] : [],
  )
  expect(Object.fromEntries(outcomes)).toEqual({
    'guard-verified': 'watched',
    'guard-server': 'watched',
    'guard-all': 'applied', // so the attack works where nothing is checked
  })
  const facts = events.find((event) => event.kind === 'watched' && event.operation.id === 'guard-verified')
  expect(facts).toMatchObject({
    facts: { exposedUsers: 10, verifiedUsers: forgedVisitors, usersOverLimit: forgedVisitors - 10 },
  })
  const results = events.flatMap((event) => (event.kind === 'concluded' ? [event] : []))
  const byId = Object.fromEntries(results.map(({ experiment, result }) => [experiment.id, result]))
  expect(byId['all']).toMatchObject({ health: { status: 'red' }, verdict: { kind: 'withheld' } })
  const failed = byId['all']!.health.checks.filter(({ status }) => status === 'failed')
  expect(failed.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['verified-users', 'users-of-one-address']),
  )
  expect(byId['verified']).toMatchObject({ health: { status: 'red' }, verdict: { kind: 'withheld' } })
}, 180_000)

/** Visitors of many addresses who got their variation from edge. Returns the number of records. */
async function honestUsers(environment: TestEnvironment): Promise<number> {
  for (let i = 0; i < honestVisitors; i++) {
    const context = { targetingKey: `honest-${i}` }
    const address = `198.51.100.${i}`
    const path = '/ofrep/v1/evaluate/flags/sale'
    const answer = await send(environment, path, { context }, address, { 'x-exposure-tokens': '1' })
    const { metadata } = await answer.json<{ metadata: { exposureToken: string } }>()
    const events = [{ kind: 'exposure', exposureToken: metadata.exposureToken }]
    await send(environment, '/ofrep/v1/track', { context, events }, address)
  }
  return honestVisitors
}

async function send(
  { url, clientKey }: TestEnvironment,
  path: string,
  body: unknown,
  address = '203.0.113.9',
  headers: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(url + path, {
    method: 'POST',
    // On Cloudflare, only its own value of this header arrives.
    headers: {
      'x-api-key': clientKey,
      'content-type': 'application/json',
      'cf-connecting-ip': address,
      ...headers,
    },
    body: JSON.stringify(body),
  })
  expect(response.ok, `${path} ${response.status}`).toBe(true)
  return response
}
