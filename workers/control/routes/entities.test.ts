// Entities of every kind through the admin API, in workerd: versions, deletions, dry runs, secrets, rollbacks
// of an environment.
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../http/digest.ts'
import {
  type Answer,
  call,
  environment,
  inSegment,
  publishedNow,
  useOwner,
} from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import { host, worker } from '../../../test/support/control-plane.ts'

beforeAll(useOwner)

describe('every kind of entity', () => {
  it.each([
    ['goals', { key: 'buy' }, 'buy', { name: 'Bought' }],
    ['segments', { key: 'staff', included: ['ada'] }, 'staff', { included: ['ada', 'bob'] }],
    ['tags', { key: 'web' }, 'web', { name: 'Web' }],
    ['webhooks', { id: 'hook', url: 'https://example.com/hook' }, 'hook', { disabled: true }],
    ['triggers', { id: 'alert', flagKey: 'base', action: 'turn-off' }, 'alert', { disabled: true }],
    [
      'schedules',
      { id: 'launch', flagKey: 'base', changes: { enabled: false }, at: 4e12 },
      'launch',
      { at: 4.1e12 },
    ],
    [
      'operations',
      {
        id: 'guard',
        kind: 'event-rate',
        flagKey: 'base',
        variationId: 'on',
        goalKey: 'base-goal',
        comparison: 'at-least',
        threshold: 0.5,
        minimumUsers: 10,
      },
      'guard',
      { threshold: 0.6 },
    ],
  ])(
    'can be created, read with its version, edited on that version only, and deleted: %s',
    async (plural, body, id, changes) => {
      const path = await environment()
      await call('POST', `${path}/flags`, draft('base'))
      await call('POST', `${path}/goals`, { key: 'base-goal' })
      expect(await call('POST', `${path}/${plural}`, body)).toMatchObject({
        status: 201,
        body: { entity: { version: 1 } },
      })
      const one = `${path}/${plural}/${id}`
      expect(await call('GET', one)).toMatchObject({
        status: 200,
        etag: '"1"',
        body: { ...body, version: 1 },
      })
      expect(await call('PATCH', one, changes, { 'if-match': '"1"' })).toMatchObject({
        status: 200,
        etag: '"2"',
        body: { entity: { ...changes, version: 2 } },
      })
      expect(await call('PATCH', one, changes, { 'if-match': '"1"' })).toMatchObject({
        status: 409,
        body: { code: 'CONFLICT', current: { ...changes, version: 2 }, yours: { version: 1, ...changes } },
      })
      expect(await call('PATCH', one, { ...changes, version: 1 })).toMatchObject({ status: 409 })
      const listed = await call('GET', `${path}/${plural}?limit=200`)
      expect(listed.body[plural]).toHaveLength(plural === 'goals' ? 2 : 1)
      expect(await call('DELETE', one, undefined, { 'if-match': '"1"' })).toMatchObject({ status: 409 })
      expect(await call('DELETE', one)).toMatchObject({ status: 200, body: { changed: true } })
      expect(await call('GET', one)).toMatchObject({ status: 404 })
      expect(await call('DELETE', one)).toMatchObject({ status: 404 })
    },
  )

  it('that is in use is not deleted, and the refusal lists its dependents', async () => {
    const path = await environment()
    await call('POST', `${path}/segments`, { key: 'staff' })
    await call('POST', `${path}/flags`, draft('a', { tags: ['web'], rules: [inSegment('staff')] }))
    const dependents = [{ kind: 'flag', id: 'a' }]
    const refused = { status: 409, body: { code: 'IN_USE', dependents, users: dependents } }
    expect(await call('DELETE', `${path}/segments/staff`)).toMatchObject(refused)
    expect(await call('DELETE', `${path}/tags/web`)).toMatchObject(refused)
    expect((await call('GET', `${path}/segments/staff/dependents`)).body).toEqual({
      dependents: [{ kind: 'flag', id: 'a' }],
    })
    expect((await call('GET', `${path}/segments/nobody/dependents`)).status).toBe(404)
  })

  it('answers a dry run with the exact change, and makes none', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    const tried = await call('PATCH', `${path}/flags/a?dryRun=true`, { enabled: false })
    expect(tried).toMatchObject({
      status: 200,
      body: {
        revision: 2,
        changed: true,
        published: false,
        changes: [{ kind: 'flag', id: 'a', before: { enabled: true }, after: { enabled: false } }],
      },
    })
    expect(tried.body.changes[0].diff).toContainEqual({ path: '/enabled', before: true, after: false })
    expect((await call('GET', `${path}/flags/a`)).body).toMatchObject({ enabled: true, version: 1 })
    expect((await call('DELETE', `${path}/flags/a?dryRun=true`)).status).toBe(409)
    expect((await call('PATCH', `${path}/flags/a?dryRun=perhaps`, {})).status).toBe(400)
  })
})

