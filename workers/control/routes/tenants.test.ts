// What one organisation learns of another, over every route, and how much of a deployment it can take.
import { beforeAll, describe, expect, it } from 'vitest'
import {
  addToken,
  call,
  database,
  env,
  host,
  newEnvironment,
  worker,
} from '../../../test/support/control-plane.ts'
import { environmentsPerProjectMax, organisationRowsMax } from '../../../core/model/limits.ts'
import { isOrganisationId, tokenStatement } from '../../../scripts/token-statement.ts'
import { sha256Hex } from '../../http/digest.ts'
import { routes } from '../api/route-list.ts'
import { apiTokens, members, organisations, projects } from '../../storage/organisation-schema.ts'
import { environments } from '../../storage/schema.ts'

beforeAll(async () => {
  await addToken({ id: 'owner', role: 'owner' })
  for (const id of ['ours', 'theirs']) {
    expect((await call('POST', '/organisations', { id, owner: 'ada@example.com' })).status).toBe(201)
    for (const role of ['owner', 'viewer'] as const)
      await addToken({ id: `${id}-${role}`, role, organisationId: id })
    const as = `${id}-owner-token`
    await call('POST', `/organisations/${id}/projects`, { id: `${id}-project` }, as)
  }
})

const rows = <T>(count: number, row: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => row(i))
const versioned = { version: 1, createdAt: 0 }
/** D1 takes at most 100 parameters a statement. */
const insert = async (table: Parameters<typeof database.insert>[0], all: object[], columns: number) => {
  const size = Math.floor(100 / columns)
  const statements = []
  for (let i = 0; i < all.length; i += size)
    statements.push(database.insert(table).values(all.slice(i, i + size) as never))
  for (let i = 0; i < statements.length; i += 100) await database.batch(statements.slice(i, i + 100) as never)
}

const named = routes.filter(
  ({ needs, path }) => needs !== 'anyone' && /\{(environment|project|organisation)\}/.test(path),
)

describe('to another organisation, what exists looks as if it did not', () => {
  it.each(named.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s',
    async (_, { method, path }) => {
      const theirs = await theirEnvironment()
      const attempt = async (ids: Record<string, string>, as: string) => {
        const filled = path
          .replaceAll(/\{(environment|project|organisation)\}/g, (__, name: string) => ids[name]!)
          .replaceAll(/\{\w+\}/g, 'some')
        const init = {
          method,
          headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
        }
        const response = await worker.fetch(
          `${host}/api/v1${filled}`,
          method === 'GET' ? init : { ...init, body: '{}' },
        )
        const text = await response.text()
        const nameless = Object.values(ids).reduce((all, id) => all.replaceAll(id, 'ID'), text)
        return { status: response.status, text: nameless, headers: [...response.headers.keys()].join() }
      }
      const existing = { environment: theirs, project: 'theirs-project', organisation: 'theirs' }
      const missing = {
        environment: 'no-environment',
        project: 'no-project',
        organisation: 'no-organisation',
      }
      for (const as of ['ours-owner-token', 'ours-viewer-token']) {
        const [one, other] = [await attempt(existing, as), await attempt(missing, as)]
        expect(one.status).toBe(404)
        expect(one).toEqual(other)
      }
    },
  )
  let made: Promise<string> | undefined
  const theirEnvironment = () =>
    (made ??= newEnvironment({ project: 'theirs-project' }, { authorization: 'Bearer theirs-owner-token' }))

  it('also when it is named in a body', async () => {
    const create = (project: string) =>
      call('POST', '/environments', { id: 'mine', project }, 'ours-owner-token')
    const [one, other] = [await create('theirs-project'), await create('no-project')]
    expect([one.status, other.status]).toEqual([404, 404])
    const ours = await newEnvironment(
      { project: 'ours-project' },
      { authorization: 'Bearer ours-owner-token' },
    )
    const copy = (from: string) =>
      call('POST', `/environments/${ours}/flags/f/copy`, { from }, 'ours-owner-token')
    const [first, second] = [await copy(await theirEnvironment()), await copy('no-environment')]
    expect([first.status, second.status]).toEqual([404, 404])
    expect(String(first.body['detail']).replace(await theirEnvironment(), 'ID')).toBe(
      String(second.body['detail']).replace('no-environment', 'ID'),
    )
  })
})

