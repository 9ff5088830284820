// Authorisation of every declared route for every kind of caller, and identification by Cloudflare Access.
import { type CryptoKey, type JWTPayload, SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  addToken,
  call,
  database,
  env,
  host,
  newEnvironment,
  worker,
} from '../../../test/support/control-plane.ts'
import { members } from '../../storage/organisation-schema.ts'
import type { RequiredRole } from './access.ts'
import { verifyAccessToken } from './access-jwt.ts'
import { routes } from '../api/route-list.ts'

const issuer = `https://${env.ACCESS_TEAM_DOMAIN}`

interface TeamKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}
const newKey = async (kid: string): Promise<TeamKey> => ({ kid, ...(await generateKeyPair('RS256')) })
const serve = async (...keys: TeamKey[]) => {
  const jwks = keys.map(async ({ kid, publicKey }) => ({
    ...(await exportJWK(publicKey)),
    kid,
    alg: 'RS256',
  }))
  const body = JSON.stringify({ keys: await Promise.all(jwks) })
  await fetch(`${issuer}/cdn-cgi/access/certs`, { method: 'PUT', body })
}

const seconds = () => Math.floor(Date.now() / 1000)
const claims = (email: string, changes: JWTPayload = {}): JWTPayload => ({
  iss: issuer,
  aud: [env.ACCESS_AUDIENCE!],
  email,
  type: 'app',
  sub: 'someone',
  iat: seconds() - 10,
  nbf: seconds() - 10,
  exp: seconds() + 3_600,
  ...changes,
})
const sign = ({ kid, privateKey }: TeamKey, payload: JWTPayload) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey)

let key: TeamKey
let here: string
let elsewhere: string
/** Headers by kind of caller. */
const callers: Record<string, Record<string, string>> = {
  nobody: {},
  'a garbage token': { authorization: 'Bearer tla_0123456789abcdef' },
  'another scheme': { authorization: 'Basic b3duZXI6b3duZXI=' },
  'a viewer, expired': { authorization: 'Bearer expired-token' },
  'an owner, disabled': { authorization: 'Bearer disabled-token' },
  'an owner of another organisation': { authorization: 'Bearer stranger-token' },
  'a viewer elsewhere': { authorization: 'Bearer viewer-elsewhere-token' },
  'an editor elsewhere': { authorization: 'Bearer editor-elsewhere-token' },
  'a viewer here': { authorization: 'Bearer viewer-here-token' },
  'an editor here': { authorization: 'Bearer editor-here-token' },
  'a viewer everywhere': { authorization: 'Bearer viewer-token' },
  'an editor everywhere': { authorization: 'Bearer editor-token' },
  'an admin': { authorization: 'Bearer admin-token' },
  'an owner': { authorization: 'Bearer owner-token' },
}
const people = {
  'a person who is no member': 'nobody@example.com',
  'a member without environments': 'member@example.com',
  'a member who views here': 'viewer@example.com',
  'a member who edits here': 'editor@example.com',
  'a member who is admin': 'admin@example.com',
  'a member who is owner': 'owner@example.com',
  'an owner of another organisation, in person': 'stranger@example.com',
}

const outsiders = [
  'nobody',
  'a garbage token',
  'another scheme',
  'a viewer, expired',
  'an owner, disabled',
  'a person who is no member',
]
const strangers = ['an owner of another organisation', 'an owner of another organisation, in person']
const owners = ['an owner', 'a member who is owner']
const admins = [...owners, 'an admin', 'a member who is admin']
const editors = [...admins, 'an editor here', 'an editor everywhere', 'a member who edits here']
const viewers = [...editors, 'a viewer here', 'a viewer everywhere', 'a member who views here']
const insiders = [...viewers, 'a viewer elsewhere', 'an editor elsewhere', 'a member without environments']
/** Written out, not derived from the code under test. */
const allowed: Record<Exclude<RequiredRole, 'anyone'>, readonly string[]> = {
  viewer: viewers,
  editor: editors,
  member: insiders,
  admin: admins,
  owner: owners,
  'deployment-owner': owners,
}

beforeAll(async () => {
  key = await newKey('first')
  await serve(key)
  await addToken({ id: 'owner', role: 'owner' })
  here = await newEnvironment()
  elsewhere = await newEnvironment()
  await call('POST', '/organisations', { id: 'others', owner: 'Stranger@Example.com' })
  await addToken({ id: 'expired', role: 'viewer', expiresAt: Date.now() - 1 })
  await addToken({ id: 'disabled', role: 'owner', disabled: true })
  await addToken({ id: 'stranger', role: 'owner', organisationId: 'others' })
  for (const role of ['viewer', 'editor'] as const) {
    await addToken({ id: role, role })
    await addToken({ id: `${role}-here`, role, environments: [here] })
    await addToken({ id: `${role}-elsewhere`, role, environments: [elsewhere] })
  }
  await addToken({ id: 'admin', role: 'admin' })
  const roles = {
    member: { role: 'member', environments: {} },
    viewer: { role: 'member', environments: { [here]: 'viewer' } },
    editor: { role: 'member', environments: { [here]: 'editor' } },
    admin: { role: 'admin', environments: {} },
    owner: { role: 'owner', environments: {} },
  } as const
  for (const [name, part] of Object.entries(roles)) {
    const row = { organisationId: 'default', id: name, email: `${name}@example.com`, name, createdAt: 0 }
    await database.insert(members).values({ ...row, ...part })
  }
  for (const [kind, email] of Object.entries(people))
    callers[kind] = { 'cf-access-jwt-assertion': await sign(key, claims(email)) }
})

