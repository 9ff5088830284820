// Who owns a key that another system gave out: one environment, until it deletes the key.
import { beforeAll, describe, expect, it } from 'vitest'
import { addToken, call as callAs, env, newEnvironment } from '../../../test/support/control-plane.ts'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { sha256Hex } from '../../http/digest.ts'

beforeAll(useOwner)

const fileWith = (...keys: string[]) => ({
  campaigns: [],
  sdkKeys: keys.map((key) => ({ key, role: 'client', name: key })),
})
const importKeys = (path: string, ...keys: string[]) =>
  call('POST', `${path}/import/flagship-io`, fileWith(...keys))

async function mappingOf(key: string) {
  return env.SNAPSHOTS.get(`key:${await sha256Hex(key)}`)
}
async function deleteKey(path: string, name: string) {
  const { body } = await call('GET', `${path}/sdk-keys`)
  const { id } = (body.sdkKeys as { id: string; name: string }[]).find((key) => key.name === name)!
  expect((await call('DELETE', `${path}/sdk-keys/${id}`)).status).toBe(200)
}

it('belongs to the environment that imported it first, until that deletes it', async () => {
  const [first, second] = [await environment(), await environment()]
  const key = 'first-come-first-served'
  expect(await importKeys(first, key, key)).toMatchObject({ status: 200, body: { published: true } })
  expect(await mappingOf(key)).toBe(first.split('/')[2])
  const dryRun = await call('POST', `${second}/import/flagship-io?dryRun=true`, fileWith(key))
  const refused = await importKeys(second, 'one-of-its-own-keys', key)
  for (const answer of [dryRun, refused])
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'CONFLICT',
        detail: expect.stringContaining(`belongs to environment ${first.split('/')[2]}`),
      },
    })
  expect(refused.body.errors).toMatchObject([{ path: 'sdkKeys.1.key' }])
  expect((await call('GET', `${second}/sdk-keys`)).body.sdkKeys).toEqual([])
  expect(await mappingOf(key)).toBe(first.split('/')[2])

  await deleteKey(first, key)
  expect(await mappingOf(key)).toBeNull()
  expect(await importKeys(second, key)).toMatchObject({ status: 200, body: { published: true } })
  expect(await mappingOf(key)).toBe(second.split('/')[2])
})

it('is not given away while it is disabled', async () => {
  const [first, second] = [await environment(), await environment()]
  const key = 'disabled-and-still-ours'
  await importKeys(first, key)
  const { body } = await call('GET', `${first}/sdk-keys`)
  expect((await call('PATCH', `${first}/sdk-keys/${body.sdkKeys[0].id}`, { disabled: true })).status).toBe(
    200,
  )
  expect((await importKeys(second, key)).status).toBe(409)
})

it('goes to exactly one of several imports at the same time, and the others change nothing', async () => {
  const paths = await Promise.all(Array.from({ length: 4 }, environment))
  const key = 'wanted-by-everybody'
  const answers = await Promise.all(paths.map((path) => importKeys(path, `${key}-${path.slice(-1)}x`, key)))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
  const winner = paths[answers.findIndex(({ status }) => status === 200)]!
  expect(await mappingOf(key)).toBe(winner.split('/')[2])
  for (const path of paths)
    expect((await call('GET', `${path}/sdk-keys`)).body.sdkKeys).toHaveLength(path === winner ? 2 : 0)
})

