import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { adminApi } from './admin-api.ts'
import { killSwitch } from '../test/support/simulated-shop.ts'
import { close, listen } from '../test/support/simulated-stack.ts'

let server: Server | undefined
afterEach(async () => {
  if (server) await close(server)
})

/** An API with one response for every request, and the requests it got. */
async function apiResponding(status: number, body: string, headers: Record<string, string> = {}) {
  const requests: string[] = []
  const bodies: string[] = []
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    void text(request).then((sent) => {
      bodies.push(sent)
      response.writeHead(status, headers).end(body)
    })
  })
  return { api: adminApi({ url: await listen(server), token: 't' }), requests, bodies }
}

describe('the admin API', () => {
  it('is called with the token and encoded names', async () => {
    const { api, requests } = await apiResponding(200, '{"flags":[]}')
    expect(await api.flags('a/b c')).toEqual({ ok: true, value: [] })
    expect(requests).toEqual(['GET /api/v1/environments/a%2Fb%20c/flags?limit=200 Bearer t'])
  })

  it('may refuse: the failure is a sentence with code, detail and fields', async () => {
    const details = {
      status: 409,
      code: 'CONFLICT',
      detail: 'Not due.',
      errors: [{ path: 'goalUsers', message: 'too few' }],
    }
    const { api } = await apiResponding(409, JSON.stringify(details), {
      'content-type': 'application/problem+json',
    })
    expect(await api.applyOperation('demo', 'guard', { exposedUsers: 1, goalUsers: 0 })).toMatchObject({
      ok: false,
      problem: {
        kind: 'api-refused',
        message: expect.stringContaining('CONFLICT, Not due., goalUsers: too few.'),
      },
    })
  })

  it('counts as unreachable if it answers with a server error', async () => {
    const { api } = await apiResponding(503, 'upstream')
    expect(await api.environments()).toMatchObject({
      ok: false,
      problem: { kind: 'api-unreachable', message: expect.stringContaining('status 503') },
    })
  })

  it('has stored a result only if it says so: a page of a proxy with status 200 is none', async () => {
    const page = await apiResponding(200, '<html>Welcome to the café</html>', { 'content-type': 'text/html' })
    expect(await page.api.storeResult('demo', 'button', {} as never)).toMatchObject({
      ok: false,
      problem: { kind: 'api-unreachable', message: expect.stringContaining('is no admin API') },
    })
    await close(server!)
    const { api } = await apiResponding(201, '{"experimentId":"button","goalKey":"purchase","computedAt":3}')
    expect(await api.storeResult('demo', 'button', {} as never)).toEqual({ ok: true, value: undefined })
  })

  it('gets a result without the check of interactions if it is a release back and refuses it', async () => {
    const { api, bodies } = await apiResponding(422, '{"title":"unknown"}')
    const checks = [
      { name: 'sampler', status: 'skipped', detail: 'Not needed.' },
      { name: 'interactions', status: 'warning', detail: 'It depends.' },
    ]
    const result = { variations: [{ rate: {} }], health: { status: 'amber', checks } }
    await api.storeResult('demo', 'button', result as never)
    const checksOf = (body: string) => (JSON.parse(body) as typeof result).health.checks
    expect(bodies.map((body) => checksOf(body).map(({ name }) => name))).toEqual([
      ['sampler', 'interactions'],
      ['sampler'],
    ])
  })

  it('cannot redirect the token to another host', async () => {
    const { api, requests } = await apiResponding(302, '', { location: '/elsewhere' })
    expect(await api.environments()).toMatchObject({ ok: false, problem: { kind: 'api-refused' } })
    expect(requests).toHaveLength(1)
  })

  it('counts as another version if a required field is wrong, and the field is named', async () => {
    const { api } = await apiResponding(200, '{"environments":[{"id":1}]}')
    expect(await api.environments()).toMatchObject({
      ok: false,
      problem: { message: expect.stringContaining('environments.0.id') },
    })
  })

  it('may add fields, and words of open vocabularies', async () => {
    const { version, createdAt, updatedAt } = killSwitch()
    const goal = { key: 'a', name: '', event: 'b', version, createdAt, updatedAt, weight: 2 }
    const goals = await apiResponding(200, JSON.stringify({ goals: [goal], total: 1 }))
    expect(await goals.api.goals('demo')).toMatchObject({ ok: true, value: [{ key: 'a', event: 'b' }] })
    await close(server!)
    const operations = [
      { ...killSwitch(), owner: 'ann' },
      { id: 'x', kind: 'schedule', status: 'active' },
    ]
    const { api } = await apiResponding(200, JSON.stringify({ operations }))
    expect(await api.operations('demo')).toMatchObject({
      ok: true,
      value: {
        entries: [killSwitch()],
        unknown: [{ id: 'x', status: 'active', reason: 'its kind "schedule" is unknown to this release' }],
      },
    })
  })
})
