// What is attacked: a stack of this machine with environments of two organisations, each with a text that
// nobody else may see, and callers of every kind.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Admin, call } from '../../scripts/admin.ts'
import {
  createFlag,
  createTestEnvironment,
  executeSql,
  pause,
  type TestEnvironment,
} from '../support/environment.ts'

/** What is known about a running stack. */
export interface AttackedStack extends Admin {
  /** Of the stack: its log and its databases. */
  readonly directory: string
}

/** An environment and a text in it that only its own callers may see. */
export interface Tenant extends TestEnvironment {
  readonly organisationId: string
  readonly project: string
  readonly canary: string
}

export type Role = 'viewer' | 'editor' | 'admin' | 'owner'

export interface Caller {
  readonly kind: string
  readonly headers: Readonly<Record<string, string>>
  /** Undefined for callers that nobody may let in. */
  readonly rights?: {
    readonly organisationId: string
    readonly role: Role
    /** Of a viewer or editor. */
    readonly environmentId?: string
  }
}

export interface Target extends AttackedStack {
  readonly isShort: boolean
  readonly here: Tenant
  /** Another environment of the same organisation. */
  readonly elsewhere: Tenant
  /** Of another organisation. */
  readonly foreign: Tenant
  readonly callers: readonly Caller[]
  /** Everything that no log may hold, by name. Sections add to it. */
  readonly secrets: Map<string, string>
}

/** Throws for every address that is not of this machine: an attack on it would be an attack on somebody. */
export function onlyLoopback(url: string): string {
  const { hostname, protocol } = new URL(url)
  const isLoopback = /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === '[::1]'
  if (!isLoopback || !/^https?:$/.test(protocol))
    throw new Error(`${hostname || url} is not this machine: the attack is for 127.0.0.1 and [::1] only`)
  return url
}

export async function createTarget(attackedStack: AttackedStack, isShort: boolean): Promise<Target> {
  onlyLoopback(attackedStack.url)
  const run = randomBytes(4).toString('hex')
  const secrets = new Map<string, string>([['the first token', attackedStack.token]])
  const organisationId = `others-${run}`
  await call(attackedStack, 'POST', '/organisations', {
    id: organisationId,
    owner: `nobody-${run}@example.com`,
  })
  const addToken = (kind: string, columns: Partial<TokenRow>) =>
    insertToken(attackedStack, run, kind, columns, secrets)
  const foreignOwner = await addToken('owner of another organisation', { organisationId, role: 'owner' })

  const asForeigner = { url: attackedStack.url, token: foreignOwner }
  const theirs = { organisationId, project: `project-${run}` }
  await call(asForeigner, 'POST', `/organisations/${organisationId}/projects`, { id: theirs.project })
  const ours = { organisationId: 'default', project: 'default' }

  const tenant = async (name: string, as: Admin, of: typeof ours): Promise<Tenant> => {
    const created = await createTestEnvironment(as, `${name}-${run}`, of.project)
    const canary = `canary-of-${name}-${run}`
    await createFlag(created, {
      key: 'title',
      type: 'string',
      enabled: true,
      description: canary,
      tags: ['web'],
      variations: [
        { id: 'word-a', value: canary },
        { id: 'word-b', value: 'b' },
      ],
      offVariationId: 'word-b',
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'word-a' } },
    })
    secrets.set(`the client key of ${name}`, created.clientKey)
    secrets.set(`the server key of ${name}`, created.serverKey)
    return { ...created, ...of, canary }
  }
  const here = await tenant('here', attackedStack, ours)
  const elsewhere = await tenant('elsewhere', attackedStack, ours)
  const foreign = await tenant('foreign', asForeigner, theirs)

  const inside = async (role: Role, at?: Tenant): Promise<Caller> => {
    const kind = `${role}${at ? ` ${at === here ? 'here' : 'elsewhere'}` : ''}`
    const environments = at && [at.environmentId]
    const token = await addToken(kind, { role, ...(environments && { environments }) })
    const rights = { organisationId: 'default', role, ...(at && { environmentId: at.environmentId }) }
    return { kind, headers: bearer(token), rights }
  }
  const expired = await addToken('expired owner', { role: 'owner', expiresAt: 1 })
  const disabled = await addToken('disabled owner', { role: 'owner', disabled: 1 })
  const forged = Object.entries(forgedJwts(`owner-${run}@example.com`))
  for (const [kind, jwt] of forged) secrets.set(kind, jwt)
  const callers: Caller[] = [
    { kind: 'nobody', headers: {} },
    { kind: 'garbage', headers: bearer('\u00ff'.repeat(20)) },
    { kind: 'garbage token', headers: bearer(`tla_${'0'.repeat(48)}`) },
    { kind: 'another scheme', headers: { authorization: 'Basic b3duZXI6b3duZXI=' } },
    { kind: 'client key', headers: bearer(here.clientKey) },
    { kind: 'server key', headers: bearer(here.serverKey) },
    { kind: 'expired owner', headers: bearer(expired) },
    { kind: 'disabled owner', headers: bearer(disabled) },
    ...forged.map(([kind, jwt]) => ({ kind, headers: { 'cf-access-jwt-assertion': jwt } })),
    ...forged.slice(0, 1).map(([kind, jwt]) => ({ kind: `${kind}, as token`, headers: bearer(jwt) })),
    ...forged.slice(0, 1).map(([kind, jwt]) => ({
      kind: `${kind}, as cookie`,
      headers: { cookie: `CF_Authorization=${jwt}` },
    })),
    await inside('viewer', here),
    await inside('editor', here),
    await inside('viewer', elsewhere),
    await inside('editor', elsewhere),
    await inside('admin'),
    await inside('owner'),
    {
      kind: 'owner of another organisation',
      headers: bearer(foreignOwner),
      rights: { organisationId, role: 'owner' },
    },
  ]
  await pause(1_300) // until edge has the newest revision
  return { ...attackedStack, isShort, here, elsewhere, foreign, callers, secrets }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