describe('in another organisation', () => {
  const as = { authorization: 'Bearer tenant-token' }
  let tenant: string
  beforeAll(async () => {
    const created = await call('POST', '/organisations', { id: 'tenant', owner: 'tess@example.com' })
    expect(created.status).toBe(201)
    await addToken({ id: 'tenant', role: 'owner', organisationId: 'tenant' })
    await callAs('POST', '/organisations/tenant/projects', { id: 'tenants-own', name: 'P' }, as)
    tenant = `/environments/${await newEnvironment({ project: 'tenants-own' }, as)}`
  })
  const importAsTenant = (key: string, query = '') =>
    callAs('POST', `${tenant}/import/flagship-io${query}`, fileWith(key), as)
  const approve = (key: string, organisation: string) =>
    call('POST', '/key-approvals', { key, organisation, name: 'shop' })
  const needsApproval = {
    status: 409,
    body: { errors: [{ path: 'sdkKeys.0.key', message: expect.stringContaining('needs an approval') }] },
  }

  it('an import needs an approval, whether the key is free or not', async () => {
    const taken = 'taken-by-the-first-organisation'
    await importKeys(await environment(), taken)
    for (const key of [taken, 'a-key-that-nobody-has'])
      for (const query of ['', '?dryRun=true'])
        expect(await importAsTenant(key, query)).toMatchObject(needsApproval)
    expect((await callAs('GET', `${tenant}/sdk-keys`, undefined, as)).body.sdkKeys).toEqual([])
  })

  it('an approved key is theirs alone, until the approval is withdrawn and the key deleted', async () => {
    const key = 'the-tenants-own-key'
    const approved = await approve(key, 'tenant')
    expect(approved).toMatchObject({
      status: 201,
      body: { id: await sha256Hex(key), organisationId: 'tenant', name: 'shop' },
    })
    expect((await approve(key, 'default')).status).toBe(409)
    const ours = await environment()
    expect(await importKeys(ours, key)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is approved for organisation tenant') },
    })
    expect(await importAsTenant(key)).toMatchObject({ status: 200, body: { published: true } })
    expect(await mappingOf(key)).toBe(tenant.split('/')[2])

    expect((await call('GET', '/key-approvals')).body.keyApprovals).toContainEqual(approved.body)
    expect((await call('DELETE', `/key-approvals/${approved.body.id}`)).status).toBe(200)
    expect(await mappingOf(key)).toBe(tenant.split('/')[2])
    expect(await importAsTenant(key)).toMatchObject({ status: 200 })
    await deleteKeyAs(tenant, key)
    expect(await importAsTenant(key)).toMatchObject(needsApproval)
    expect(await importKeys(ours, key)).toMatchObject({ status: 200, body: { published: true } })
    const trail = await call('GET', '/organisations/default/audit?limit=200')
    const kinds = (trail.body.entries as { kind: string }[]).map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['create-key-approval', 'delete-key-approval']))
  })

  it('an approval does not take a key from its owner, and does not tell who that is', async () => {
    const ours = await environment()
    const key = 'approved-after-an-import'
    await importKeys(ours, key)
    expect((await approve(key, 'tenant')).status).toBe(201)
    const answer = await importAsTenant(key)
    expect(answer).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('belongs to an environment of another organisation') },
    })
    expect(JSON.stringify(answer.body)).not.toContain(ours.split('/')[2])
    await deleteKey(ours, key)
    expect(await importAsTenant(key)).toMatchObject({ status: 200 })
  })

  it('an approval that was withdrawn can be given again, to whomever', async () => {
    const key = 'approved-for-the-wrong-one'
    for (const organisation of ['default', 'tenant', 'tenant']) {
      const approved = await approve(key, organisation)
      expect(approved).toMatchObject({ status: 201, body: { organisationId: organisation } })
      expect((await approve(key, 'tenant')).status).toBe(409)
      expect((await call('DELETE', `/key-approvals/${approved.body.id}`)).status).toBe(200)
    }
    expect((await approve(key, 'tenant')).status).toBe(201)
    expect(await importAsTenant(key)).toMatchObject({ status: 200 })
  })

  it('only owners of the first organisation approve', async () => {
    for (const [method, path, body] of [
      ['GET', '/key-approvals', undefined],
      ['POST', '/key-approvals', { key: 'a-key-that-nobody-has', organisation: 'tenant' }],
      ['DELETE', '/key-approvals/0', undefined],
    ] as const)
      expect((await callAs(method, path, body, as)).status).toBe(403)
    expect((await approve('a-key-that-nobody-has', 'nobody')).status).toBe(404)
    expect((await approve('short', 'tenant')).status).toBe(400)
  })

  async function deleteKeyAs(path: string, name: string) {
    const { body } = await callAs('GET', `${path}/sdk-keys`, undefined, as)
    const { id } = (body.sdkKeys as { id: string; name: string }[]).find((key) => key.name === name)!
    expect((await callAs('DELETE', `${path}/sdk-keys/${id}`, undefined, as)).status).toBe(200)
  }
})
