// The control plane in workerd, through the admin API, with real D1, KV, R2 and Durable Objects.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Snapshot } from '../../../core/model/snapshot.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import {
  addToken,
  call,
  database,
  env,
  newEnvironment as environment,
} from '../../../test/support/control-plane.ts'
import { sha256Hex } from '../../http/digest.ts'
import { loadEnvironment } from '../../storage/configuration.ts'
import type { ControlBindings } from '../bindings.ts'
import type { EnvironmentObject } from '../environment/environment-do.ts'

const objectOf = (id: string) => env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(id))
const publishedSnapshot = (id: string, revision: number) =>
  env.SNAPSHOTS.get<Snapshot>(`snapshot:${id}:${revision}`, 'json')
const newestInD1 = async (id: string) => (await loadEnvironment(database, id))?.revision
const publishedRevision = async (id: string) => Number(await env.SNAPSHOTS.get(`head:${id}`))

beforeAll(async () => {
  for (const role of ['owner', 'editor', 'viewer'] as const) await addToken({ id: role, role })
})

describe('a change', () => {
  it('is one revision in D1, KV, R2 and the object, with actor and values before and after', async () => {
    const id = await environment()
    const created = await call('POST', `/environments/${id}/flags`, draft('banner'))
    expect(created).toMatchObject({
      status: 201,
      body: { revision: 2, changed: true, published: true, entity: { version: 1 } },
    })
    const changed = await call('PATCH', `/environments/${id}/flags/banner`, { enabled: false, version: 1 })
    expect(changed).toMatchObject({
      status: 200,
      body: { revision: 3, entity: { version: 2, enabled: false } },
    })
    expect((await publishedSnapshot(id, 3))?.flags[0]).toMatchObject({
      key: 'banner',
      enabled: false,
      version: 2,
    })
    expect((await publishedSnapshot(id, 2))?.flags[0]).toMatchObject({ enabled: true })
    await runDurableObjectAlarm(objectOf(id)) // the archive follows behind
    expect(await (await env.LAKE.get(`snapshots/environment=${id}/3.json`))?.json()).toEqual(
      await publishedSnapshot(id, 3),
    )
    expect(await publishedRevision(id)).toBe(3)
    expect(await objectOf(id).head(id)).toEqual({ status: 'known', revision: 3 })
    const { body } = await call('GET', `/environments/${id}/revisions?limit=1`)
    expect(body).toMatchObject({
      revisions: [
        {
          number: 3,
          actor: { kind: 'token', id: 'owner', name: 'owner' },
          command: { kind: 'update-flag', key: 'banner' },
          before: [{ kind: 'flag', value: { enabled: true } }],
          after: [{ kind: 'flag', value: { enabled: false } }],
        },
      ],
    })
  })

  it('without effect makes no revision', async () => {
    const id = await environment()
    await call('POST', `/environments/${id}/flags`, draft('banner'))
    expect(await call('PATCH', `/environments/${id}/flags/banner`, { enabled: true })).toMatchObject({
      body: { revision: 2, changed: false },
    })
    expect(await newestInD1(id)).toBe(2)
  })

  it('of a yaml flag stores the value as JSON as well, and refuses invalid YAML', async () => {
    const id = await environment()
    const yaml = (value: string) => ({
      key: 'theme',
      type: 'yaml',
      variations: [{ id: 'a', value, json: '"whatever the caller says"' }],
      defaultStrategy: { strategy: { kind: 'fixed', variationId: 'a' } },
    })
    await call('POST', `/environments/${id}/flags`, yaml('colour: red\nsizes: [1, 2]'))
    const variation = (await publishedSnapshot(id, 2))?.flags[0]?.variations[0]
    expect(variation).toMatchObject({
      value: 'colour: red\nsizes: [1, 2]',
      json: '{"colour":"red","sizes":[1,2]}',
    })
    const refused = await call('POST', `/environments/${id}/flags`, { ...yaml('a: [1'), key: 'broken' })
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'variations.0.value', message: 'is not a yaml' }] },
    })
  })

  it('is not lost among fifty concurrent ones', async () => {
    const id = await environment()
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => call('POST', `/environments/${id}/flags`, draft(`flag-${i}`))),
    )
    expect(new Set(all.map(({ body }) => body['revision'])).size).toBe(50)
    expect((await publishedSnapshot(id, 51))?.flags).toHaveLength(50)
    expect(await newestInD1(id)).toBe(51)
  })

  it('moves Last-Modified only if the bucketing file changes, and by at least a second', async () => {
    const id = await environment()
    await call('POST', `/environments/${id}/flags`, draft('banner'))
    await call('PATCH', `/environments/${id}/flags/banner`, { description: 'not in the file' })
    await call('POST', `/environments/${id}/goals`, { key: 'buy' })
    for (let i = 0; i < 4; i++)
      await call('PATCH', `/environments/${id}/flags/banner`, { enabled: i % 2 === 1 })
    const times = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (n) => (await publishedSnapshot(id, n))!.modifiedAt),
    )
    expect(times[2]).toBe(times[1])
    expect(times[3]).toBe(times[1])
    for (const i of [1, 4, 5, 6, 7]) expect(times[i]).toBeGreaterThan(times[i - 1]!)
  })
})

