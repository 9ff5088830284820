// Entities through the admin API, in workerd: versions, lists, what can be done to a flag, dry runs, rollbacks.
import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Snapshot } from '../../core/snapshot.ts'
import { addToken, call as callAs, env, flagDraft as draft, worker } from '../../test/control-plane.ts'
import { sha256Hex } from '../http/digest.ts'

interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: any
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const as = { authorization: 'Bearer entities-token', ...headers }
  const answer = await callAs(method, path, body, as)
  return { ...answer, etag: answer.headers.get('etag') }
}

const inSegment = (key: string) => ({
  anyOf: [[{ operator: 'in-segment', values: [key] }]],
  strategy: { kind: 'fixed', variationId: 'off' },
})

let made = 0
async function environment(): Promise<string> {
  const id = `entities-${++made}`
  expect(await call('POST', '/environments', { id })).toMatchObject({ status: 201 })
  return `/environments/${id}`
}
const objectOf = (path: string) => env.ENVIRONMENT.get(env.ENVIRONMENT.idFromName(path.split('/')[2]!))
const publishedNow = async (path: string) => {
  const { body } = await call('GET', `${path}/published`)
  return env.SNAPSHOTS.get<Snapshot>(`snapshot:${path.split('/')[2]}:${body.revision}`, 'json')
}

beforeAll(() => addToken({ id: 'entities', role: 'owner' }))

