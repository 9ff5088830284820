// Tickets open a stream instead of an SDK key: for one environment, for a minute, and for nothing else.
import { describe, expect, it } from 'vitest'
import type { Ports } from '../../workers/contracts/ports.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { changesResponse } from '../../workers/streams/changes.ts'
import { flag } from '../support/build/flags.ts'
import { callHandler } from '../support/call-handler.ts'
import { goldenKeys, goldenNow, memoryPorts } from '../support/golden-cases.ts'

const { ports } = memoryPorts({ flags: [flag({ key: 'a' })] as never })
const withKeys = (keys: Record<string, object>): Ports['snapshots'] => ({
  read: (id) => {
    const reading = ports.snapshots.read(id)
    if (reading instanceof Promise || reading.status !== 'ready') return reading
    const { compiled } = reading
    const sdkKeys = [...compiled.sdkKeys].flatMap(([sha256, key]) =>
      key.id in keys ? [[sha256, { ...key, ...keys[key.id] }] as const] : [],
    )
    return { ...reading, compiled: { ...compiled, sdkKeys: new Map(sdkKeys) } }
  },
})

/** What both streams have in common: a way to a ticket, and one to open the stream. */
const streams = {
  changes: {
    issue: (more: Partial<Ports>, key: string) => send('POST', '/shop/changes/ticket', more, key),
    open: (more: Partial<Ports>, text: string) => send('GET', `/shop/changes?ticket=${text}`, more),
  },
  ofrep: {
    issue: (more: Partial<Ports>, key: string) => send('POST', '/ofrep/v1/stream/ticket', more, key),
    open: (more: Partial<Ports>, text: string) => send('GET', `/ofrep/v1/stream/${text}`, more),
  },
}
async function send(method: string, path: string, more: Partial<Ports>, key?: string) {
  const headers = { ...(key !== undefined && { authorization: `Bearer ${key}` }) }
  const all = { ...ports, ...more }
  const handler = path.startsWith('/ofrep')
    ? ofrepRoutes(all)
    : { fetch: (request: Request) => changesResponse(request, {}, all) }
  const response = await callHandler(handler, path, { method, headers })
  if (response.headers.get('content-type') === 'text/event-stream') {
    await response.body?.cancel()
    return { status: response.status, body: {} as never, headers: response.headers }
  }
  const body = (await response.json()) as { ticket: string; expiresAt: number; requestUri?: string }
  return { status: response.status, body, headers: response.headers }
}

describe.each(Object.entries(streams))('%s: a ticket', (name, { issue, open }) => {
  const ticketOf = async (key = goldenKeys.clientKey) => (await issue({}, key)).body.ticket

  it('opens the stream for a minute, and holds nothing of the key', async () => {
    const { status, body, headers } = await issue({}, goldenKeys.clientKey)
    expect([status, body.expiresAt, headers.get('cache-control')]).toEqual([
      200,
      goldenNow + 60_000,
      'no-store',
    ])
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(body.ticket).not.toContain(goldenKeys.clientKey.slice(-48))
    if (name === 'ofrep') expect(body.requestUri).toBe(`/ofrep/v1/stream/${body.ticket}`)
    expect((await open({}, body.ticket)).status).toBe(200)
    expect((await open({ now: () => goldenNow + 59_999 }, body.ticket)).status).toBe(200)
    expect((await open({ now: () => goldenNow + 60_000 }, body.ticket)).status).toBeGreaterThan(400)
    expect((await open({}, await ticketOf(goldenKeys.serverKey))).status).toBe(200)
  })

  it('is needed by nobody: the key opens the stream as before', async () => {
    expect((await send('GET', `/shop/changes?key=${goldenKeys.clientKey}`, {})).status).toBe(200)
    expect((await send('GET', `/ofrep/v1/stream/${goldenKeys.clientKey}`, {})).status).toBe(200)
  })

  it('is worth nothing once its key is gone or has run out, or with another secret', async () => {
    const ticket = await ticketOf()
    expect((await open({ snapshots: withKeys({ server: {} }) }, ticket)).status).toBeGreaterThan(400)
    const expired = withKeys({ client: { expiresAt: goldenNow } })
    expect((await open({ snapshots: expired }, ticket)).status).toBeGreaterThan(400)
    const replaced = withKeys({ client: { sha256: 'f'.repeat(64) } })
    expect((await open({ snapshots: replaced }, ticket)).status).toBeGreaterThan(400)
    expect((await open({ exposureSecret: 'another' }, ticket)).status).toBeGreaterThan(400)
    expect((await open({ exposureSecret: undefined }, ticket)).status).toBeGreaterThan(400)
    expect((await open({ limits: { ...ports.limits, allows: () => false } }, ticket)).status).toBe(429)
  })

  it('cannot be changed in any character, or made up', async () => {
    const ticket = await ticketOf()
    const signatureAt = ticket.indexOf('_', ticket.indexOf('_', 4) + 1) + 1
    for (let i = 0; i < signatureAt + 42; i++) {
      const other = ticket[i] === '1' ? '2' : '1'
      const changed = ticket.slice(0, i) + other + ticket.slice(i + 1)
      expect([changed, (await open({}, changed)).status > 400]).toEqual([changed, true])
    }
    const far = ticket.replace(String(goldenNow + 60_000), String(goldenNow + 600_000))
    for (const made of [far, 'tls_', `tls_shop_${goldenNow}__client`, ticket.replace('_shop_', '_other_')])
      expect((await open({}, made)).status).toBeGreaterThan(400)
  })

  it('gets no other ticket, no evaluation and no event in', async () => {
    const ticket = await ticketOf()
    expect((await issue({}, ticket)).status).toBeGreaterThan(400)
    for (const path of ['/ofrep/v1/evaluate/flags', '/ofrep/v1/evaluate/flags/a', '/ofrep/v1/track'])
      expect((await send('POST', path, {}, ticket)).status).toBe(403)
  })

  it('is refused where there is no key, no secret, no stream, or another method', async () => {
    expect((await issue({}, '')).status).toBe(401)
    expect((await issue({}, goldenKeys.clientKey.replace(/.$/, '_'))).status).toBeGreaterThan(400)
    expect((await issue({ exposureSecret: undefined }, goldenKeys.clientKey)).status).toBe(404)
    const off = memoryPorts({ flags: [], settings: { streams: false } as never }).ports
    expect((await issue({ snapshots: off.snapshots }, goldenKeys.clientKey)).status).toBe(404)
    expect((await send('GET', '/ofrep/v1/stream/ticket', {}, goldenKeys.clientKey)).status).toBe(405)
    expect((await send('GET', '/shop/changes/ticket', {}, goldenKeys.clientKey)).status).toBe(400)
  })
})
