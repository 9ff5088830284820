// Organisations, projects, members and tokens through the admin API in workerd, with their audit trail.
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { addToken, call, database, newEnvironment } from '../../../test/support/control-plane.ts'
import { readRow } from '../../storage/organisations.ts'

const root = '/organisations/default'
type Body = Record<string, unknown>

beforeAll(async () => {
  for (const role of ['owner', 'admin', 'viewer'] as const) await addToken({ id: role, role })
})

async function newToken(draft: object, as = 'owner-token') {
  const { status, body } = await call('POST', `${root}/tokens`, draft, as)
  expect(status).toBe(201)
  return body as { id: string; token: string; version: number }
}

describe('an API token', () => {
  it('gives access to its environments only', async () => {
    const [one, other] = [await newEnvironment(), await newEnvironment()]
    const { token } = await newToken({ name: 'deploy', role: 'editor', environments: [one] })
    expect((await call('POST', `/environments/${one}/goals`, { key: 'buy' }, token)).status).toBe(201)
    expect((await call('GET', `/environments/${other}/goals`, undefined, token)).status).toBe(403)
  })

  it('is returned once: neither it nor its hash is in any list, answer or audit entry', async () => {
    const { id, token } = await newToken({ name: 'secret', role: 'viewer' })
    const stored = await readRow(database, 'token', id)
    const answers = [
      await call('GET', `${root}/tokens?limit=200`),
      await call('PATCH', `${root}/tokens/${id}`, { name: 'still secret' }),
      await call('GET', `${root}/audit?limit=200`),
      await call('GET', `${root}/audit/1`),
    ]
    const text = JSON.stringify(answers)
    expect(text).toContain(id)
    expect(text).not.toContain(token)
    expect(text).not.toContain(stored!.sha256)
  })

  it('that was rotated works by its new text only', async () => {
    const { id, token } = await newToken({ name: 'old', role: 'viewer' })
    const rotated = (await call('POST', `${root}/tokens/${id}/rotate`)).body['token'] as string
    expect((await call('GET', '/environments', undefined, token)).status).toBe(401)
    expect((await call('GET', '/environments', undefined, rotated)).status).toBe(200)
  })

  it('that was rotated with an overlap works by both texts, the old one as a token that ends', async () => {
    const { id, token } = await newToken({ name: 'slow', role: 'viewer' })
    const { body } = await call('POST', `${root}/tokens/${id}/rotate?overlapMs=60000`)
    for (const text of [token, body['token'] as string])
      expect((await call('GET', '/environments', undefined, text)).status).toBe(200)
    const { tokens } = (await call('GET', `${root}/tokens?limit=200`)).body as {
      tokens: { id: string; name: string; role: string; expiresAt: number | null }[]
    }
    const kept = tokens.find(({ name }) => name === 'slow (replaced)')!
    expect(kept).toMatchObject({ role: 'viewer', expiresAt: expect.any(Number) })
    expect(kept.expiresAt! - Date.now()).toBeLessThanOrEqual(60_000)
    await call('PATCH', `${root}/tokens/${kept.id}`, { disabled: true })
    expect((await call('GET', '/environments', undefined, token)).status).toBe(401)
    expect((await call('POST', `${root}/tokens/${id}/rotate?overlapMs=-1`)).status).toBe(400)
  })

  it('can be rotated with an empty body or none, and not with an invalid one', async () => {
    const { id } = await newToken({ name: 'empty', role: 'viewer' })
    const status = async (body?: string) => (await call('POST', `${root}/tokens/${id}/rotate`, body)).status
    expect([await status(), await status(''), await status('{}'), await status('{"a')]).toEqual([
      200, 200, 200, 400,
    ])
  })

  it('that was disabled works again once it is enabled', async () => {
    const { id, token } = await newToken({ name: 'pausing', role: 'viewer' })
    const status = async () => (await call('GET', '/environments', undefined, token)).status
    await call('PATCH', `${root}/tokens/${id}`, { disabled: true })
    expect(await status()).toBe(401)
    await call('PATCH', `${root}/tokens/${id}`, { disabled: false })
    expect(await status()).toBe(200)
  })

  it('works until it expires', async () => {
    const expiresAt = Date.now() + 60_000
    const { token } = await newToken({ name: 'short', role: 'viewer', expiresAt })
    const status = async () => (await call('GET', '/environments', undefined, token)).status
    vi.useFakeTimers({ now: expiresAt - 1, toFake: ['Date'] })
    expect(await status()).toBe(200)
    vi.setSystemTime(expiresAt)
    expect(await status()).toBe(401)
    vi.useRealTimers()
  })

  it('has the time of its last use, written at most once an hour', async () => {
    const start = Date.now()
    const { id, token } = await newToken({ name: 'busy', role: 'viewer' })
    const used = async (now: number) => {
      vi.useFakeTimers({ now, toFake: ['Date'] })
      await call('GET', '/environments', undefined, token)
      await vi.waitFor(async () => expect((await readRow(database, 'token', id))!.lastUsedAt).not.toBeNull())
      await new Promise((resolve) => setTimeout(resolve, 50)) // written behind the answer
      vi.useRealTimers()
      return (await readRow(database, 'token', id))!.lastUsedAt
    }
    const hour = 3_600_000
    expect(await used(start)).toBe(start)
    expect(await used(start + hour)).toBe(start)
    expect(await used(start + hour + 1)).toBe(start + hour + 1)
  })

  it('of an owner cannot be changed by an admin', async () => {
    const owner = await newToken({ name: 'boss', role: 'owner' })
    const status = async (method: string, path: string, body?: object) =>
      (await call(method, `${root}${path}`, body, 'admin-token')).status
    expect(await status('POST', '/tokens', { name: 'me', role: 'owner' })).toBe(403)
    expect(await status('PATCH', `/tokens/${owner.id}`, { disabled: true })).toBe(403)
    expect(await status('POST', `/tokens/${owner.id}/rotate`)).toBe(403)
    expect(await status('POST', '/members', { email: 'me@example.com', role: 'owner' })).toBe(403)
    expect(await status('POST', '/tokens', { name: 'me', role: 'admin' })).toBe(201)
  })

  it.each([
    [
      'an owner’s, limited to environments',
      { name: 'x', role: 'owner', environments: ['a'] },
      ['environments'],
    ],
    ['one for no environment', { name: 'x', role: 'viewer', environments: [] }, ['environments']],
    [
      'an invalid one, with all its fields',
      { name: '', role: 'king', expiresAt: 'soon' },
      ['name', 'role', 'expiresAt'],
    ],
  ])('is refused: %s', async (_, draft, fields) => {
    const { status, body } = await call('POST', `${root}/tokens`, draft)
    expect(status).toBe(400)
    expect((body['errors'] as { path: string }[]).map(({ path }) => path)).toEqual(fields)
  })
})

