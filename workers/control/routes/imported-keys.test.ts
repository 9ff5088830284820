// Who owns a key that another system gave out: one environment, until it deletes the key.
import { beforeAll, expect, it } from 'vitest'
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

it('is refused to another organisation, which does not learn whose it is', async () => {
  const ours = await environment()
  const key = 'of-another-organisation'
  await importKeys(ours, key)
  const created = await call('POST', '/organisations', { id: 'strangers', owner: 'eve@example.com' })
  expect(created.status).toBe(201)
  await addToken({ id: 'stranger', role: 'owner', organisationId: 'strangers' })
  const as = { authorization: 'Bearer stranger-token' }
  const project = await callAs('POST', '/organisations/strangers/projects', { id: 'theirs', name: 'P' }, as)
  expect(project.status).toBe(201)
  const id = await newEnvironment({ project: 'theirs' }, as)
  const answer = await callAs('POST', `/environments/${id}/import/flagship-io`, fileWith(key), as)
  expect(answer).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('belongs to an environment of another organisation') },
  })
  expect(JSON.stringify(answer.body)).not.toContain(ours.split('/')[2])
})
