// Triggers: whatever alerts send fires them, each firing is counted, and a signature can be asked for.
import { beforeAll, describe, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { env, worker } from '../../../test/support/control-plane.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import { signedBytesMax } from './trigger-signature.ts'

beforeAll(useOwner)

async function withTrigger(more: object = {}) {
  const path = await environment()
  await call('POST', `${path}/flags`, draft('banner'))
  const made = await call('POST', `${path}/triggers`, {
    id: 'off',
    flagKey: 'banner',
    action: 'turn-off',
    ...more,
  })
  expect(made.status).toBe(201)
  return { path, made: made.body, read: async () => (await call('GET', `${path}/triggers/off`)).body }
}
async function fire(
  url: string,
  body?: string | FormData | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const response = await worker.fetch(url, { method: 'POST', headers, ...(body !== undefined && { body }) })
  return { status: response.status, body: await response.json<any>() }
}

describe('a trigger', () => {
  const form = new FormData()
  form.set('alert', 'errors')
  it.each<[what: string, body: string | FormData | undefined, type: string | undefined]>([
    ['no body', undefined, undefined],
    ['an empty body', '', 'application/json'],
    ['text', 'anything {', 'text/plain'],
    ['JSON', '{"status":"firing"}', 'application/json'],
    ['what only claims to be JSON', '{', 'application/json'],
    ['a form', 'status=firing', 'application/x-www-form-urlencoded'],
    ['a form in parts', form, undefined],
    ['a body of megabytes', 'x'.repeat(6_000_000), 'application/json'],
  ])('is fired by a request with %s', async (_, body, type) => {
    const { path, made, read } = await withTrigger()
    const before = Date.now()
    expect(await fire(made.url, body, type ? { 'content-type': type } : {})).toMatchObject({
      status: 200,
      body: { changed: true },
    })
    expect((await call('GET', `${path}/flags/banner`)).body.enabled).toBe(false)
    const { firings, lastFiring } = await read()
    expect([firings, lastFiring.outcome]).toEqual([1, 'changed'])
    expect(lastFiring.at).toBeGreaterThanOrEqual(before)
  })

  it('counts each firing, without a revision for what is so already, and never turns on an archived flag', async () => {
    const { path, made, read } = await withTrigger({ action: 'turn-on' })
    const newest = async () => (await call('GET', `${path}/triggers`)).body.revision
    const before = await newest()
    expect(await fire(made.url)).toMatchObject({ body: { changed: false, revision: before } })
    expect(await fire(made.url)).toMatchObject({ body: { changed: false } })
    expect(await newest()).toBe(before)
    const [listed] = (await call('GET', `${path}/triggers`)).body.triggers
    expect(listed).toMatchObject({ firings: 2, lastFiring: { outcome: 'unchanged' } })
    await call('PATCH', `${path}/flags/banner`, { enabled: false })
    await call('PATCH', `${path}/flags/banner`, { archived: true })
    expect((await fire(made.url)).status).toBe(409)
    const refusedAt = await newest()
    expect((await fire(made.url)).status).toBe(409)
    expect(await newest()).toBe(refusedAt)
    expect(await read()).toMatchObject({
      firings: 4,
      lastFiring: { outcome: 'refused', reason: expect.stringContaining('archived') },
    })
    expect((await call('PATCH', `${path}/flags/banner`, { archived: false })).body.entity.enabled).toBe(false)
  })
})

describe('a trigger with a signature', () => {
  // GitHub's own example (docs.github.com, "Validating webhook deliveries").
  const secret = "It's a Secret to Everybody"
  const body = 'Hello, World!'
  const hex = '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
  const header = 'x-hub-signature-256'

  it('is fired by whoever signs the body, and by nobody else', async () => {
    const { path, made, read } = await withTrigger({ signature: { secret } })
    expect(made).toMatchObject({ signingSecret: secret, entity: { signature: { header } } })
    const refused: [string, Record<string, string>][] = [
      [body, {}],
      [body, { [header]: '' }],
      [body, { [header]: `sha256=${hex.slice(1)}0` }],
      [body, { [header]: `sha1=${hex}` }],
      [`${body} `, { [header]: `sha256=${hex}` }],
      ['', { [header]: `sha256=${hex}` }],
      [body, { 'x-other': `sha256=${hex}` }],
    ]
    for (const [sent, headers] of refused)
      expect(await fire(made.url, sent, headers)).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining(header) },
      })
    expect((await call('GET', `${path}/flags/banner`)).body.enabled).toBe(true)
    expect((await read()).firings).toBe(0)
    expect(await fire(made.url, body, { [header]: `sha256=${hex}` })).toMatchObject({
      body: { changed: true },
    })
    const byToken = { authorization: `Bearer ${made.token}`, 'X-Hub-Signature-256': hex.toUpperCase() }
    const url = new URL('/api/v1/triggers', made.url).href
    expect(await fire(url, body, byToken)).toMatchObject({ status: 200, body: { changed: false } })
    expect((await read()).firings).toBe(2)
  })

  it('takes bodies up to a size, in bytes and in another header if wanted', async () => {
    const { made } = await withTrigger({ signature: { header: 'X-Alert-Signature' } })
    expect(made.signingSecret).toMatch(/^[0-9a-f]{48}$/)
    const signed = async (bytes: Uint8Array<ArrayBuffer>) => {
      const name = { name: 'HMAC', hash: 'SHA-256' }
      const raw = new TextEncoder().encode(made.signingSecret)
      const key = await crypto.subtle.importKey('raw', raw, name, false, ['sign'])
      const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes))
      const text = [...mac].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      return fire(made.url, bytes, { 'x-alert-signature': text })
    }
    expect((await signed(new Uint8Array(signedBytesMax).fill(0xff))).status).toBe(200)
    expect((await signed(new Uint8Array(signedBytesMax + 1))).status).toBe(413)
    expect((await signed(new Uint8Array(0))).status).toBe(200)
  })

  it('keeps its secret out of answers and history, and gets a new one when it is rotated', async () => {
    const { path, made } = await withTrigger({ signature: { secret } })
    const rotated = (await call('POST', `${path}/triggers/off/rotate`)).body
    expect(rotated.signingSecret).toMatch(/^[0-9a-f]{48}$/)
    expect((await fire(rotated.url, body, { [header]: hex })).status).toBe(403)
    expect((await fire(made.url, body, { [header]: hex })).status).toBe(404)
    const seen = [
      await call('GET', `${path}/triggers/off`),
      await call('GET', `${path}/triggers`),
      await call('GET', `${path}/revisions`),
      await call('GET', `${path}/audit?limit=100`),
    ].map(({ body: answer }) => JSON.stringify(answer))
    const stored = await env.DB.prepare(
      'select command as text from revisions union all select after from changes',
    ).all()
    for (const text of [...seen, JSON.stringify(stored.results)]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(rotated.signingSecret)
    }
    expect((await call('PATCH', `${path}/triggers/off`, { name: 'pager' })).body.entity).toHaveProperty(
      'signature',
    )
    await call('PATCH', `${path}/triggers/off`, { experiment: 'stop' })
    expect((await call('PATCH', `${path}/triggers/off`, { name: 'pager' })).body.entity).toMatchObject({
      experiment: 'stop',
    })
    expect(
      (await call('PATCH', `${path}/triggers/off`, { experiment: null })).body.entity,
    ).not.toHaveProperty('experiment')
    expect((await call('PATCH', `${path}/triggers/off`, { signature: null })).body.entity).not.toHaveProperty(
      'signature',
    )
    expect((await fire(rotated.url)).status).toBe(200)
  })

  it.each([
    ['a short secret', { secret: 'short' }, 'signature.secret'],
    ['no name of a header', { header: 'x y' }, 'signature.header'],
  ])('is refused with %s', async (_, signature, field) => {
    const { path } = await withTrigger()
    const answer = await call('POST', `${path}/triggers`, {
      flagKey: 'banner',
      action: 'turn-off',
      signature,
    })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: field }] } })
  })
})