describe('a crash', () => {
  const interrupt = <T>(
    id: string,
    work: (object: EnvironmentObject, state: DurableObjectState) => Promise<T>,
  ) => runInDurableObject(objectOf(id) as DurableObjectStub<EnvironmentObject>, work)

  it('between commit and publication is repaired by the alarm', async () => {
    const id = await environment()
    const answer = await interrupt(id, (object) => {
      const inside = (object as unknown as { env: ControlBindings }).env.SNAPSHOTS
      const failing = vi.spyOn(inside, 'put').mockRejectedValue(new Error('KV is away'))
      return object
        .execute({
          environmentId: id,
          command: { kind: 'create-goal', goal: { key: 'buy', name: '' } },
          actor: { kind: 'token', id: 'x', name: 'x' },
          origin: { ip: '', userAgent: '' },
          comment: '',
          mode: 'make',
        })
        .finally(() => failing.mockRestore())
    })
    expect(answer).toMatchObject({ ok: true, revision: 2, published: false })
    expect(await newestInD1(id)).toBe(2)
    expect(await publishedRevision(id)).toBe(1)
    expect(await runDurableObjectAlarm(objectOf(id))).toBe(true)
    expect(await publishedRevision(id)).toBe(2)
    expect(await objectOf(id).head(id)).toEqual({ status: 'known', revision: 2 })
  })

  it('of D1 changes nothing, and the next command succeeds', async () => {
    const id = await environment()
    const answer = await interrupt(id, (object) => {
      const inside = (object as unknown as { env: ControlBindings }).env.DB
      const failing = vi.spyOn(inside, 'batch').mockRejectedValue(new Error('D1 is away'))
      return call('POST', `/environments/${id}/goals`, { key: 'buy' }).finally(() => failing.mockRestore())
    })
    expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } })
    expect(await newestInD1(id)).toBe(1)
    expect(await call('POST', `/environments/${id}/goals`, { key: 'buy' })).toMatchObject({
      status: 201,
      body: { revision: 2 },
    })
  })

  it('that let another writer commit makes the command start over from the new state', async () => {
    const id = await environment()
    await call('POST', `/environments/${id}/flags`, draft('banner'))
    // as a second instance of the object would do
    await env.DB.prepare(
      `insert into revisions (environment_id, number, created_at, modified_at, actor, command, comment)
       values (?, 3, 0, 0, '{}', null, '')`,
    )
      .bind(id)
      .run()
    expect(await call('PATCH', `/environments/${id}/flags/banner`, { enabled: false })).toMatchObject({
      status: 200,
      body: { revision: 4 },
    })
    expect(await newestInD1(id)).toBe(4)
  })
})

