// What nobody may do: write to what is archived, take the last owner away, search for NUL, or learn what
// other organisations have.
import { beforeAll, describe, expect, it } from 'vitest'
import { addToken, call, host, newEnvironment, worker } from '../../../test/support/control-plane.ts'
import { routes } from '../api/route-list.ts'

beforeAll(() => addToken({ id: 'owner', role: 'owner' }))

/** Another organisation with a project and an environment, and the token of its owner. */
let made = 0
async function organisation() {
  const id = `org-${++made}`
  expect((await call('POST', '/organisations', { id, owner: 'ada@example.com' })).status).toBe(201)
  await addToken({ id: `${id}-owner`, role: 'owner', organisationId: id })
  const as = `${id}-owner-token`
  await call('POST', `/organisations/${id}/projects`, { id: `${id}-project` }, as)
  const environment = await newEnvironment({ project: `${id}-project` }, { authorization: `Bearer ${as}` })
  return { id, as, environment, project: `${id}-project` }
}

const writes = routes.filter(
  ({ method, needs, path }) =>
    method !== 'GET' && !['viewer', 'anyone', 'deployment-owner'].includes(needs) && path.includes('{'),
)

describe('an archive', () => {
  const attempt = async (
    { method, path }: { method: string; path: string },
    { id, as, environment, project }: Awaited<ReturnType<typeof organisation>>,
  ) => {
    const filled = path
      .replace('{environment}', environment)
      .replace('{organisation}', id)
      .replace('{project}', project)
      .replaceAll(/\{\w+\}/g, 'some')
    const response = await worker.fetch(`${host}/api/v1${filled}`, {
      method,
      headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
      body: '{}',
    })
    return `${response.status} ${await response.text()}`
  }
  // A body without required fields is refused first: 400. What matters is that nothing is let in.
  const isRefused = (answer: string) =>
    /^409 .*is archived: it accepts no changes|^40[04] |^415 /.test(answer)

  it('of an environment refuses every write to it, except bringing it back', async () => {
    const made_ = await organisation()
    const path = `/environments/${made_.environment}`
    expect((await call('PATCH', path, { archived: true }, made_.as)).status).toBe(200)
    const inside = writes.filter(({ path: each }) => each.includes('{environment}'))
    expect(inside.length).toBeGreaterThan(30)
    for (const route of inside) {
      const answer = await attempt(route, made_)
      expect([route.id, isRefused(answer), answer]).toEqual([route.id, true, answer])
    }
    expect((await call('PATCH', path, { name: 'x' }, made_.as)).status).toBe(409)
    expect((await call('GET', `${path}/flags`, undefined, made_.as)).status).toBe(200)
    expect((await call('PATCH', path, { archived: false }, made_.as)).status).toBe(200)
    expect((await call('POST', `${path}/goals`, { key: 'buy' }, made_.as)).status).toBe(201)
  })

  it('of an organisation refuses every write below it, except bringing it back', async () => {
    const made_ = await organisation()
    const { id, as, environment, project } = made_
    const before = { key: 'buy' }
    expect((await call('PATCH', `/organisations/${id}`, { archived: true }, as)).status).toBe(200)
    for (const route of writes) {
      const answer = await attempt(route, made_)
      expect([route.id, isRefused(answer), answer]).toEqual([route.id, true, answer])
    }
    const refused: [string, string, object][] = [
      ['POST', `/environments/${environment}/goals`, before],
      ['PATCH', `/environments/${environment}`, { archived: false }],
      ['PATCH', `/projects/${project}`, { name: 'x' }],
      ['POST', `/organisations/${id}/tokens`, { name: 'x', role: 'viewer' }],
      ['POST', '/environments', { id: 'too-late', project }],
      ['PATCH', `/organisations/${id}`, { name: 'x' }],
    ]
    for (const [method, path, body] of refused)
      expect([path, (await call(method, path, body, as)).status]).toEqual([path, 409])
    expect((await call('PATCH', `/organisations/${id}`, { archived: false }, as)).status).toBe(200)
    expect((await call('POST', `/environments/${environment}/goals`, before, as)).status).toBe(201)
  })
})

describe('the last owner of an organisation', () => {
  const listed = async (id: string, as: string) =>
    (await call('GET', `/organisations/${id}/members`, undefined, as)).body['members'] as { id: string }[]

  it('stays, whether a member or a token', async () => {
    const { id, as } = await organisation()
    const tokens = `/organisations/${id}/tokens`
    const [ada] = await listed(id, as)
    const member = `/organisations/${id}/members/${ada!.id}`
    expect((await call('PATCH', member, { role: 'admin' }, as)).status).toBe(200) // the token is an owner too
    for (const change of [{ disabled: true }, { expiresAt: Date.now() + 60_000 }])
      expect(await call('PATCH', `${tokens}/${id}-owner`, change, as)).toMatchObject({
        status: 409,
        body: { detail: 'this is the last owner of the organisation: make another one first' },
      })
    expect((await call('PATCH', member, { role: 'owner' }, as)).status).toBe(200)
    expect(
      (await call('PATCH', `${tokens}/${id}-owner`, { expiresAt: Date.now() + 60_000 }, as)).status,
    ).toBe(200)
    expect((await call('PATCH', member, { role: 'member' }, as)).status).toBe(409)
    expect((await call('DELETE', member, undefined, as)).status).toBe(409)
    expect(await listed(id, as)).toMatchObject([{ role: 'owner', version: 3 }])
  })

  it('stays when two remove each other at once', async () => {
    const { id, as } = await organisation()
    const bob = { email: 'bob@example.com', role: 'owner' }
    expect((await call('POST', `/organisations/${id}/members`, bob, as)).status).toBe(201)
    const short = { expiresAt: Date.now() + 60_000 }
    expect((await call('PATCH', `/organisations/${id}/tokens/${id}-owner`, short, as)).status).toBe(200)
    const answers = await Promise.all(
      (await listed(id, as)).map((each) =>
        call('DELETE', `/organisations/${id}/members/${each.id}`, undefined, as),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(await listed(id, as)).toHaveLength(1)
  })
})

describe('a search', () => {
  it.each(['flags?q=%00', 'flags?q=abc%00def', 'flags?tag=%00', 'audit?actor=%00', 'flags/%00'])(
    'for NUL is refused: %s',
    async (path) => {
      const environment = await newEnvironment()
      expect((await call('GET', `/environments/${environment}/${path}`)).status).toBe(400)
    },
  )
})

it('nobody learns what other organisations have: it looks as if it did not exist', async () => {
  const [ours, theirs] = [await organisation(), await organisation()]
  const pairs: [string, string][] = [
    [`/environments/${theirs.environment}/flags`, '/environments/nowhere/flags'],
    [`/projects/${theirs.project}`, '/projects/nowhere'],
    [`/organisations/${theirs.id}/members`, '/organisations/nowhere/members'],
  ]
  for (const [existing, missing] of pairs) {
    const [one, other] = await Promise.all(
      [existing, missing].map((path) => call('GET', path, undefined, ours.as)),
    )
    const withoutName = (body: object) => JSON.stringify(body).replaceAll(/(there is no \w+) [\w-]+/g, '$1')
    expect([one!.status, withoutName(one!.body)]).toEqual([404, withoutName(other!.body)])
  }
})
