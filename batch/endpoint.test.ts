// Endpoints that are busy, hang, break off or are down, over real HTTP.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { close, listen } from '../test/support/simulated-stack.ts'
import { openEndpoint, type Patience, patience } from './endpoint.ts'

const quick: Patience = {
  ...patience,
  silenceMaxMs: 300,
  attemptsMax: 5,
  waitMs: 1,
  waitMaxMs: 20,
  givenUpMs: 60_000,
}

let server: Server | undefined
afterEach(async () => {
  if (server) await close(server)
  server = undefined
})

/** `answer` gets the number of the request, from 1. */
async function endpoint(
  answer: (response: ServerResponse, count: number, path: string) => unknown,
  how = quick,
) {
  const log = { requests: 0 }
  server = createServer((request, response) => void answer(response, ++log.requests, request.url ?? ''))
  const url = await listen(server)
  const send = openEndpoint(how)
  const request = (path = '/') =>
    send(() => new Request(url + path)).then(
      ({ status, body }) => `${status} ${new TextDecoder().decode(body)}`,
      (error: Error) => `failed: ${error.message}`,
    )
  return { request, log, url, send }
}

async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  return [await work, performance.now() - startedAt]
}

describe('an upload', () => {
  const upload = async (
    body: Uint8Array<ArrayBuffer>,
    silenceMaxMs: number,
    take: (request: IncomingMessage, response: ServerResponse) => void,
  ) => {
    server = createServer(take)
    const url = await listen(server)
    const made = () => new Request(url, { method: 'PUT', body })
    return openEndpoint({ ...quick, silenceMaxMs, attemptsMax: 1 })(made).then(
      ({ status }) => `${status}`,
      (error: Error) => error.message,
    )
  }

  it('may take longer than an endpoint may be silent, and comes whole with its length', async () => {
    const body = new Uint8Array(40_000_000).map((_, i) => i % 251)
    const digest = createHash('sha256')
    let [length, taken] = ['', 0]
    const slowly = async (request: IncomingMessage, response: ServerResponse) => {
      length = request.headers['content-length'] ?? ''
      for await (const part of request as AsyncIterable<Buffer>) {
        digest.update(part)
        if (Math.floor(taken / 1e6) !== Math.floor((taken += part.length) / 1e6)) await sleep(100)
      }
      response.end()
    }
    const [answer, ms] = await timed(upload(body, 3_000, (...both) => void slowly(...both)))
    expect([answer, length]).toEqual(['200', '40000000'])
    expect(digest.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'))
    expect(ms).toBeGreaterThan(3_000)
  })

  it('may wait in buffers after its last part was taken', async () => {
    const slowly = async (request: IncomingMessage, response: ServerResponse) => {
      let taken = 0
      for await (const part of request as AsyncIterable<Buffer>)
        if (Math.floor(taken / 50_000) !== Math.floor((taken += part.length) / 50_000)) await sleep(100)
      response.end()
    }
    const body = new Uint8Array(1_000_000)
    const [answer, ms] = await timed(upload(body, 500, (...both) => void slowly(...both)))
    expect(answer).toBe('200')
    expect(ms).toBeGreaterThan(500)
  })

  it('that is taken no further is given up', async () => {
    const answer = await upload(new Uint8Array(40_000_000), 300, (request) => request.pause())
    expect(answer).toBe('nothing came for 0.3 s')
  })
})

describe('an endpoint', () => {
  it.each([429, 502, 503, 504])('that answers %i a few times is retried', async (status) => {
    const { request, log } = await endpoint((response, count) =>
      count < quick.attemptsMax ? response.writeHead(status).end() : response.end('fine'),
    )
    expect([await request(), log.requests]).toEqual(['200 fine', 5])
  })

  it.each([400, 401, 404, 412, 500])('that answers %i is not retried', async (status) => {
    const { request, log } = await endpoint((response) => response.writeHead(status).end('no'))
    expect([await request(), log.requests]).toEqual([`${status} no`, 1])
  })

  it('that sends Retry-After is not retried earlier', async () => {
    const { request } = await endpoint(
      (response, count) =>
        count === 1 ? response.writeHead(503, { 'retry-after': '1' }).end() : response.end('fine'),
      { ...quick, waitMaxMs: 5_000 },
    )
    const [answer, took] = await timed(request())
    expect(answer).toBe('200 fine')
    expect(took).toBeGreaterThanOrEqual(990)
  })

  it('that stays busy is given up, and later requests do not wait', async () => {
    const { request, log } = await endpoint((response) => response.writeHead(503).end())
    expect([await request(), log.requests]).toEqual(['503 ', 5])
    const rest = await Promise.all(Array.from({ length: 100 }, () => request()))
    expect(new Set(rest)).toEqual(
      new Set(['failed: it stayed busy (status 503); it is not tried again for a while']),
    )
    expect(log.requests).toBe(5)
  })

  it('that hangs costs one timeout, however many requests follow', async () => {
    const { request, log } = await endpoint(() => undefined)
    const [first, took] = await timed(request())
    expect(first).toBe('failed: nothing came for 0.3 s')
    expect(took).toBeLessThan(5_000)
    const [rest, restTook] = await timed(Promise.all(Array.from({ length: 100 }, () => request())))
    expect(rest.every((answer) => answer.includes('nothing came for 0.3 s; it is not tried again'))).toBe(
      true,
    )
    expect(restTook).toBeLessThan(quick.silenceMaxMs)
    expect(log.requests).toBe(1)
  })

  it('that stops in the middle of a body costs one timeout, too', async () => {
    const { request, log } = await endpoint((response) =>
      response.writeHead(200, { 'content-length': 9 }).write('half'),
    )
    expect([await request(), log.requests]).toEqual(['failed: nothing came for 0.3 s', 1])
  })

  it('that is slow but not silent is waited for', async () => {
    const { request } = await endpoint(async (response) => {
      for (const part of ['s', 'l', 'o', 'w']) {
        response.write(part)
        await new Promise((resolve) => setTimeout(resolve, quick.silenceMaxMs / 3))
      }
      response.end()
    })
    expect(await request()).toBe('200 slow')
  })

  it('that hangs once while it answers others is retried', async () => {
    let hung = 0
    const { request } = await endpoint((response, _, path) => {
      if (path === '/odd' && hung++ === 0) return
      response.end('fine')
    })
    const odd = request('/odd')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await request('/other')).toBe('200 fine')
    expect(await odd).toBe('200 fine')
  })

  it('that breaks a connection is retried', async () => {
    const { request, log } = await endpoint((response, count) => {
      if (count === 1) response.destroy()
      else if (count === 2)
        response.writeHead(200, { 'content-length': 9 }).write('half', () => response.destroy())
      else response.end('fine')
    })
    expect([await request(), log.requests]).toEqual(['200 fine', 3])
  })

  it('where nothing listens is given up at once', async () => {
    const { request } = await endpoint(() => undefined)
    await close(server!)
    server = undefined
    const [first, took] = await timed(request())
    expect(first).toContain('ECONNREFUSED')
    expect(took).toBeLessThan(quick.silenceMaxMs)
    expect(await request()).toContain('not tried again')
  })

  it('that was given up is tried again after a while', async () => {
    const how = { ...quick, givenUpMs: 50 }
    const { request } = await endpoint(
      (response, count) => (count === 1 ? undefined : response.end('fine')),
      how,
    )
    expect(await request()).toContain('nothing came')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await request()).toBe('200 fine')
  })
})

it('a busy endpoint gets more than half a minute, a silent one ten seconds', () => {
  const waits = Array.from({ length: patience.attemptsMax - 1 }, (_, i) =>
    Math.min(patience.waitMs * 2 ** i, patience.waitMaxMs),
  )
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(30_000)
  expect(patience.silenceMaxMs).toBeLessThanOrEqual(10_000)
})
