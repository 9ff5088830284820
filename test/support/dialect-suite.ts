// The tests that the routes of all dialects share: golden cases and damaged requests.
import { describe, expect, it } from 'vitest'
import { EventRecord } from '../../analytics/records.ts'
import type { Ports } from '../../workers/contracts/ports.ts'
import type { ProtocolHandler } from '../../workers/sdk/protocol-handler.ts'
import { complaintAbout, keyHeader } from './bad-input/answer.ts'
import { mutation, randomFrom } from './bad-input/mutations.ts'
import { type Dialect, type Route, dataRoutes } from './bad-input/routes.ts'
import { scaled } from './build/scale.ts'
import { seed } from './build/seed.ts'
import { isWellFormed } from './build/well-formed.ts'
import { callHandler } from './call-handler.ts'
import {
  answerOf,
  goldenCases,
  goldenEnvironment,
  goldenKeys,
  goldenNow,
  memoryPorts,
  requestOf,
} from './golden-cases.ts'
import { flags } from './sdk/flags.ts'

type Routes = (ports: Ports) => ProtocolHandler

/** Runs the golden cases with ports in memory. test/e2e/golden.test.ts runs them through workerd. */
export function testGoldenCases(dialect: Dialect, routes: Routes): void {
  const cases = goldenCases(dialect).map((golden) => [`${golden.file}: ${golden.name}`, golden] as const)
  it.each(cases)('%s', async (_, golden) => {
    const { ports, sent } = memoryPorts(golden.given)
    const response = await callHandler(routes(ports), requestOf(golden, 'http://edge.test', goldenKeys))
    expect({ ...(await answerOf(response, golden)), records: sent }).toEqual({ records: [], ...golden.then })
  })
}

/** The routes of a dialect that read a body, each with a valid one. */
export const bodyRoutes = (dialect: Dialect): Route[] =>
  dataRoutes(goldenEnvironment, goldenNow).filter((route) => route.dialect === dialect)

export function testDamagedBodies(dialect: Dialect, routes: Routes, bodies: readonly Route[]): void {
  describe('a damaged request', () => {
    it.each(bodies)('to $path is answered or refused in form, and leaves only valid records', (route) =>
      sendDamaged(
        routes,
        (damage) => postRequest(route, damage(route.body)),
        (response, text) => complaintAbout(dialect, response, text),
      ),
    )
  })
}

export function postRequest({ dialect, path, role }: Omit<Route, 'body' | 'method'>, body: string): Request {
  const key = role === 'server' ? goldenKeys.serverKey : goldenKeys.clientKey
  const headers = { ...keyHeader[dialect](key), 'content-type': 'application/json' }
  return new Request(`http://edge.test${path}`, { method: 'POST', headers, body })
}

/** Damaged requests per route. Ten times as many with TEST_SCALE=10. */
const mutations = scaled(1_000)

/**
 * Damages a request in many ways. No response may be invalid, every stored record must be valid, and the
 * undamaged request must be answered as before. `damage` returns the damaged JSON of a body.
 */
export async function sendDamaged(
  routes: Routes,
  toRequest: (damage: (body: object) => string) => Request,
  complain: (response: Response, text: string) => string | undefined,
): Promise<void> {
  const { ports, sent } = memoryPorts({ flags })
  const handler = routes(ports)
  const undamaged = async () =>
    textOf(
      await callHandler(
        handler,
        toRequest((body) => JSON.stringify(body)),
      ),
    )
  const before = await undamaged()
  sent.length = 0
  const random = randomFrom(seed)
  for (let i = 0; i < mutations; i++) {
    let damaged = ''
    const request = toRequest((body) => (damaged = mutation(body, random)))
    const response = await callHandler(handler, request)
    const complaint = complain(response, await textOf(response))
    if (complaint !== undefined) expect({ seed, damaged, complaint }).toBeUndefined()
    for (const record of sent.splice(0)) {
      const flaw = EventRecord.safeParse(record).error?.message
      const wellFormed = isWellFormed(record)
      if (flaw !== undefined || !wellFormed) expect({ seed, damaged, flaw, wellFormed }).toBeUndefined()
    }
  }
  expect(await undamaged()).toBe(before)
}

/** Streams do not end, so only their headers are checked. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return response.text()
  await response.body!.cancel()
  return ''
}
