// Shadow mode against a second gateway over real HTTP: the same handler with one flag that differs, and hosts
// that fail.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { flag } from '../../test/support/build/flags.ts'
import { goldenKeys, memoryPorts } from '../../test/support/golden-cases.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import { bucketeerShadow, type ShadowSettings } from './bucketeer-shadow.ts'
import { callHandler } from '../../test/support/call-handler.ts'

const same = flag({ key: 'same' })
const here = [same, flag({ key: 'title' }), flag({ key: 'only-here' })]
const there = [
  same,
  flag({ key: 'title', defaultStrategy: { id: 'd', strategy: { kind: 'fixed', variationId: 'b' } } }),
  flag({ key: 'only-there' }),
]

/** The requests that the other gateway received. */
const shadowRequests: { path: string; key: string; body: object }[] = []
let host: Server
let url: string

beforeAll(async () => {
  const app = bucketeerRoutes(memoryPorts({ flags: there }).ports)
  host = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void (async () => {
        const body = Buffer.concat(chunks).toString()
        const key = request.headers.authorization ?? ''
        shadowRequests.push({ path: request.url!, key, body: JSON.parse(body) as object })
        const init = { method: 'POST', headers: { authorization: goldenKeys.clientKey }, body }
        const answer = await callHandler(app, request.url!, init, {})
        response.writeHead(key === 'broken' ? 500 : answer.status).end(await answer.text())
      })()
    })
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/`
})
afterAll(() => host.close())

const info = vi.spyOn(console, 'info').mockImplementation(() => {})
beforeEach(() => {
  info.mockClear()
  shadowRequests.length = 0
})

/**
 * Sends a request to our routes in shadow mode and waits for the deferred comparison. Returns the response
 * and the logged lines.
 */
async function post(path: string, body: object, settings: ShadowSettings = {}, random = 0) {
  const deferred: Promise<unknown>[] = []
  const shadow = bucketeerShadow(
    { BUCKETEER_SHADOW_URL: url, BUCKETEER_SHADOW_SHARE: '0.5', BUCKETEER_SHADOW_KEY: 'theirs', ...settings },
    { fetch, random: () => random, now: () => 0, defer: (work) => deferred.push(work) },
  )
  const app = bucketeerRoutes(memoryPorts({ flags: here }).ports, shadow)
  const headers = { authorization: goldenKeys.clientKey }
  const answer = await callHandler(app, path, { method: 'POST', headers, body: JSON.stringify(body) }, {})
  const answered = (await answer.json()) as { userEvaluationsId?: string }
  await Promise.all(deferred)
  const lines = info.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>)
  return { answered, lines }
}

const ada = { user: { id: 'ada', data: { plan: 'pro' } }, tag: '' }

it('sends the whole request with its own key, and names differences by flag and variation', async () => {
  const { answered } = await post('/get_evaluations', ada, {}, 0.9)
  expect(shadowRequests).toEqual([])
  const writeDataPoint = vi.fn<AnalyticsEngineDataset['writeDataPoint']>()
  const current = { ...ada, userEvaluationsId: answered.userEvaluationsId }
  const { lines } = await post('/get_evaluations', current, { REQUESTS: { writeDataPoint } })
  expect(shadowRequests).toMatchObject([
    { path: '/get_evaluations', key: 'theirs', body: { user: ada.user, tag: '', userEvaluationsId: '' } },
  ])
  expect(lines).toMatchObject([
    {
      where: 'bucketeer-shadow',
      outcome: 'DIFFERENT',
      compared: 3,
      differing: 3,
      flags: [
        { featureId: 'only-here', here: 'a', there: null },
        { featureId: 'title', here: 'a', there: 'b' },
        { featureId: 'only-there', here: null, there: 'a' },
      ],
    },
  ])
  expect(JSON.stringify(lines)).not.toMatch(/ada|pro|theirs/)
  expect(writeDataPoint.mock.calls).toMatchObject([
    [{ indexes: ['shop'], blobs: ['bucketeer-shadow', 'DIFFERENT', '200', '6', '5'], doubles: [3, 0, 0] }],
  ])
})

it('compares one flag, and a flag that the other gateway does not know', async () => {
  const one = async (featureId: string) => {
    info.mockClear()
    return (await post('/get_evaluation', { ...ada, featureId })).lines[0]
  }
  expect(await one('same')).toMatchObject({ outcome: 'SAME', compared: 1, differing: 0 })
  expect(await one('only-here')).toMatchObject({
    outcome: 'DIFFERENT',
    flags: [{ featureId: 'only-here', here: 'a', there: null }],
  })
})

it('counts an unreachable or broken host as FAILED, and our own response stands', async () => {
  for (const settings of [
    { BUCKETEER_SHADOW_KEY: 'broken' },
    { BUCKETEER_SHADOW_URL: 'http://127.0.0.1:9' },
    { BUCKETEER_SHADOW_URL: `${url}somewhere/else` },
  ]) {
    info.mockClear()
    const { answered, lines } = await post('/get_evaluations', ada, settings)
    expect(answered.userEvaluationsId).toBeDefined()
    expect(lines).toMatchObject([{ outcome: 'FAILED', differing: 0 }])
  }
})

it('is off without an address', () => {
  const ports = { fetch, random: () => 0, now: () => 0, defer: () => {} }
  expect(bucketeerShadow({}, ports)).toBeUndefined()
})