describe('the admin API', () => {
  it('refuses callers without the role or a token', async () => {
    const id = await environment()
    expect((await call('GET', `/environments/${id}/flags`, undefined, 'nobody')).status).toBe(401)
    expect((await call('GET', `/environments/${id}/flags`, undefined, 'viewer-token')).status).toBe(200)
    expect((await call('POST', `/environments/${id}/flags`, draft('x'), 'viewer-token')).status).toBe(403)
    expect((await call('POST', `/environments/${id}/flags`, draft('x'), 'editor-token')).status).toBe(201)
    expect((await call('POST', '/environments', { id: 'x' }, 'editor-token')).status).toBe(403)
  })

  it('returns tokens and SDK keys once, and stores only their hashes', async () => {
    const id = await environment()
    const token = (await call('POST', '/organisations/default/tokens', { name: 'script', role: 'viewer' }))
      .body['token'] as string
    expect((await call('GET', `/environments/${id}/goals`, undefined, token)).status).toBe(200)
    const key = (await call('POST', `/environments/${id}/sdk-keys`, { role: 'client', name: 'web' })).body[
      'key'
    ] as string
    expect(key).toMatch(new RegExp(`^tl_client_${id}_[0-9a-f]{48}$`))
    const snapshot = await publishedSnapshot(id, 2)
    expect(snapshot?.sdkKeys).toMatchObject([{ role: 'client', sha256: await sha256Hex(key) }])
    expect(JSON.stringify([snapshot, await call('GET', `/environments/${id}/sdk-keys`)])).not.toContain(key)
  })

  it.each([
    ['an unknown environment', 'GET', '/environments/nowhere/flags', undefined, 404, 'NOT_FOUND'],
    [
      'a write to an unknown environment',
      'POST',
      '/environments/nowhere/flags',
      draft('x'),
      404,
      'NOT_FOUND',
    ],
    ['an unknown route', 'GET', '/nothing', undefined, 404, 'NOT_FOUND'],
    ['another version', 'GET', '/../v2/flags', undefined, 404, 'NOT_FOUND'],
    ['broken JSON', 'POST', '/environments', '{', 400, 'INVALID'],
    ['an unknown field', 'POST', '/environments', { id: 'a', colour: 1 }, 400, 'INVALID'],
    ['a bad id', 'POST', '/environments', { id: 'A B' }, 400, 'INVALID'],
    ['a body that is no object', 'POST', '/environments', [1], 400, 'INVALID'],
    [
      'a huge body',
      'POST',
      '/environments',
      JSON.stringify({ id: 'a', name: 'x'.repeat(5_000_000) }),
      413,
      'TOO_LARGE',
    ],
  ])('answers %s with a code and a sentence', async (_, method, path, body, status, code) => {
    expect(await call(method, path, body)).toMatchObject({
      status,
      body: { status, code, detail: expect.stringMatching(/\w/) },
    })
  })

  it('lists all invalid fields at once', async () => {
    const id = await environment()
    const { body } = await call(
      'POST',
      `/environments/${id}/flags`,
      draft('bad key', { type: 'colour', variations: [] }),
    )
    expect((body['errors'] as { path: string }[]).map(({ path }) => path)).toEqual([
      'key',
      'type',
      'variations',
    ])
  })

  it('lists every environment once over all pages, also if others are created meanwhile', async () => {
    for (let i = 0; i < 5; i++) await environment()
    const listed: string[] = []
    let cursor = ''
    do {
      const { status, body } = await call('GET', `/environments?limit=2${cursor && `&cursor=${cursor}`}`)
      expect(status).toBe(200)
      listed.push(...(body['environments'] as { id: string }[]).map(({ id }) => id))
      cursor = (body['nextCursor'] as string | undefined) ?? ''
      if (listed.length === 2) await call('POST', '/environments', { id: '0-comes-before' })
    } while (cursor !== '')
    expect(listed).toEqual([...new Set(listed)].toSorted())
    expect(listed.length).toBeGreaterThanOrEqual(5)
    const one = await environment()
    await call('POST', `/environments/${one}/goals`, { key: 'buy' })
    const { environments } = (await call('GET', '/environments?limit=200')).body
    expect(environments).toContainEqual(expect.objectContaining({ id: one, revision: 2 }))
    expect(await call('GET', '/environments?cursor=x&limit=0&colour=red')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'limit' }, { path: 'cursor' }, { path: 'colour' }] },
    })
  })

  it('lists revisions page by page', async () => {
    const id = await environment()
    for (let i = 0; i < 5; i++) await call('POST', `/environments/${id}/goals`, { key: `goal-${i}` })
    const page = async (query: string) =>
      (
        (await call('GET', `/environments/${id}/revisions?${query}`)).body['revisions'] as {
          number: number
        }[]
      ).map(({ number }) => number)
    expect(await page('limit=2')).toEqual([6, 5])
    expect(await page('limit=2&before=5')).toEqual([4, 3])
    expect((await call('GET', `/environments/${id}/revisions?limit=x`)).status).toBe(400)
  })
})