describe('every kind of entity', () => {
  it.each([
    ['goals', { key: 'buy' }, 'buy', { name: 'Bought' }],
    ['segments', { key: 'staff', included: ['ada'] }, 'staff', { included: ['ada', 'bob'] }],
    ['tags', { key: 'web' }, 'web', { name: 'Web' }],
    ['webhooks', { id: 'hook', url: 'https://example.com/hook' }, 'hook', { disabled: true }],
    ['triggers', { id: 'alert', flagKey: 'base', action: 'turn-off' }, 'alert', { disabled: true }],
    ['schedules', { id: 'launch', flagKey: 'base', changes: { enabled: false }, at: 1 }, 'launch', { at: 2 }],
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
    'is made, read with its version, edited on it, refused on a stale one, deleted: %s',
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

  it('that is in use stays, and says who uses it', async () => {
    const path = await environment()
    await call('POST', `${path}/segments`, { key: 'staff' })
    await call('POST', `${path}/flags`, draft('a', { tags: ['web'], rules: [inSegment('staff')] }))
    const refused = { status: 409, body: { code: 'IN_USE', users: [{ kind: 'flag', id: 'a' }] } }
    expect(await call('DELETE', `${path}/segments/staff`)).toMatchObject(refused)
    expect(await call('DELETE', `${path}/tags/web`)).toMatchObject(refused)
    expect((await call('GET', `${path}/segments/staff/dependents`)).body).toEqual({
      dependents: [{ kind: 'flag', id: 'a' }],
    })
    expect((await call('GET', `${path}/segments/nobody/dependents`)).status).toBe(404)
  })

  it('answers a try with the exact change, and makes none', async () => {
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

describe('flags', () => {
  it('are found, filtered, sorted, and paged so that what comes in between moves nothing', async () => {
    const path = await environment()
    const keys = ['apple-pie', 'banana', 'cherry', 'date', 'elder']
    for (const [i, key] of keys.entries())
      await call(
        'POST',
        `${path}/flags`,
        draft(key, {
          tags: i % 2 ? ['odd'] : [],
          enabled: i < 3,
          maintainer: `m${i % 2}`,
          name: `Name ${9 - i}`,
        }),
      )
    const list = async (query: string) =>
      ((await call('GET', `${path}/flags?${query}`)).body.flags as { key: string }[]).map(({ key }) => key)
    expect(await list('')).toEqual(keys)
    expect(await list('q=PLE-')).toEqual(['apple-pie'])
    expect(await list('q=ba')).toEqual(['banana'])
    expect(await list('q=%22%20OR%20*')).toEqual([])
    expect(await list('tag=odd')).toEqual(['banana', 'date'])
    expect(await list('enabled=false')).toEqual(['date', 'elder'])
    expect(await list('maintainer=m0&enabled=true')).toEqual(['apple-pie', 'cherry'])
    expect(await list('archived=true')).toEqual([])
    expect(await list('hasExperiment=true')).toEqual([])
    expect(await list('hasOperations=false&limit=2')).toEqual(['apple-pie', 'banana'])
    expect(await list('sort=name&limit=2')).toEqual(['elder', 'date'])
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `${path}/flags?sort=createdAt&order=desc&limit=2${cursor}`)
      seen.push(...(body.flags as { key: string }[]).map(({ key }) => key))
      if (cursor === '') await call('POST', `${path}/flags`, draft('newer')) // before all, in this order
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`
    } while (cursor !== '')
    expect(seen).toEqual(keys.toReversed())
    const { body } = await call('GET', `${path}/flags?limit=1`)
    expect((await call('GET', `${path}/flags?sort=name&cursor=${body.nextCursor}`)).status).toBe(400)
    expect((await call('GET', `${path}/flags?colour=red`)).status).toBe(400)
  })

  it('are deleted only from the archive, and leave no trace in the snapshot', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    expect((await call('DELETE', `${path}/flags/a`)).status).toBe(409)
    await call('PATCH', `${path}/flags/a`, { archived: true })
    expect((await call('DELETE', `${path}/flags/a`)).status).toBe(200)
    expect((await call('GET', `${path}/flags`)).body.flags).toEqual([])
    expect((await publishedNow(path))?.flags).toEqual([])
    expect((await call('POST', `${path}/flags`, draft('a'))).status).toBe(201)
  })

  it('are cloned, reordered, rolled back, and tell their history field by field', async () => {
    const path = await environment()
    const rules = ['one', 'two'].map((id) => ({
      id,
      anyOf: [[{ attribute: 'plan', operator: 'equals', values: [id] }]],
      strategy: { kind: 'fixed', variationId: 'off' },
    }))
    await call('POST', `${path}/flags`, draft('a', { rules }))
    const order = await call('POST', `${path}/flags/a/reorder`, { ruleIds: ['two', 'one'] })
    expect(order).toMatchObject({ status: 200, body: { entity: { rules: [{ id: 'two' }, { id: 'one' }] } } })
    expect((await call('POST', `${path}/flags/a/reorder`, { ruleIds: ['two', 'two'] })).status).toBe(400)
    const clone = await call('POST', `${path}/flags/a/clone`, { key: 'b' })
    expect(clone).toMatchObject({ status: 201, body: { entity: { key: 'b', enabled: false, version: 1 } } })
    expect(clone.body.entity.rules.map(({ id }: { id: string }) => id)).not.toContain('two')
    await call('PATCH', `${path}/flags/a`, { name: 'A' })
    const back = await call('POST', `${path}/flags/a/rollback`, { revision: 2 })
    expect(back).toMatchObject({
      status: 200,
      body: { entity: { name: '', rules: [{ id: 'one' }, { id: 'two' }], version: 4 } },
    })
    expect((await call('POST', `${path}/flags/a/rollback`, { revision: 1 })).status).toBe(404)
    expect((await call('POST', `${path}/flags/a/rollback`, { revision: 99 })).status).toBe(404)
    const { body } = await call('GET', `${path}/flags/a/history`)
    expect(body.history.map(({ command }: { command: string }) => command)).toEqual([
      'roll-back-flag',
      'update-flag',
      'reorder-rules',
      'create-flag',
    ])
    expect(body.history[1].diff).toContainEqual({ path: '/name', before: '', after: 'A' })
    expect(body.history[2].diff).toContainEqual({
      path: '/rules',
      before: ['one', 'two'],
      after: ['two', 'one'],
    })
  })

  it('are brought from another environment, and what cannot come along is told', async () => {
    const [from, to] = [await environment(), await environment()]
    await call('POST', `${from}/segments`, { key: 'staff' })
    await call('POST', `${from}/flags`, draft('base'))
    const rule = {
      id: 'kept',
      anyOf: [[{ attribute: 'a', operator: 'exists' }]],
      strategy: { kind: 'fixed', variationId: 'on' },
    }
    const prerequisites = [{ flagKey: 'base', variationId: 'on' }]
    await call('POST', `${from}/flags`, draft('a', { rules: [inSegment('staff'), rule], prerequisites }))
    const body = { from: from.split('/')[2], flag: 'a' }
    expect(await call('POST', `${to}/copies`, body)).toMatchObject({
      status: 201,
      body: {
        entity: { key: 'a', enabled: false, version: 1, rules: [{ id: 'kept' }], prerequisites: [] },
        notes: [{ path: 'prerequisites.0' }, { path: 'rules.0', message: 'there is no segment staff here' }],
      },
    })
    expect((await call('POST', `${to}/copies`, body)).status).toBe(409)
    expect((await call('POST', `${to}/copies`, { ...body, replace: true })).body.changed).toBe(false)
    expect((await call('POST', `${to}/copies`, { ...body, flag: 'nothing' })).status).toBe(404)
  })

  it('are decided for somebody now and as of any revision, with the reasons', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    await call('PATCH', `${path}/flags/a`, { enabled: false })
    const ask = (more: object) =>
      call('POST', `${path}/evaluate`, { contexts: [{ targetingKey: 'ada' }], flags: ['a', 'b'], ...more })
    expect(await ask({})).toMatchObject({
      body: {
        revision: 3,
        results: [[{ flagKey: 'a', reason: 'DISABLED', value: false }, { reason: 'ERROR' }]],
      },
    })
    expect(await ask({ revision: 2 })).toMatchObject({
      body: { revision: 2, results: [[{ reason: 'STATIC', value: true, why: { rules: [] } }, {}]] },
    })
    expect((await ask({ revision: 9 })).status).toBe(404)
    await runDurableObjectAlarm(objectOf(path))
    await env.SNAPSHOTS.delete(`snapshot:${path.split('/')[2]}:2`)
    expect((await ask({ revision: 2 })).body.revision).toBe(2) // from the archive
  })
})

describe('an environment', () => {
  it('goes back to a revision as a whole, without undoing what has its own course', async () => {
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

  it('has settings that hold for new flags, for comments, and for edge', async () => {
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
    expect(
      (await call('PATCH', `${path}/settings`, { streams: false, version: 1 }, { 'x-comment': 'y' })).status,
    ).toBe(409)
  })
})

describe('secrets', () => {
  it('of an SDK key are rotated with an overlap that the snapshot names, and disabled for good', async () => {
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
    const shown = JSON.stringify([
      rotated.body.entity,
      await call('GET', `${path}/sdk-keys`),
      await call('GET', `${path}/sdk-keys/${key.id}`),
    ])
    expect(shown).not.toContain('sha256')
  })

  it('of a trigger fire it without a token, until it is rotated, disabled or deleted', async () => {
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
    await call('PATCH', one, { disabled: true })
    expect(await fire(rotated.body.url)).toMatchObject({ status: 404 })
  })
})

describe('a scheduled change', () => {
  it('is made once its time has come, once, and in one revision with its mark', async () => {
    const path = await environment()
    await call('POST', `${path}/flags`, draft('a'))
    const make = (id: string, at: number) =>
      call('POST', `${path}/schedules`, { id, flagKey: 'a', changes: { enabled: false }, at })
    await make('past', 1)
    await make('future', Date.now() + 3_600_000)
    expect((await call('GET', `${path}/schedules?status=waiting`)).body.schedules).toHaveLength(2)
    expect((await call('POST', `${path}/schedules/future/apply`)).status).toBe(409)
    expect(await call('POST', `${path}/schedules/past/apply`)).toMatchObject({
      body: { revision: 5, changed: true, entity: { status: 'applied' } },
    })
    expect((await call('POST', `${path}/schedules/past/apply`)).body.changed).toBe(false)
    expect((await call('GET', `${path}/flags/a`)).body).toMatchObject({ enabled: false, version: 2 })
  })
})
