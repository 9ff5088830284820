// Every response can be read by any page, whether it is made from a revision, replaced afterwards, or an
// error.
import { describe, expect, it, vi } from 'vitest'
import { compiled } from '../../test/support/build/flags.ts'
import type { CorsPolicy } from './cors.ts'
import { createHandler } from './protocol-handler.ts'
import { hasRevisionHeaders, revisionResponder } from './revision-response.ts'

const policy: CorsPolicy = { origin: '*', methods: ['GET'], headers: [] }
const mirrorPolicy: CorsPolicy = { ...policy, origin: 'mirror' }
const snapshot = compiled([])
const respond = revisionResponder(policy, () => ({ 'content-type': 'text/plain' }))
const source = { compiled: snapshot, requestContext: {}, now: 0 }

const serve = async (route: () => Response, handlerPolicy = policy) => {
  const handler = createHandler({
    name: 'test',
    policy: handlerPolicy,
    route,
    onError: () => new Response(null, { status: 500 }),
  })
  const request = new Request('http://edge.test/', { headers: { origin: 'https://shop.example' } })
  return handler.fetch(request, {})
}
const allowedOrigin = (response: Response) => response.headers.get('access-control-allow-origin')

describe('a response of a revision', () => {
  it('has the headers of the revision, of the policy and of the dialect', () => {
    const response = respond('text', source, { status: 201 })
    expect(response.status).toBe(201)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'access-control-allow-origin': '*',
      'x-revision': String(snapshot.revision),
      'server-timing': 'edge;dur=0',
    })
  })

  it('keeps the headers of a variant, and of a wait, apart from those of others', () => {
    const respondWith = revisionResponder<['a' | 'b']>(policy, (_, variant) => ({ variant }))
    const waits = [0, 1, 15, 16, -1].map((startedAt) => ({
      ...source,
      requestContext: { startedAt },
      now: 16,
    }))
    for (const variant of ['a', 'b', 'a'] as const)
      for (const each of waits) {
        const { headers } = respondWith(null, each, {}, variant)
        const waitedMs = 16 - each.requestContext.startedAt
        expect([headers.get('variant'), headers.get('server-timing')]).toEqual([
          variant,
          `edge;dur=${waitedMs}`,
        ])
      }
  })

  it('shares its headers with no other response', () => {
    respond(null, source, {}).headers.set('etag', '"1"')
    expect(respond(null, source, {}).headers.has('etag')).toBe(false)
  })
})

describe('a handler', () => {
  it('adds CORS headers to a response that replaces the one of a revision', async () => {
    const replaced = await serve(() => {
      respond('text', source, {})
      return new Response('another')
    })
    expect([allowedOrigin(replaced), hasRevisionHeaders(replaced)]).toEqual(['*', false])
  })

  it('adds them after an error that follows the response of a revision', async () => {
    vi.spyOn(console, 'error').mockImplementationOnce(() => {})
    const failed = await serve(() => {
      respond('text', source, {})
      throw new Error('for the test')
    })
    expect([failed.status, allowedOrigin(failed)]).toEqual([500, '*'])
  })

  it('adds them to a response that was built for another policy', async () => {
    const respondToAny = revisionResponder(mirrorPolicy, () => ({}))
    expect(allowedOrigin(await serve(() => respondToAny('text', source, {})))).toBe('*')
    const mirrored = await serve(() => respond('text', source, {}), mirrorPolicy)
    expect(allowedOrigin(mirrored)).toBe('https://shop.example')
  })
})