afterEach(() => void vi.useRealTimers())

describe('every route', () => {
  const toUrlPath = (path: string) =>
    path
      .replace('{environment}', here)
      .replace('{organisation}', 'default')
      .replace('{project}', 'default')
      .replaceAll(/\{\w+\}/g, '0123456789')

  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s admits the callers that it declares, and no others',
    async (_, { method, path, needs, downloads }) => {
      const outcomes: Record<string, string> = {}
      const expected: Record<string, string> = {}
      for (const [kind, headers] of Object.entries(callers)) {
        const response = await worker.fetch(`${host}/api/v1${toUrlPath(path)}`, {
          method,
          headers: { ...headers, ...(downloads && { accept: downloads[0]! }) },
          ...(method !== 'GET' && { body: '{"there is no": "such field"}' }),
        })
        const isHidden = /"detail":"there is no (environment|project|organisation) /.test(
          await response.text(),
        )
        outcomes[kind] = isHidden
          ? 'hidden'
          : ({ 401: 'unknown', 403: 'refused' }[response.status] ?? 'let in')
        expect(response.status, `${kind}: ${method} ${path}`).toBeLessThan(500)
        expected[kind] = expectation(kind, needs, path)
      }
      expect(outcomes).toEqual(expected)
    },
  )

  /**
   * A path without a scope admits everybody with the role in any organisation, and lists only what is theirs.
   */
  function expectation(kind: string, needs: RequiredRole, path: string): string {
    if (needs === 'anyone') return 'let in'
    if (outsiders.includes(kind)) return kind === 'a person who is no member' ? 'refused' : 'unknown'
    if (strangers.includes(kind) && needs === 'deployment-owner') return 'refused'
    if (strangers.includes(kind)) return path.includes('{') ? 'hidden' : 'let in'
    return allowed[needs].includes(kind) ? 'let in' : 'refused'
  }

  it('that needs a role in an environment has one in its path', () => {
    const withoutEnvironment = routes.filter(
      ({ needs, path }) => (needs === 'viewer' || needs === 'editor') && !path.includes('{environment}'),
    )
    expect(withoutEnvironment).toEqual([])
  })

  it('has a unique name', () => {
    const ids = routes.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
  })
})

describe('a path without a scope', () => {
  const visibleTo = async (as: string | Record<string, string>) =>
    ((await call('GET', '/environments', undefined, as)).body['environments'] as { id: string }[]).map(
      ({ id }) => id,
    )

  it('lists only the environments that were granted to the caller', async () => {
    expect(await visibleTo('owner-token')).toEqual([here, elsewhere])
    expect(await visibleTo('viewer-token')).toEqual([here, elsewhere])
    expect(await visibleTo('viewer-here-token')).toEqual([here])
    expect(await visibleTo(callers['a member without environments']!)).toEqual([])
    expect(await visibleTo(callers['a member who edits here']!)).toEqual([here])
    expect(await visibleTo('stranger-token')).toEqual([])
  })

  it('creates nothing in an organisation where the caller lacks the role', async () => {
    const status = async (path: string, body: object, as: string) =>
      (await call('POST', path, body, as)).status
    expect(await status('/environments', { id: 'mine' }, 'stranger-token')).toBe(404)
    expect(await status('/environments', { id: 'mine' }, 'editor-token')).toBe(403)
    expect(await status('/organisations', { id: 'mine', owner: 'a@example.com' }, 'stranger-token')).toBe(403)
    expect(await status('/environments', { id: 'mine', project: 'nowhere' }, 'owner-token')).toBe(404)
  })

  it('lists only the organisations of the caller', async () => {
    const { body } = await call('GET', '/organisations', undefined, 'stranger-token')
    expect(body['organisations']).toMatchObject([{ id: 'others' }])
  })
})

