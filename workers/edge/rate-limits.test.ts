// Callers over a limit are refused for a second, in the form of each protocol, without waiting for the count.
import { expect, it, vi } from 'vitest'
import { goldenKeys, memoryPorts } from '../../test/support/golden-cases.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'
import type { RateLimiter } from '../contracts/ports.ts'
import { rateLimits } from './rate-limits.ts'
import { callHandler } from '../../test/support/call-handler.ts'

function limitsOf(max: number) {
  let time = 0
  let counted = 0
  const limiter: RateLimiter = { limit: () => Promise.resolve({ success: ++counted <= max }) }
  const limits = rateLimits({
    limiters: { key: limiter, address: undefined },
    now: () => time,
    defer: () => undefined,
  })
  return { limits, pass: (ms: number) => (time += ms), counted: () => counted }
}
const counting = () => new Promise((resolve) => setTimeout(resolve))

it('refuses a caller over the limit for a second without counting it, and no one else', async () => {
  const { limits, pass, counted } = limitsOf(2)
  // The count follows the response.
  for (let i = 0; i < 3; i++) expect(limits.allows('key', 'a')).toBe(true)
  await counting()
  expect([limits.allows('key', 'a'), limits.allows('key', 'b'), limits.allows('address', 'a')]).toEqual([
    false,
    true,
    true,
  ])
  expect(counted()).toBe(4)
  pass(1_000)
  expect(limits.allows('key', 'a')).toBe(true)
})

it('counts ten records of a request as one request', async () => {
  const names: string[] = []
  const limiter: RateLimiter = {
    limit: ({ key }) => Promise.resolve({ success: names.push(key) <= 499 }),
  }
  const limiters = { key: limiter, address: limiter }
  const limits = rateLimits({ limiters, now: () => 0, defer: () => undefined })
  expect(limits.allows('address', 'a')).toBe(true)
  limits.countRecords('a', 5_000)
  await counting()
  expect(names).toEqual(Array.from({ length: 500 }, () => 'address:a'))
  expect(limits.allows('address', 'a')).toBe(false)
  limits.countRecords(undefined, 5_000)
  expect(names).toHaveLength(500)
})

it('lets requests through when the limiter fails', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const broken: RateLimiter = { limit: () => Promise.reject(new Error('away')) }
  const limits = rateLimits({
    limiters: { key: broken, address: broken },
    now: () => 0,
    defer: (work) => void work,
  })
  for (let i = 0; i < 3; i++) {
    expect(limits.allows('key', 'a')).toBe(true)
    await counting()
  }
})

it.each(['key', 'address'] as const)(
  'answers 429 with Retry-After in the form of each dialect, by %s',
  async (kind) => {
    const { ports } = memoryPorts({ flags: [] })
    const limited = {
      ...ports,
      limits: { allows: (asked: string) => asked !== kind, countRecords: () => undefined },
    }
    const requestContext = { address: '192.0.2.1' }
    const post = (headers: Record<string, string>, body: object) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const { clientKey } = goldenKeys
    const answers = await Promise.all([
      callHandler(
        bucketeerRoutes(limited),
        '/get_evaluations',
        post({ authorization: clientKey }, { user: { id: 'a' } }),
        { ...requestContext },
      ),
      callHandler(
        flagshipIoRoutes(limited),
        '/v2/shop/campaigns',
        post({ 'x-api-key': clientKey }, { visitor_id: 'a' }),
        { ...requestContext },
      ),
      callHandler(
        ofrepRoutes(limited),
        '/ofrep/v1/evaluate/flags',
        post({ authorization: `Bearer ${clientKey}` }, {}),
        { ...requestContext },
      ),
    ])
    const forms = await Promise.all(
      answers.map(async (answer) => [answer.status, answer.headers.get('retry-after'), await answer.json()]),
    )
    const message = 'too many requests, slow down'
    expect(forms).toEqual([
      [429, '1', { code: 8, message: `gateway: ${message}`, details: [] }],
      [429, '1', { code: 'RATE_LIMITED', message }],
      [429, '1', { errorCode: 'GENERAL', errorDetails: message }],
    ])
  },
)
