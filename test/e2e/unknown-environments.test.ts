// Requests for environments that do not exist store nothing: workerd keeps one database file per Durable
// Object, and no file may appear.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scaled } from '../support/build/scale.ts'
import { createTestEnvironment, useOwnStack } from '../support/stack-fixture.ts'

const stack = useOwnStack()
const ids = scaled(2_600) // a hundred at each door
const concurrency = 20
/** Requests from one address are limited, and a refusal for that would prove nothing. */
const addresses = 50

const evaluate = (key: string) =>
  fetch(`${stack().url}/ofrep/v1/evaluate/flags`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ context: { targetingKey: 'ada' } }),
  })

/** Database files of all Durable Objects. */
function databases(): string[] {
  const folder = join(stack().logPath, '../state/v3/do')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sqlite'))
}

type Route = (
  id: string,
  key: string,
) => readonly [method: string, path: string, key?: string | undefined, body?: object | undefined]
const context = { targetingKey: 'ada' }
const user = { id: 'ada' }
/** Every kind of route, by key and by id of the environment. */
const routes: readonly Route[] = [
  (_, key) => ['POST', '/ofrep/v1/evaluate/flags', `Bearer ${key}`, { context }],
  (_, key) => ['POST', '/ofrep/v1/evaluate/flags/a', `Bearer ${key}`, { context }],
  (_, key) => [
    'POST',
    '/ofrep/v1/track',
    `Bearer ${key}`,
    { context, events: [{ kind: 'goal', name: 'g' }] },
  ],
  (_, key) => ['GET', `/ofrep/v1/stream/${key}`],
  (_, key) => ['POST', '/ofrep/v1/stream/ticket', `Bearer ${key}`],
  (id) => ['GET', `/ofrep/v1/stream/${unsigned(id)}`],
  (id, key) => ['GET', `/${id}/changes?key=${key}`],
  (id, key) => ['POST', `/${id}/changes/ticket`, `Bearer ${key}`],
  (id) => ['GET', `/${id}/changes?ticket=${unsigned(id)}`],
  (_, key) => ['POST', '/get_evaluations', key, { user, tag: '' }],
  (_, key) => ['POST', '/get_evaluation', key, { user, tag: '', featureId: 'a' }],
  (_, key) => ['POST', '/register_events', key, { events: [] }],
  (_, key) => ['POST', '/get_feature_flags', key, { tag: '' }],
  (_, key) => ['POST', '/get_segment_users', key, {}],
  (_, key) => ['POST', '/v1/gateway/stream_evaluations', key, { user, tag: '' }],
  (_, key) => ['GET', `/track?apikey=${key}&userid=ada&goalid=g&timestamp=1`],
  (id) => ['GET', `/${id}/bucketing.json`],
  (id) => ['GET', `/flagship-io/${id}/bucketing.json`],
  (id) => ['GET', `/${id}/accountSettings.json`],
  (id, key) => ['POST', `/v2/${id}/campaigns`, key, { visitor_id: 'ada', context: {} }],
  (id, key) => ['POST', `/v2/${id}/flags`, key, { visitor_id: 'ada', context: {} }],
  (id, key) => ['POST', '/v2/activate', key, { cid: id, vid: 'ada', caid: 'a', vaid: 'a' }],
  (id) => ['POST', '/', undefined, { cid: id, t: 'BATCH', h: [{ vid: 'ada', t: 'PAGEVIEW', dl: 'x' }] }],
  (id, key) => ['POST', `/prefix/v2/${id}/campaigns`, key, { visitor_id: 'ada', context: {} }],
  (id) => ['GET', `/api/v1/environments/${id}/published`],
  (id) => ['POST', `/api/v1/triggers/tlt_${id}_${'0'.repeat(48)}`],
]
/** A ticket that nobody signed, of an environment that nobody has. */
const unsigned = (id: string) => `tls_${id}_${Date.now() + 30_000}_${'a'.repeat(43)}_client`

it('stores nothing for thousands of random ids, and serves a new environment at once', async () => {
  const { clientKey } = await createTestEnvironment(stack(), 'real')
  expect((await evaluate(clientKey)).status).toBe(200)
  expect((await fetch(`${stack().url}/readyz`)).status).toBe(200)
  const before = databases()
  expect(before.length).toBeGreaterThan(1)
  const statuses = new Map<number, number>()
  let next = 0
  const scan = async () => {
    while (next < ids) {
      const id = `${(next++ * 2_654_435_761) % 2 ** 32}-scan`
      const [method, path, key, body] = routes[next % routes.length]!(id, `tl_client_${id}_${'0'.repeat(48)}`)
      const response = await fetch(stack().url + path, {
        method,
        headers: {
          'cf-connecting-ip': `192.0.2.${next % addresses}`,
          ...(key !== undefined && { authorization: key, 'x-api-key': key.replace('Bearer ', '') }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      await response.arrayBuffer()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, scan))
  // Hits name an environment without a key: those of an unknown one are taken and dropped.
  expect([...statuses.keys()].filter((status) => status >= 500 || (status < 400 && status !== 204))).toEqual(
    [],
  )
  expect((statuses.get(401) ?? 0) + (statuses.get(403) ?? 0) + (statuses.get(404) ?? 0)).toBeGreaterThan(
    ids * 0.6,
  )
  expect(statuses.get(429) ?? 0).toBeLessThan(ids / 10)
  expect(databases()).toEqual(before)

  const missed = `tl_client_late_${'0'.repeat(48)}`
  expect((await evaluate(missed)).status).toBe(403) // KV may remember this for a minute
  const late = await createTestEnvironment(stack(), 'late')
  const deadline = Date.now() + 3_000
  let status = 0
  while (status !== 200 && Date.now() < deadline) status = (await evaluate(late.clientKey)).status
  expect(status).toBe(200)
  expect(databases().length).toBe(before.length + 2) // the environment, and its intake
}, 300_000)
