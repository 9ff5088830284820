// Edge's own routes: health, what goes to control, paths with a prefix, and unexpected errors.
import { beforeEach, expect, it, vi } from 'vitest'
import { goldenEnvironment, goldenKeys, memoryPorts } from '../../test/support/golden-cases.ts'
import { edgeApp } from './app.ts'
import type { EdgeBindings } from './bindings.ts'
import { sinksOf } from './telemetry.ts'

const lines: { dialect: string; status: number }[] = []
beforeEach(() => {
  lines.length = 0
  vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(JSON.parse(line)))
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

const { ports } = memoryPorts({ flags: [], settings: { pathPrefix: '/shop/flags' } })
const control = vi.fn<(request: Request) => Promise<Response>>()
const appThatLogs = (LOG_REQUESTS: string, random: () => number) => {
  const env = { LOG_REQUESTS, CONTROL: { fetch: control } } as unknown as EdgeBindings
  return edgeApp(ports, env, sinksOf(env, random))
}
const app = appThatLogs('all', () => 0.999)
const ask = (path: string, init?: RequestInit) => app.fetch(new Request(`https://edge.test${path}`, init))

it('answers and logs its own health', async () => {
  expect(await (await ask('/healthz')).json()).toEqual({ status: 'ok' })
  expect((await ask('/healthz', { method: 'POST' })).status).toBe(200)
  expect((await ask('/healthz', { method: 'HEAD' })).status).toBe(200)
  expect(lines.map(({ dialect }) => dialect)).toEqual(['other', 'other', 'other'])
})

it('passes what belongs to no protocol to control, as it came', async () => {
  control.mockImplementation(async (request) => new Response(await request.text(), { status: 201 }))
  const response = await ask('/api/v1/goals?x=%20', { method: 'POST', body: 'a goal' })
  expect([response.status, await response.text()]).toEqual([201, 'a goal'])
  expect(control.mock.lastCall![0].url).toBe('https://edge.test/api/v1/goals?x=%20')
  expect(lines).toMatchObject([{ dialect: 'other', status: 201 }])
})

it('answers 503 and logs the error when control cannot be reached', async () => {
  control.mockRejectedValue(new Error('away'))
  const response = await ask('/api/v1/goals')
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ code: 'UNAVAILABLE' })
  expect(console.error).toHaveBeenCalledOnce()
  expect(lines).toMatchObject([{ dialect: 'other', status: 503 }])
})

const visitor = JSON.stringify({ visitor_id: 'ada', trigger_hit: false })

it.each([
  ['POST', '/wp-login.php', '', 404],
  ['POST', '/wp-login.php', 'a=b', 404],
  ['POST', '/a/b/c/d', '{}', 404],
  ['POST', '/a/b', '{"cid":"golden","t":"EVENT"}', 404],
  ['POST', '/wp-admin/troubleshooting', 'text', 404],
  ['PUT', '/wp-login.php', '{}', 404],
  ['DELETE', '/wp-login.php', '{}', 404],
  ['PUT', '/', '{}', 404],
  ['POST', '/v2/unknown', '{}', 404],
  ['DELETE', '/v2/unknown', '{}', 404],
  ['POST', '/v2/shop/unknown', '{}', 404],
  ['POST', '/nowhere/v2/shop/campaigns', visitor, 404],
  ['POST', '/accounts/shop/segments/ada', '{}', 404],
  ['POST', '/v1/segments/unknown', '{}', 404],
  ['POST', '/flagship-io/unknown', '{}', 404],
  ['POST', '/ofrep/v1/unknown', '{}', 404],
  ['PUT', '/ofrep/v2/evaluate/flags', '{}', 404],
  ['POST', '/ofrep/', '{}', 404],
  ['POST', '/v1/gateway/unknown', '{}', 501], // as the vendor's gateway answers
  ['DELETE', '/v1/gateway/unknown', '{}', 501],
  ['POST', '/get_evaluations/unknown', '{}', 404],
  ['POST', '/shop/changes/unknown', '{}', 404],
])('%s %s with the body %j, which is no route, is answered %4$i', async (method, path, body, status) => {
  control.mockImplementation(async () => new Response(null, { status: 404 })) // what control does not know
  expect((await ask(path, { method, body })).status).toBe(status)
})

it.each([
  ['/v2/'],
  ['/v2'],
  ['/'],
  ['//v2//'],
  ['/shop/flags/v2/'],
  ['/shop/flags/v2'],
  ['/shop/flags/'],
  ['//shop//flags//v2//'],
])('an SDK of AB Tasty’s finds its campaigns by the base URL %s', async (base) => {
  const headers = { 'x-api-key': goldenKeys.clientKey }
  const response = await ask(`${base}${goldenEnvironment}/campaigns?exposeAllKeys=true`, {
    method: 'POST',
    headers,
    body: visitor,
  })
  // Without a prefix the environment of these tests, which has one, answers too.
  expect([response.status, await response.json()]).toEqual([200, { visitorId: 'ada', campaigns: [] }])
})

it('logs a request under a prefix as one of its protocol', async () => {
  const headers = { authorization: `Bearer ${goldenKeys.clientKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ context: { targetingKey: 'ada' } })
  const response = await ask('/shop/flags/ofrep/v1/evaluate/flags', { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  expect(lines).toMatchObject([{ dialect: 'ofrep', status: 200 }])
})

it('does not count a path under no environment’s prefix as one of a protocol', async () => {
  await ask('/wp-admin/ofrep/v1/evaluate/flags', { method: 'POST', body: '{}' })
  expect(lines).toMatchObject([{ dialect: 'other' }])
})

it.each([
  ['all', 200, 200],
  ['100%', 200, 200],
  ['25%', 50, 200],
  ['0.5%', 1, 200],
  ['0%', 0, 200],
  ['failures', 0, 200],
  ['40%', 80, 200],
  ['75%', 150, 200],
])(
  'with LOG_REQUESTS %j, %i of 200 requests are logged, and %i of 200 failures',
  async (setting, some, failed) => {
    let asked = 0
    const sampled = appThatLogs(setting, () => (asked++ % 200) / 200)
    for (let i = 0; i < 200; i++) await sampled.fetch(new Request('https://edge.test/healthz'))
    expect(lines).toHaveLength(some)
    const standsFor = some > 0 && some < 200 ? expect.closeTo(200 / some, 2) : undefined
    for (const line of lines.splice(0))
      expect(line).toMatchObject({ status: 200, ...(standsFor && { standsFor }) })
    control.mockRejectedValue(new Error('away'))
    for (let i = 0; i < 200; i++) await sampled.fetch(new Request('https://edge.test/api/v1/goals'))
    expect(lines).toHaveLength(failed)
    for (const line of lines) expect(line).not.toHaveProperty('standsFor')
  },
)

it.each(['', '0', '5', '25', '1 %', '.5%', '101%', 'ALL'])(
  'takes LOG_REQUESTS %j for failures, and says so once',
  async (setting) => {
    const sampled = appThatLogs(setting, () => 0)
    expect(vi.mocked(console.error).mock.calls).toEqual([[expect.stringContaining(`'${setting}'`)]])
    await sampled.fetch(new Request('https://edge.test/healthz'))
    expect(lines).toEqual([])
    control.mockRejectedValue(new Error('away'))
    await sampled.fetch(new Request('https://edge.test/api/v1/goals'))
    expect(lines).toMatchObject([{ status: 503 }])
  },
)