interface TokenRow {
  readonly organisationId: string
  readonly role: Role
  readonly environments: readonly string[]
  readonly expiresAt: number
  readonly disabled: number
}

/**
 * Straight into D1, because the API makes no token that has expired or is of an organisation without
 * members.
 */
async function insertToken(
  { url }: AttackedStack,
  run: string,
  kind: string,
  { organisationId = 'default', role = 'owner', environments, expiresAt, disabled = 0 }: Partial<TokenRow>,
  secrets: Map<string, string>,
): Promise<string> {
  const token = `tla_${randomBytes(24).toString('hex')}`
  const id = `${kind.replaceAll(' ', '-')}-${run}`
  const sha256 = createHash('sha256').update(token).digest('hex')
  const list = environments ? `'${JSON.stringify(environments)}'` : 'NULL'
  await executeSql(
    url,
    'INSERT INTO api_tokens (id, organisation_id, name, role, environments, sha256, created_at, expires_at, disabled) ' +
      `VALUES ('${id}', '${organisationId}', '${id}', '${role}', ${list}, '${sha256}', 0, ${expiresAt ?? 'NULL'}, ${disabled})`,
  )
  secrets.set(`the token of ${kind}`, token)
  return token
}

/** Signed with a secret of our own, not at all, or with a header that chooses the key. */
function forgedJwts(email: string): Record<string, string> {
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url')
  const seconds = Math.floor(Date.now() / 1_000)
  const claims = {
    iss: 'https://team.cloudflareaccess.com',
    aud: ['x'],
    email,
    iat: seconds,
    exp: seconds + 3_600,
  }
  const sign = (header: object, body: object) => {
    const text = `${part(header)}.${part(body)}`
    return `${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}`
  }
  return {
    'forged JWT': sign({ alg: 'HS256', typ: 'JWT' }, claims),
    'expired JWT': sign({ alg: 'HS256', typ: 'JWT' }, { ...claims, exp: 1 }),
    'JWT with its own key': sign(
      { alg: 'HS256', jku: 'https://127.0.0.1/keys', kid: '../../secret' },
      claims,
    ),
    'unsigned JWT': `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`,
  }
}

export const tenantsOf = ({ here, elsewhere, foreign }: Target): readonly Tenant[] => [
  here,
  elsewhere,
  foreign,
]

export const durableObjects = ({ directory }: AttackedStack) => join(directory, 'state/v3/do')
