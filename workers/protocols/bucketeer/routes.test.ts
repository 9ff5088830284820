// The dialect's golden cases against its routes, with ports in memory, and then valid requests damaged in
// hundreds of ways. The golden cases also run through workerd, in test/e2e/golden.test.ts.
import { describe, expect, it } from 'vitest'
import {
  answerOf,
  goldenCases,
  goldenEnvironment,
  goldenKeys,
  goldenNow,
  memoryPorts,
  requestOf,
} from '../../../test/support/golden-cases.ts'
import { EventRecord } from '../../../analytics/records.ts'
import { complaintAbout, keyHeader } from '../../../test/support/bad-input/answer.ts'
import { mutation, randomFrom } from '../../../test/support/bad-input/mutations.ts'
import { dataRoutes } from '../../../test/support/bad-input/routes.ts'
import { scaled } from '../../../test/support/build/scale.ts'
import { flags } from '../../../test/support/sdk/flags.ts'
import { legacyPaths } from './legacy.ts'
import { bucketeerRoutes } from './routes.ts'
import { isWellFormed } from '../../../test/support/build/well-formed.ts'
import { askDoor } from '../../../test/support/call-handler.ts'

const cases = goldenCases('bucketeer').map((golden) => [`${golden.file}: ${golden.name}`, golden] as const)

it.each(cases)('%s', async (_, golden) => {
  const { ports, sent } = memoryPorts(golden.given)
  const response = await askDoor(
    bucketeerRoutes(ports),
    requestOf(golden, 'http://edge.test', goldenKeys),
    undefined,
    {},
  )
  expect({ ...(await answerOf(response, golden)), records: sent }).toEqual({ records: [], ...golden.then })
})

const seed = Number(process.env['TACKLINE_FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
/** Ten times as many with TEST_SCALE=10. */
const mutations = scaled(1_000)
const headersOf = (role?: 'server') => ({
  ...keyHeader['bucketeer'](role ? goldenKeys.serverKey : goldenKeys.clientKey),
  'content-type': 'application/json',
})
const routes = dataRoutes(goldenEnvironment, goldenNow).filter(({ dialect }) => dialect === 'bucketeer')

/** What is answered is in form, what is left is a record, and the next honest request is answered as ever. */
async function fuzz(
  request: (damage: (body: object) => string) => Request,
  complain: (response: Response, text: string) => string | undefined,
) {
  const { ports, sent } = memoryPorts({ flags })
  const app = bucketeerRoutes(ports)
  const honest = async () => {
    const { path, body } = routes[0]!
    const init = { method: 'POST', headers: headersOf(), body: JSON.stringify(body) }
    return (await askDoor(app, path, init, {})).text()
  }
  const before = await honest()
  const random = randomFrom(seed)
  for (let i = 0; i < mutations; i++) {
    let damaged = ''
    const response = await app.fetch(
      request((body) => (damaged = mutation(body, random))),
      {},
    )
    const isStream = response.headers.get('content-type') === 'text/event-stream'
    const text = isStream ? '' : await response.text()
    if (isStream) await response.body!.cancel()
    const complaint = complain(response, text)
    if (complaint !== undefined) expect({ seed, damaged, complaint }).toBeUndefined()
    for (const record of sent.splice(0)) {
      const flaw = EventRecord.safeParse(record).error?.message
      const wellFormed = isWellFormed(record)
      if (flaw !== undefined || !wellFormed) expect({ seed, damaged, flaw, wellFormed }).toBeUndefined()
    }
  }
  expect(await honest()).toBe(before)
}

describe('a damaged request', () => {
  const complainIn = (response: Response, text: string) => complaintAbout('bucketeer', response, text)

  it.each(routes)('to $path is answered or refused in form', ({ path, body, role }) =>
    fuzz(
      (damage) =>
        new Request(`http://edge.test${path}`, {
          method: 'POST',
          headers: headersOf(role),
          body: damage(body),
        }),
      complainIn,
    ),
  )

  it('to /v1/gateway/stream_evaluations is answered or refused in form', () =>
    fuzz(
      (damage) =>
        new Request('http://edge.test/v1/gateway/stream_evaluations', {
          method: 'POST',
          headers: headersOf(),
          body: damage({ ...routes[0]!.body, evaluatedAt: '0' }),
        }),
      complainIn,
    ))

  it('to /track is answered or refused in form', () =>
    fuzz((damage) => {
      const query = { userid: 'ada', goalid: 'purchase', tag: 'web', timestamp: '', value: '5' }
      const timestamp = String(goldenNow / 1_000)
      const text = damage({ apikey: goldenKeys.clientKey, ...query, timestamp })
      return new Request(`http://edge.test/track?${queryOf(text)}`)
    }, complainIn))

  it.each(Object.entries(legacyPaths))('to %s is answered or refused in the older form', (path, newer) =>
    fuzz(
      (damage) =>
        new Request(`http://edge.test${path}`, {
          method: 'POST',
          headers: headersOf(),
          body: damage(routes.find((route) => route.path === newer)?.body ?? {}),
        }),
      (response, text) => {
        if (response.status >= 500) return 'the server failed'
        const body = JSON.parse(text) as { data?: object; error?: { code: number; message: string } }
        const isInForm = response.ok ? body.data : body.error?.message.startsWith('gateway: ')
        return isInForm ? undefined : text
      },
    ),
  )
})

/** A damaged body as a query, as far as it still is one. */
function queryOf(text: string): string {
  try {
    const fields = Object.entries(JSON.parse(text) as object).map(([name, value]) => [name, String(value)])
    return new URLSearchParams(fields as [string, string][]).toString()
  } catch {
    return text.replaceAll(/[^\x21-\x7e]|#/g, '&')
  }
}