describe('an environment', () => {
  it('rolls back as a whole, except for SDK keys, experiments and other independent entities', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a', { tags: ['web'] }))
    await call('POST', `${path}/segments`, { key: 'staff', included: ['ada'] })
    await call('PATCH', `${path}/flags/a`, { enabled: false })
    await call('PATCH', `${path}/segments/staff`, { included: [] })
    await call('POST', `${path}/flags`, draft('late'))
    await call('POST', `${path}/sdk-keys`, { role: 'client' })
    const back = await call('POST', `${path}/rollback`, { revision: 3 })
    expect(back).toMatchObject({ status: 200, body: { revision: 8, changed: true } })
    expect(back.body.notes).toHaveLength(1)
    const snapshot = await publishedNow(path)
    expect(snapshot?.flags).toMatchObject([{ key: 'a', enabled: true, version: 3 }])
    expect(snapshot?.segments).toMatchObject([{ key: 'staff', included: ['ada'] }])
    expect(snapshot?.sdkKeys).toHaveLength(1)
    expect((await call('GET', `${path}/flags/late`)).body).toMatchObject({ archived: true, enabled: false })
    expect((await call('POST', `${path}/rollback`, { revision: 8 })).body.changed).toBe(false)
  })

  it('has settings for new flags, for comments, and for edge', async () => {
    const path = await environment()
    expect(await call('GET', `${path}/settings`)).toMatchObject({
      etag: '"0"',
      body: { defaultAllocation: 'percent' },
    })
    const sent = { defaultAllocation: 'fine', requireComment: true, pathPrefix: '/x' }
    expect(await call('PATCH', `${path}/settings`, sent, { 'if-match': '"0"' })).toMatchObject({
      status: 200,
      body: { entity: { ...sent, version: 1 } },
    })
    expect((await call('POST', `${path}/flags`, draft('a'))).body).toMatchObject({
      errors: [{ path: 'comment' }],
    })
    expect((await call('POST', `${path}/flags`, draft('a'), { 'x-comment': 'why' })).body).toMatchObject({
      entity: { allocation: 'fine' },
    })
    expect((await publishedNow(path))?.settings).toMatchObject(sent)
    const taken = await call('PATCH', `${path}/settings`, { pathPrefix: null }, { 'x-comment': 'why' })
    expect(taken.body.entity).not.toHaveProperty('pathPrefix')
    expect(taken.body.entity).toMatchObject({ defaultAllocation: 'fine', requireComment: true })
    const comment = { 'x-comment': 'why' }
    const troubleshooting = { startAt: 1_000, stopAt: 2_000, percentage: 50 }
    const watched = await call('PATCH', `${path}/settings`, { troubleshooting }, comment)
    expect(watched.body.entity).toMatchObject({ troubleshooting })
    const backwards = { troubleshooting: { ...troubleshooting, stopAt: 1_000 } }
    expect(await call('PATCH', `${path}/settings`, backwards, comment)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'troubleshooting.stopAt' }] },
    })
    const ended = await call('PATCH', `${path}/settings`, { troubleshooting: null }, comment)
    expect(ended.body.entity).not.toHaveProperty('troubleshooting')
    expect(
      (await call('PATCH', `${path}/settings`, { streams: false, version: 1 }, { 'x-comment': 'y' })).status,
    ).toBe(409)
  })
})

