import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { adminApi } from './admin-api.ts'
import { close, listen } from '../test/support/simulated-stack.ts'

let server: Server | undefined
afterEach(async () => {
  if (server) await close(server)
})

/** An API that gives every request one answer. */
async function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const asked: string[] = []
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.writeHead(status, headers).end(body)
  })
  return { api: adminApi({ url: await listen(server), token: 't' }), asked }
}

describe('the admin API', () => {
  it('is asked with the token, names encoded', async () => {
    const { api, asked } = await answering(200, '{"flags":[]}')
    expect(await api.flags('a/b c')).toEqual({ ok: true, value: [] })
    expect(asked).toEqual(['GET /api/v1/environments/a%2Fb%20c/flags?limit=200 Bearer t'])
  })

  it('may refuse: the problem becomes a sentence with code, detail and fields', async () => {
    const problem = {
      status: 409,
      code: 'CONFLICT',
      detail: 'Not due.',
      errors: [{ path: 'goalUsers', message: 'too few' }],
    }
    const { api } = await answering(409, JSON.stringify(problem), {
      'content-type': 'application/problem+json',
    })
    expect(await api.applyOperation('demo', 'guard', { exposedUsers: 1, goalUsers: 0 })).toMatchObject({
      ok: false,
      failure: {
        kind: 'api-refused',
        message: expect.stringContaining('CONFLICT, Not due., goalUsers: too few.'),
      },
    })
  })

  it('that has trouble of its own is worth asking again', async () => {
    const { api } = await answering(503, 'upstream')
    expect(await api.environments()).toMatchObject({
      ok: false,
      failure: { kind: 'api-unreachable', message: expect.stringContaining('status 503') },
    })
  })

  it('cannot send the token elsewhere by a redirect', async () => {
    const { api, asked } = await answering(302, '', { location: '/elsewhere' })
    expect(await api.environments()).toMatchObject({ ok: false, failure: { kind: 'api-refused' } })
    expect(asked).toHaveLength(1)
  })

  it('of another version is named as such, with the field', async () => {
    const { api } = await answering(200, '{"environments":[{"id":1}]}')
    expect(await api.environments()).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('environments.0.id') },
    })
  })
})