describe('an Access token', () => {
  const knock = async (token: string, headers: Record<string, string> = {}) =>
    (await call('GET', `/environments/${here}`, undefined, { 'cf-access-jwt-assertion': token, ...headers }))
      .status

  it('identifies a member by header or cookie, whatever the case of the address', async () => {
    const token = await sign(key, claims('Viewer@Example.com'))
    expect(await knock(token)).toBe(200)
    const cookie = `theme=dark; CF_Authorization=${token}`
    expect((await call('GET', `/environments/${here}`, undefined, { cookie })).status).toBe(200)
  })

  it('folds ASCII letters only: another letter that lower case turns into k is another person', async () => {
    await database.insert(members).values({
      organisationId: 'default',
      id: 'kim',
      email: 'kim@example.com',
      name: 'kim',
      createdAt: 0,
      role: 'owner',
      environments: {},
    })
    expect(await knock(await sign(key, claims('KIM@example.com')))).toBe(200)
    expect('\u212aim'.toLowerCase()).toBe('kim')
    expect(await knock(await sign(key, claims('\u212aim@example.com')))).toBe(403)
  })

  it('names the member in the audit trail', async () => {
    const as = { 'cf-access-jwt-assertion': await sign(key, claims('editor@example.com')) }
    expect((await call('POST', `/environments/${here}/goals`, { key: 'buy' }, as)).status).toBe(201)
    const { body } = await call('GET', `/environments/${here}/revisions?limit=1`)
    expect(body['revisions']).toMatchObject([{ actor: { kind: 'member', id: 'editor', name: 'editor' } }])
  })

  it.each<[string, () => Promise<string>]>([
    ['for another application', () => sign(key, claims('owner@example.com', { aud: ['another'] }))],
    ['for no application', () => sign(key, claims('owner@example.com', { aud: undefined! }))],
    ['of another team', () => sign(key, claims('owner@example.com', { iss: 'https://evil.example' }))],
    ['that has expired', () => sign(key, claims('owner@example.com', { exp: seconds() - 1 }))],
    ['that never expires', () => sign(key, claims('owner@example.com', { exp: undefined! }))],
    ['that is not yet valid', () => sign(key, claims('owner@example.com', { nbf: seconds() + 60 }))],
    ['without a signature', async () => new UnsecuredJWT(claims('owner@example.com')).encode()],
    [
      'signed with another key of the same name',
      async () => sign(await newKey('first'), claims('owner@example.com')),
    ],
    ['signed with an unknown key', async () => sign(await newKey('unknown'), claims('owner@example.com'))],
    [
      'signed with the public key as a shared secret',
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(key.publicKey)))
        return new SignJWT(claims('owner@example.com'))
          .setProtectedHeader({ alg: 'HS256', kid: 'first' })
          .sign(secret)
      },
    ],
    ['of a service, without an address', () => sign(key, claims('', { common_name: 'robot' }))],
    ['that is none', async () => 'not.a.token'],
    [
      'that was tampered with',
      async () => (await sign(key, claims('owner@example.com'))).replace(/.\./, 'x.'),
    ],
  ])('%s is refused', async (_, token) => {
    expect(await knock(await token())).toBe(401)
  })

  it('of a person who is not a member is refused with their address', async () => {
    const as = { 'cf-access-jwt-assertion': await sign(key, claims('nobody@example.com')) }
    const { status, body } = await call('GET', '/environments', undefined, as)
    expect([status, body['detail']]).toEqual([403, 'nobody@example.com is not a member here'])
  })

  it('is ignored if an unknown API token is sent as well', async () => {
    const token = await sign(key, claims('owner@example.com'))
    expect(await knock(token, { authorization: 'Bearer tla_wrong' })).toBe(401)
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    [
      'a neighbouring subdomain',
      { 'sec-fetch-site': 'same-site', origin: 'https://x.tackline.example' },
      403,
    ],
    ['an old browser on another site', { origin: 'https://evil.example' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['the console', { 'sec-fetch-site': 'same-origin', origin: host }, 201],
    ['an old browser on the console', { origin: host }, 201],
    ['a command line', {}, 201],
  ] as const)('writes for %s: %o gets %i', async (who, headers, status) => {
    const token = await sign(key, claims('owner@example.com'))
    const as = { cookie: `CF_Authorization=${token}`, ...headers }
    const goal = { key: who.replaceAll(' ', '-') }
    expect((await call('POST', `/environments/${here}/goals`, goal, as)).status).toBe(status)
  })

  it('is accepted with a new key once the team serves it, and no longer with the old key', async () => {
    const next = await newKey('second')
    await serve(next)
    const [old, fresh] = [
      await sign(key, claims('owner@example.com')),
      await sign(next, claims('owner@example.com')),
    ]
    expect(await knock(old)).toBe(200) // the keys are still in memory
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] })
    expect(await knock(fresh)).toBe(200)
    expect(await knock(old)).toBe(401)
  })

  it('gets a retryable error while the keys cannot be fetched', async () => {
    const issuer = 'https://away.cloudflareaccess.com'
    const token = await sign(key, claims('owner@example.com', { iss: issuer }))
    const verified = await verifyAccessToken({ issuer, audience: 'the-console' }, token)
    expect(verified).toMatchObject({ ok: false, problem: { code: 'UNAVAILABLE' } })
  })
})