describe('an organisation', () => {
  const owner = { authorization: 'Bearer ours-owner-token' }

  it('has a limit for its tokens, projects and members, and a project for its environments', async () => {
    const organisationId = 'ours'
    const counted = async (list: string) => {
      const { body } = await call('GET', `/organisations/ours/${list}?limit=200`, undefined, owner)
      return (body[list] as unknown[]).length
    }
    const here = { organisationId, name: '', ...versioned }
    const [hadTokens, hadProjects, hadMembers] = [
      await counted('tokens'),
      await counted('projects'),
      await counted('members'),
    ]
    await insert(
      apiTokens,
      rows(organisationRowsMax.token - hadTokens - 1, (i) => ({
        ...here,
        id: `t${i}`,
        role: 'viewer',
        sha256: `s${i}`,
      })),
      11,
    )
    await insert(
      projects,
      rows(organisationRowsMax.project - hadProjects - 1, (i) => ({
        ...here,
        id: `p${i}`,
        description: '',
        archived: false,
      })),
      7,
    )
    await insert(
      members,
      rows(organisationRowsMax.member - hadMembers - 1, (i) => ({
        ...here,
        id: `m${i}`,
        email: `m${i}@x.org`,
        role: 'member',
        environments: {},
      })),
      8,
    )
    await insert(
      environments,
      rows(environmentsPerProjectMax, (i) => ({
        ...versioned,
        id: `full-${i}`,
        projectId: 'p0',
        name: '',
        description: '',
        archived: false,
      })),
      8,
    )
    const attempts: [string, object, string][] = [
      [
        '/organisations/ours/tokens',
        { name: 'x', role: 'viewer' },
        'an organisation has at most 1000 tokens',
      ],
      ['/organisations/ours/projects', { id: 'px' }, 'an organisation has at most 1000 projects'],
      ['/organisations/ours/members', { email: 'x@x.org' }, 'an organisation has at most 10000 members'],
    ]
    for (const [path, body, detail] of attempts) {
      expect([path, (await call('POST', path, body, owner)).status]).toEqual([path, 201])
      const more = {
        ...body,
        ...('id' in body && { id: 'py' }),
        ...('email' in body && { email: 'y@x.org' }),
      }
      expect(await call('POST', path, more, owner)).toMatchObject({
        status: 413,
        body: { code: 'TOO_LARGE', detail },
      })
    }
    expect(await call('POST', '/environments', { id: 'too-many', project: 'p0' }, owner)).toMatchObject({
      status: 413,
      body: { detail: 'a project has at most 200 environments' },
    })
    expect((await call('PATCH', '/organisations/ours/tokens/t1', { disabled: true }, owner)).status).toBe(200)
  })
})

it('takes no address as a person’s that only looks like it', async () => {
  for (const email of [
    '\u212aate@example.com',
    'kate@ex\u0430mple.com',
    'İ@example.com',
    'kate@example.com\0',
  ])
    expect((await call('POST', '/organisations/default/members', { email })).status).toBe(400)
})

describe('whoever owns the database', () => {
  const token = (organisation: string, id: string) => ({
    id,
    name: `it's "${id}"`,
    organisation,
    createdAt: 0,
  })

  it('makes the first token of an organisation that nobody can come into', async () => {
    expect((await call('POST', '/organisations', { id: 'closed', owner: 'eve@example.com' })).status).toBe(
      201,
    )
    const sha256 = await sha256Hex('of-the-database')
    const made = await env.DB.prepare(tokenStatement({ ...token('closed', 'first'), sha256 })).all()
    expect(made.results).toEqual([{ id: 'first' }])
    const listed = await call('GET', '/organisations/closed/tokens', undefined, 'of-the-database')
    expect(listed.body['tokens']).toMatchObject([{ id: 'first', name: `it's "first"`, role: 'owner' }])
    expect((await call('GET', '/organisations/ours/tokens', undefined, 'of-the-database')).status).toBe(404)
    const disabled = await call(
      'PATCH',
      '/organisations/closed/tokens/first',
      { disabled: true },
      'of-the-database',
    )
    expect(disabled.status).toBe(200) // its member is an owner too
  })

  it('is told if there is no such organisation', async () => {
    const made = await env.DB.prepare(tokenStatement({ ...token('nowhere', 'x'), sha256: 'f' })).all()
    expect(made.results).toEqual([])
    for (const id of ["a' OR 1=1 --", 'A', '', 'x'.repeat(41)]) expect(isOrganisationId(id)).toBe(false)
  })
})

// last, because it fills the deployment
describe('the deployment', () => {
  it('has a limit for its organisations', async () => {
    const all = rows(organisationRowsMax.organisation, (i) => ({
      id: `o${i}`,
      name: '',
      archived: false,
      ...versioned,
    }))
    await insert(organisations, all.slice(await database.$count(organisations)), 5)
    const draft = { id: 'one-too-many', owner: 'ada@example.com' }
    expect(await call('POST', '/organisations', draft)).toMatchObject({
      status: 413,
      body: { detail: 'a deployment has at most 1000 organisations' },
    })
    expect(
      await env.DB.prepare(`select count(*) as n from members where organisation_id = 'one-too-many'`).first(
        'n',
      ),
    ).toBe(0)
  })
})