describe('secrets', () => {
  it('of an SDK key can be rotated with an overlap, and disabled', async () => {
    const path = await environment()
    const { body: key } = await call('POST', `${path}/sdk-keys`, { role: 'server', name: 'api' })
    const rotated = await call('POST', `${path}/sdk-keys/${key.id}/rotate`, { overlapMs: 60_000 })
    expect(rotated.body.key).not.toBe(key.key)
    expect(rotated.body.entity).toMatchObject({ version: 2, previous: { expiresAt: expect.any(Number) } })
    expect((await publishedNow(path))?.sdkKeys).toEqual([
      { id: key.id, role: 'server', sha256: await sha256Hex(rotated.body.key) },
      {
        id: key.id,
        role: 'server',
        sha256: await sha256Hex(key.key),
        expiresAt: rotated.body.entity.previous.expiresAt,
      },
    ])
    await call('PATCH', `${path}/sdk-keys/${key.id}`, { disabled: true })
    expect((await publishedNow(path))?.sdkKeys).toEqual([])
    const responses = JSON.stringify([
      rotated.body.entity,
      await call('GET', `${path}/sdk-keys`),
      await call('GET', `${path}/sdk-keys/${key.id}`),
    ])
    expect(responses).not.toContain('sha256')
  })

  it('of a trigger fire it without a token until they are rotated or it is disabled', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    const { body } = await call('POST', `${path}/triggers`, {
      flagKey: 'a',
      action: 'turn-off',
      name: 'pager',
    })
    expect(body.entity).not.toHaveProperty('sha256')
    const fire = async (url: string) => (await worker.fetch(url, { method: 'POST' })).json<Answer['body']>()
    expect(await fire(body.url)).toMatchObject({ changed: true })
    expect(await fire(body.url)).toMatchObject({ changed: false })
    expect((await publishedNow(path))?.flags[0]).toMatchObject({ enabled: false })
    expect((await call('GET', `${path}/revisions?limit=1`)).body.revisions[0]).toMatchObject({
      actor: { kind: 'trigger', name: 'pager' },
      comment: 'trigger pager',
    })
    const one = `${path}/triggers/${body.entity.id}`
    const rotated = await call('POST', `${one}/rotate`)
    expect(await fire(body.url)).toMatchObject({ status: 404 })
    expect(await fire(rotated.body.url)).toMatchObject({ changed: false })
    const byHeader = async (token: string) =>
      call('POST', '/triggers', undefined, { authorization: `Bearer ${token}` })
    expect(rotated.body.url).toBe(`${host}/api/v1/triggers/${rotated.body.token}`)
    expect(await byHeader(rotated.body.token)).toMatchObject({ status: 200, body: { changed: false } })
    expect(await byHeader(body.token)).toMatchObject({ status: 404 })
    expect(await call('POST', '/triggers')).toMatchObject({ status: 404 })
    await call('PATCH', one, { disabled: true })
    expect(await fire(rotated.body.url)).toMatchObject({ status: 404 })
    expect(await byHeader(rotated.body.token)).toMatchObject({ status: 404 })
  })
})

describe('a scheduled change', () => {
  it('is applied once when due, in the same revision as its status', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    const make = (id: string, at: number) =>
      call('POST', `${path}/schedules`, { id, flagKey: 'a', changes: { enabled: false }, at })
    await make('future', Date.now() + 3_600_000)
    expect((await call('POST', `${path}/schedules/future/apply`)).status).toBe(409)
    await make('soon', Date.now() + 1_000)
    const applied = async () => (await call('GET', `${path}/schedules?status=applied`)).body.schedules
    await expect.poll(applied, { timeout: 60_000 }).toHaveLength(1)
    expect(await call('POST', `${path}/schedules/soon/apply`)).toMatchObject({
      body: { revision: 5, changed: false, entity: { id: 'soon', status: 'applied' } },
    })
    expect((await call('GET', `${path}/flags/a`)).body).toMatchObject({ enabled: false, version: 2 })
  })
})
