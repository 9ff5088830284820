// The audit trail in workerd: entries, filters and export.
import { beforeAll, describe, expect, it } from 'vitest'
import { flagDraft } from '../../../test/support/build/flag-draft.ts'
import {
  addToken,
  call,
  database,
  env,
  host,
  newEnvironment,
  worker,
} from '../../../test/support/control-plane.ts'
import { environmentTrail, organisationTrail } from '../../storage/audit.ts'
import { audit } from '../../storage/organisation-schema.ts'

interface Entry {
  readonly number: number
  readonly kind: string
  readonly createdAt: number
}
let id: string

beforeAll(async () => {
  await addToken({ id: 'owner', role: 'owner' })
  await addToken({ id: 'robot', role: 'editor' })
  await addToken({ id: 'viewer', role: 'viewer' })
  id = await newEnvironment()
  const comment = encodeURIComponent('weil es schöner ist – 100 % 🎉')
  const as = {
    authorization: 'Bearer robot-token',
    'x-comment': comment,
    'user-agent': 'deploy/1.0',
    'cf-connecting-ip': '203.0.113.7',
  }
  await call('POST', `/environments/${id}/flags`, flagDraft('banner'), as) // 2
  await call('POST', `/environments/${id}/goals`, { key: 'buy' }) // 3
  await call('PATCH', `/environments/${id}/flags/banner`, { enabled: false }) // 4
  await call('POST', `/environments/${id}/sdk-keys`, { role: 'client', name: 'web' }) // 5
})

const numbers = async (query: string) => {
  const { status, body } = await call('GET', `/environments/${id}/audit?${query}`)
  expect(status).toBe(200)
  return (body['entries'] as Entry[]).map(({ number }) => number)
}

describe('an entry', () => {
  it('has actor, kind, entities, comment in any language, and origin', async () => {
    const { body } = await call('GET', `/environments/${id}/audit?actor=robot`)
    expect(body['entries']).toEqual([
      {
        number: 2,
        createdAt: expect.any(Number),
        actor: { kind: 'token', id: 'robot', name: 'robot' },
        origin: { ip: '203.0.113.7', userAgent: 'deploy/1.0' },
        kind: 'create-flag',
        entities: [{ kind: 'flag', id: 'banner' }],
        entityCount: 1,
        comment: 'weil es schöner ist – 100 % 🎉',
      },
    ])
  })

  it('has the values before and after, read by its number', async () => {
    expect((await call('GET', `/environments/${id}/audit/4`)).body).toMatchObject({
      command: { kind: 'update-flag', key: 'banner', changes: { enabled: false } },
      before: [{ kind: 'flag', id: 'banner', value: { enabled: true, version: 1 } }],
      after: [{ kind: 'flag', id: 'banner', value: { enabled: false, version: 2 } }],
    })
    expect((await call('GET', `/environments/${id}/audit/99`)).status).toBe(404)
    expect((await call('GET', `/environments/${id}/audit/x`)).status).toBe(404)
  })

  it('has addresses for admins only, and hashes for nobody', async () => {
    const entry = async (as: string) => (await call('GET', `/environments/${id}/audit/5`, undefined, as)).body
    expect((await entry('owner-token'))['origin']).not.toBeNull()
    expect((await entry('viewer-token'))['origin']).toBeNull()
    expect(JSON.stringify(await entry('owner-token'))).toContain('sdkKey')
    const revisions = await call('GET', `/environments/${id}/revisions`)
    expect(JSON.stringify([await entry('owner-token'), revisions.body])).not.toMatch(/sha256|[0-9a-f]{64}/)
  })
})