describe('a member', () => {
  it('can be added once, changed and removed, with every step in the audit trail', async () => {
    const draft = { email: 'Ada@Example.com', role: 'member', environments: { '*': 'viewer' } }
    const { body: ada } = await call('POST', `${root}/members`, draft)
    expect(ada).toMatchObject({ email: 'ada@example.com', version: 1 })
    expect((await call('POST', `${root}/members`, draft)).status).toBe(409)
    const path = `${root}/members/${ada['id'] as string}`
    await call('PATCH', path, { role: 'admin' })
    await call('DELETE', path)
    expect((await call('PATCH', path, { role: 'owner' })).status).toBe(404)
    const { body } = await call('GET', `${root}/audit?entity=member:${ada['id'] as string}`)
    expect((body['entries'] as Body[]).map(({ kind }) => kind)).toEqual([
      'remove-member',
      'update-member',
      'create-member',
    ])
  })

  it.each([
    ['constructor', { constructor: 'editor' }],
    ['__proto__', {}],
  ])('is given no more than was meant by an environment called %s', async (id, environments) => {
    const body = `{ "email": "${id}@example.com", "environments": { "${id}": "editor" } }`
    const made = await call('POST', `${root}/members`, body)
    expect(made).toMatchObject({ status: 201 })
    expect(made.body['environments']).toEqual(environments)
  })
})

describe('a stale edit', () => {
  it('is refused with the stored value, and changes nothing', async () => {
    await call('POST', `${root}/projects`, { id: 'shop', name: 'Shop' })
    const first = await call('PATCH', '/projects/shop', { name: 'Store' })
    expect(first.headers.get('etag')).toBe('"2"')
    const as = { authorization: 'Bearer owner-token', 'if-match': '"1"' }
    expect(await call('PATCH', '/projects/shop', { name: 'Kiosk' }, as)).toMatchObject({
      status: 409,
      body: {
        code: 'CONFLICT',
        current: { name: 'Store', version: 2 },
        yours: { name: 'Kiosk', version: 1 },
      },
    })
    expect((await call('GET', '/projects/shop')).body['name']).toBe('Store')
  })

  it('of two concurrent ones is refused: never both are stored', async () => {
    await call('POST', `${root}/projects`, { id: 'race' })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => call('PATCH', '/projects/race', { name: `name ${i}` })),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([])
    const { body } = await call('GET', `${root}/audit?entity=project:race`)
    expect((body['entries'] as Body[]).length).toBe(1 + won.length)
    expect((await call('GET', '/projects/race')).body['version']).toBe(1 + won.length)
  })
})

describe('an archive', () => {
  it('of a project refuses new environments', async () => {
    await call('POST', `${root}/projects`, { id: 'done' })
    await call('PATCH', '/projects/done', { archived: true })
    expect((await call('POST', '/environments', { id: 'late', project: 'done' })).status).toBe(409)
  })

  it('of an environment refuses changes until it is restored', async () => {
    const id = await newEnvironment()
    const status = async () => (await call('POST', `/environments/${id}/goals`, { key: 'buy' })).status
    await call('PATCH', `/environments/${id}`, { archived: true })
    expect(await status()).toBe(409)
    await call('PATCH', `/environments/${id}`, { archived: false })
    expect(await status()).toBe(201)
  })
})

describe('another organisation', () => {
  it('has its own members, and its owner has no access to this one', async () => {
    const made = await call('POST', '/organisations', { id: 'guests', owner: 'guest@example.com' })
    expect(made).toMatchObject({ status: 201, body: { id: 'guests', version: 1 } })
    expect((await call('POST', '/organisations', { id: 'guests', owner: 'me@example.com' })).status).toBe(409)
    expect((await call('GET', '/organisations/guests/members')).status).toBe(404)
    await addToken({ id: 'guest', role: 'owner', organisationId: 'guests' })
    const listed = await call('GET', '/organisations/guests/members', undefined, 'guest-token')
    expect(listed.body['members']).toMatchObject([{ email: 'guest@example.com', role: 'owner' }])
    expect((await call('GET', `${root}/audit`, undefined, 'guest-token')).status).toBe(404)
    expect((await call('GET', '/projects/default', undefined, 'guest-token')).status).toBe(404)
  })
})
