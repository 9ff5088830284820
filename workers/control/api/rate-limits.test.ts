// Who asks control too often is refused before D1 is asked, and nobody else is. With workerd's own limiters,
// as wrangler.toml configures them.
import { createExecutionContext } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { addToken, env, host } from '../../../test/support/control-plane.ts'
import { sha256Hex } from '../../http/digest.ts'
import worker from '../index.ts'

const triggersMax = 300
let asked = 0

async function send(path: string, headers: Record<string, string>, method = 'POST') {
  const bindings = new Proxy(env, {
    get(target, name, receiver) {
      if (name === 'DB') asked++
      // the lower of both limits, which a test reaches sooner
      if (name === 'RATE_ADMIN') return env.RATE_TRIGGERS
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  const request = new Request(host + path, { method, headers })
  const response = await worker.fetch(request as never, bindings, createExecutionContext())
  return { status: response.status, headers: response.headers, body: await response.json<object>() }
}
const from = (address: string, more: object = {}) => ({ 'cf-connecting-ip': address, ...more })

/** Uses up what a caller may ask in this period, and asks at once. Again if the period ended in between. */
async function sendOverLimit(key: string, ...request: Parameters<typeof send>): ReturnType<typeof send> {
  for (let attempt = 0; ; attempt++) {
    await Promise.all(Array.from({ length: triggersMax }, () => env.RATE_TRIGGERS!.limit({ key })))
    asked = 0
    const response = await send(...request)
    if (response.status === 429 || attempt === 3) return response
  }
}

const trigger = '/api/v1/triggers'
const secret = `tlt_shop_${'0'.repeat(48)}`

it.each([trigger, `${trigger}/${secret}`, `//api/v1//triggers/${secret}`])(
  'triggers are refused by address, in form and before D1, and not for others: %s',
  async (path) => {
    const refused = await sendOverLimit('address:192.0.2.1', path, from('192.0.2.1'))
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED', status: 429 } })
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('content-type')).toBe('application/problem+json')
    expect(asked).toBe(0)
    expect((await send(path, from('192.0.2.2'))).status).toBe(404)
    expect(asked).toBeGreaterThan(0)
  },
)

it('a credential is limited from wherever it is used', async () => {
  const authorization = `Bearer ${secret}`
  const key = `credential:${await sha256Hex(authorization)}`
  const me = from('203.0.113.9', { authorization })
  expect(await sendOverLimit(key, trigger, me)).toMatchObject({ status: 429 })
  expect((await send(trigger, from('203.0.113.9'))).status).toBe(404)
})

it('IPv6 addresses of one network are one caller', async () => {
  const [key, me] = ['address:2001:db8:1:2::', from('2001:db8:1:2:ffff::1')]
  expect(await sendOverLimit(key, trigger, me)).toMatchObject({ status: 429 })
  expect((await send(trigger, from('2001:db8:1:3::1'))).status).toBe(404)
})

it('the admin API is limited too, and the manifest API in its own form', async () => {
  await addToken({ id: 'limited', role: 'owner' })
  const me = from('192.0.2.3', { authorization: 'Bearer limited-token' })
  expect((await send('/api/v1/environments', me, 'GET')).status).toBe(200)
  const over = (path: string) => sendOverLimit('address:192.0.2.3', path, me, 'GET')
  expect((await over('/api/v1/environments')).status).toBe(429)
  expect(asked).toBe(0)
  for (const path of ['/openfeature/v0/manifest', '/api/v1/environments/shop/openfeature/v0/manifest'])
    expect(await over(path)).toMatchObject({
      status: 429,
      body: { error: { status: 429, message: 'too many requests, slow down' } },
    })
  expect(asked).toBe(0)
})
