// AB Tasty's golden cases, damaged requests, and the known paths.
import { describe, expect, it } from 'vitest'
import { callHandler } from '../../../test/support/call-handler.ts'
import { bodyRoutes, testDamagedBodies, testGoldenCases } from '../../../test/support/dialect-suite.ts'
import { goldenEnvironment, goldenKeys, memoryPorts } from '../../../test/support/golden-cases.ts'
import { flags } from '../../../test/support/sdk/flags.ts'
import { flagshipIoRoutes } from './routes.ts'

/** Messages about the SDK itself, which are never refused. */
const messages = ['/troubleshooting', '/analytics'].map((path) => ({
  dialect: 'flagship-io' as const,
  method: 'POST' as const,
  path,
  body: { vid: 'ada', ds: 'APP', cid: goldenEnvironment, t: 'USAGE', cv: { label: 'SDK_CONFIG' } },
}))

testGoldenCases('flagship-io', flagshipIoRoutes)
testDamagedBodies('flagship-io', flagshipIoRoutes, [...bodyRoutes('flagship-io'), ...messages])

describe('a path', () => {
  const { ports } = memoryPorts({ flags })
  const handler = flagshipIoRoutes(ports)
  const statusOf = async (method: string, path: string) => {
    const headers = { 'x-api-key': goldenKeys.clientKey }
    const body = method === 'POST' ? '{"visitor_id":"ada","trigger_hit":false}' : null
    const response = await callHandler(handler, path, { method, headers, body })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    return response.status
  }

  it.each([
    ['POST', '/v2/campaigns', 200],
    ['POST', '/v2/shop/flags/', 200],
    ['POST', '/v2/campaigns/title', 200],
    ['POST', '/v2/shop/campaigns/t%69tle', 200],
    ['POST', '/v2/shop/campaigns/%', 400], // there is no such campaign
    // all campaigns of the environment `campaigns`, which does not exist
    ['POST', '/v2/campaigns/campaigns', 404],
    ['POST', '/v2/shop/flags/title', 404],
    ['POST', '/v2/shop/campaigns/title/more', 404],
    ['POST', '/v2/shop', 404],
    ['POST', '/v2', 404],
    ['POST', '/v2/shop/unknown', 404],
    ['PUT', '/v2/shop/unknown', 404],
    ['POST', '//v2//shop//campaigns', 200],
    ['POST', '/v2/shop//campaigns/title/', 200],
    ['POST', '/v2shop/campaigns', 200],
    ['POST', '/shop/campaigns', 200],
    ['POST', '/shop/campaigns/title', 200],
    ['POST', '/campaigns', 200],
    ['POST', '/shop/flags/', 200],
    ['POST', '/nowhere/campaigns', 404],
    ['GET', '/shop//bucketing.json', 200],
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