describe('a search', () => {
  it('filters by actor, kind, entity and time, alone or combined', async () => {
    expect(await numbers('')).toEqual([5, 4, 3, 2, 1])
    expect(await numbers('kind=create-goal')).toEqual([3])
    expect(await numbers('entity=flag:banner')).toEqual([4, 2])
    expect(await numbers('entity=flag:banner&actor=owner&kind=update-flag')).toEqual([4])
    expect(await numbers('actor=nobody')).toEqual([])
    expect(await numbers('kind=create-environment')).toEqual([1])
  })

  it('filters by time, from inclusive to exclusive', async () => {
    const at = Object.fromEntries(
      ((await call('GET', `/environments/${id}/audit`)).body['entries'] as Entry[]).map((entry) => [
        entry.number,
        entry.createdAt,
      ]),
    )
    const meant = [5, 4, 3, 2, 1].filter((number) => at[number]! >= at[3]!)
    expect(await numbers(`from=${at[3]}`)).toEqual(meant)
    expect(await numbers(`to=${at[3]}`)).toEqual([5, 4, 3, 2, 1].filter((number) => !meant.includes(number)))
    expect(await numbers(`from=${Date.now() + 1_000}`)).toEqual([])
  })

  it('returns every entry once over all pages', async () => {
    const first = await call('GET', `/environments/${id}/audit?limit=2`)
    const cursor = first.body['nextCursor'] as string
    expect((first.body['entries'] as Entry[]).map(({ number }) => number)).toEqual([5, 4])
    expect(await numbers(`limit=200&cursor=${cursor}`)).toEqual([3, 2, 1])
  })

  it.each(['limit=0', 'limit=201', 'cursor=x', 'entity=flag', 'from=soon', 'colour=red'])(
    'with %s is refused',
    async (query) => expect((await call('GET', `/environments/${id}/audit?${query}`)).status).toBe(400),
  )
})

describe('an export', () => {
  const lines = async (path: string) => {
    const headers = { authorization: 'Bearer owner-token', accept: 'application/x-ndjson' }
    const response = await worker.fetch(`${host}/api/v1${path}`, { headers })
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    return (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry)
  }

  it('has all matching entries in full, one per line', async () => {
    for (let i = 0; i < 25; i++) await call('POST', `/environments/${id}/goals`, { key: `goal-${i}` })
    const all = await lines(`/environments/${id}/audit`)
    expect(all.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, i) => 30 - i))
    expect(all[0]).toMatchObject({ command: { kind: 'create-goal' }, after: [{ kind: 'goal' }] })
    expect((await lines(`/environments/${id}/audit?entity=flag:banner`)).map(({ number }) => number)).toEqual(
      [4, 2],
    )
  })

  it('of an organisation includes the creation of environments and tokens', async () => {
    await call('POST', '/organisations/default/tokens', { name: 'deploy', role: 'viewer' })
    const all = await lines('/organisations/default/audit')
    expect(all.map(({ kind }) => kind)).toEqual(['create-token', 'create-environment'])
    expect(all[0]).toMatchObject({
      actor: { id: 'owner' },
      before: null,
      after: { name: 'deploy', role: 'viewer' },
    })
  })
})

describe('a list uses an index with every filter', () => {
  const filters = [
    {},
    { actor: 'a' },
    { kind: 'k' },
    { entity: { kind: 'flag', id: 'banner' } },
    { from: 1, to: 2 },
    { actor: 'a', kind: 'k', entity: { kind: 'flag', id: 'banner' }, from: 1, to: 2 },
  ]
  /** The query plans of a trail's queries. */
  async function plansOf(ask: (recording: typeof database) => Promise<unknown>): Promise<string[]> {
    const queries: { sql: string; params: unknown[] }[] = []
    const { drizzle } = await import('drizzle-orm/d1')
    const logger = { logQuery: (sql: string, params: unknown[]) => void queries.push({ sql, params }) }
    await ask(drizzle(env.DB, { logger }) as typeof database)
    const plans = queries.map(({ sql, params }) =>
      env.DB.prepare(`explain query plan ${sql}`)
        .bind(...params)
        .all<{ detail: string }>(),
    )
    return (await Promise.all(plans)).flatMap(({ results }) => results.map(({ detail }) => detail))
  }

  it.each(filters)('%o', async (filter) => {
    const plans = [
      ...(await plansOf((recording) => environmentTrail(recording, id).list(filter, 1_000, 10))),
      ...(await plansOf((recording) => organisationTrail(recording, 'default').list(filter, 1_000, 10))),
    ]
    expect(plans.length).toBeGreaterThan(1)
    expect(plans.filter((detail) => /^SCAN (?!\(subquery|json_each)/.test(detail))).toEqual([])
    expect(plans.filter((detail) => /TEMP B-TREE FOR ORDER/.test(detail))).toEqual([])
  })

  it('an entry of an organisation is not found through another', async () => {
    const [row] = await database.select({ number: audit.number }).from(audit).limit(1)
    expect(await organisationTrail(database, 'others').read(row!.number)).toBeUndefined()
  })
})
