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
import { flags } from '../../../test/support/sdk/flags.ts'
import { askDoor } from '../../../test/support/call-handler.ts'
import { flagshipIoRoutes } from './routes.ts'
import { isWellFormed } from '../../../test/support/build/well-formed.ts'

const cases = goldenCases('flagship-io').map((golden) => [`${golden.file}: ${golden.name}`, golden] as const)

it.each(cases)('%s', async (_, golden) => {
  const { ports, sent } = memoryPorts(golden.given)
  const response = await askDoor(flagshipIoRoutes(ports), requestOf(golden, 'http://edge.test', goldenKeys))
  expect({ ...(await answerOf(response, golden)), records: sent }).toEqual({ records: [], ...golden.then })
})

describe('a path', () => {
  const { ports } = memoryPorts({ flags })
  const door = flagshipIoRoutes(ports)
  const statusOf = async (method: string, path: string) => {
    const headers = { 'x-api-key': goldenKeys.clientKey }
    const body = method === 'POST' ? '{"visitor_id":"ada","trigger_hit":false}' : null
    const response = await askDoor(door, path, { method, headers, body })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    return response.status
  }

  it.each([
    ['POST', '/v2/campaigns', 200],
    ['POST', '/v2/shop/flags/', 200],
    ['POST', '/v2/campaigns/title', 200],
    ['POST', '/v2/shop/campaigns/t%69tle', 200],
    ['POST', '/v2/shop/campaigns/%', 400], // no campaign is called so
    // all campaigns of an environment of that name, which is not there
    ['POST', '/v2/campaigns/campaigns', 404],
    ['POST', '/v2/shop/flags/title', 404],
    ['POST', '/v2/shop/campaigns/title/more', 404],
    ['POST', '/v2/shop', 404],
    ['GET', '/v2/shop/campaigns', 400],
    ['PUT', '/v2/activate', 400],
    ['GET', '/v2/shop/events', 404],
    ['HEAD', '/shop/bucketing.json', 200],
    ['GET', '/shop/accountSettings.json/', 200],
    ['HEAD', '/shop/accountSettings.json', 200],
    ['POST', '/shop/bucketing.json', 400],
    ['GET', '/v2/bucketing.json', 404],
    ['HEAD', '/flagship-io/bootstrap.js', 200],
    ['POST', '/flagship-io/bootstrap.js', 404],
    ['GET', '/troubleshooting', 404],
    ['GET', '/accounts/shop/segments/ada', 200],
    ['DELETE', '/accounts/shop/segments/ada', 404],
    ['OPTIONS', '/anything', 204],
  ])('%s %s is answered %i, to any origin', async (method, path, status) => {
    expect(await statusOf(method, path)).toBe(status)
  })
})

const seed = Number(process.env['TACKLINE_FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
const mutations = Number(process.env['TACKLINE_FUZZ_MUTATIONS'] ?? 1_000)

/** Of messages about the SDK's own work, which are never refused. */
const messages = ['/troubleshooting', '/analytics'].map((path) => ({
  dialect: 'flagship-io' as const,
  method: 'POST' as const,
  path,
  body: { vid: 'ada', ds: 'APP', cid: goldenEnvironment, t: 'USAGE', cv: { label: 'SDK_CONFIG' } },
}))

describe('a damaged request', () => {
  const routes = [
    ...dataRoutes(goldenEnvironment, goldenNow).filter(({ dialect }) => dialect === 'flagship-io'),
    ...messages,
  ]
  it.each(routes)(
    'to $path is answered or refused in form, and what it leaves is a record',
    async (route) => {
      const { ports, sent } = memoryPorts({ flags })
      const app = flagshipIoRoutes(ports)
      const headers = {
        ...keyHeader['flagship-io'](goldenKeys.clientKey),
        'content-type': 'application/json',
      }
      const random = randomFrom(seed)
      for (let i = 0; i < mutations; i++) {
        const body = mutation(route.body, random)
        const response = await askDoor(app, route.path, { method: 'POST', headers, body })
        const complaint = complaintAbout('flagship-io', response, await response.text())
        expect({ seed, body, complaint }).toEqual({ seed, body, complaint: undefined })
        for (const record of sent.splice(0)) {
          const flaw = EventRecord.safeParse(record).error?.message
          const wellFormed = isWellFormed(record)
          expect({ seed, body, flaw, wellFormed }).toEqual({
            seed,
            body,
            flaw: undefined,
            wellFormed: true,
          })
        }
      }
    },
  )
})
