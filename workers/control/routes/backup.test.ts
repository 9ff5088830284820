// What a backup has of D1, and what becomes of it: nothing that is stored is forgotten, no secret is
// readable, nothing that lives is overwritten, and a database that was put back goes on with new numbers.
import type { ControlBindings } from '../bindings.ts'
import { sql } from 'drizzle-orm'
import { runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  call,
  environment,
  objectOf,
  publishedNow,
  upload,
  useOwner,
} from '../../../test/support/control-entities.ts'
import { addToken, call as callAs, database, env } from '../../../test/support/control-plane.ts'
import { flagDraft } from '../../../test/support/build/flag-draft.ts'
import { newIv, seal, unseal } from '../../http/seal.ts'
import { omittedTables, savedTableNames } from '../../storage/backup-rows.ts'

beforeAll(useOwner)

const idOf = (path: string) => path.split('/')[2]!
type Row = Record<string, string | number | null>

async function rowsOf(table: string, headers: Record<string, string> = {}): Promise<Row[]> {
  const rows: Row[] = []
  for (let after: number | null = 0; after !== null;) {
    const { body, status } = await call('GET', `/backup/tables/${table}?after=${after}`, undefined, headers)
    expect(status).toBe(200)
    rows.push(...body.rows)
    after = body.next
  }
  return rows
}

describe('tables', () => {
  it('are all saved, or named with the reason why not', async () => {
    const tables = await database.all<{ name: string }>(
      sql`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'
          and name not like '\\_cf\\_%' escape '\\' and name <> 'd1_migrations' and name not like 'entity_words\\_%' escape '\\'`,
    )
    expect(tables.map(({ name }) => name).toSorted()).toEqual(
      [...savedTableNames, ...Object.keys(omittedTables)].toSorted(),
    )
  })

  it('come in pages, and every row once', async () => {
    const path = await environment()
    const flags = Array.from({ length: 12 }, (_, i) => ({
      ...flagDraft(`large-${i}`),
      description: 'x'.repeat(900),
    }))
    for (const flag of flags) expect((await call('POST', `${path}/flags`, flag)).status).toBe(201)
    const all = await rowsOf('entities')
    const own = all.filter((row) => row['environment_id'] === idOf(path) && row['kind'] === 'flag')
    expect(own.map(({ id }) => id)).toEqual(flags.map(({ key }) => key))
    expect(Object.keys(own[0]!)).toEqual(['environment_id', 'kind', 'id', 'value'])
    const [{ count }] = (await database.all<{ count: number }>(
      sql`select count(*) as count from changes`,
    )) as [{ count: number }]
    expect(await rowsOf('changes')).toHaveLength(count)
  })

  it('that no backup has are not found', async () => {
    for (const table of ['deliveries', 'd1_migrations', 'sqlite_master'])
      expect(await call('GET', `/backup/tables/${table}`)).toMatchObject({ status: 404 })
  })
})

describe('secrets', () => {
  const key = crypto.getRandomValues(new Uint8Array(32))
  const header = { 'x-seal-key': btoa(String.fromCharCode(...key)) }

  it('are sealed by the key of the caller, and left out without one', async () => {
    const path = await environment()
    const hook = { name: 'Hook', url: 'https://example.com/hook' }
    const made = await call('POST', `${path}/webhooks`, hook)
    expect(made.status).toBe(201)
    const { id } = made.body.entity
    const mine = (rows: Row[]) => rows.filter((row) => row['environment_id'] === idOf(path))
    expect(mine(await rowsOf('entities'))).toEqual([])
    const [row] = mine(await rowsOf('entities', header))
    expect(row).toMatchObject({ kind: 'webhook', id, value: null })
    const text = await unseal(key, `${idOf(path)}/webhook/${id}`, String(row!['sealed']))
    expect(JSON.parse(text)).toMatchObject({ url: 'https://example.com/hook' })
    expect(JSON.parse(text).secret).toMatch(/^whsec_/)
    for (const table of savedTableNames)
      expect(JSON.stringify(await rowsOf(table, header))).not.toContain(JSON.parse(text).secret)
  })

  it('are opened only by their key, at their place', async () => {
    const sealed = await seal(key, newIv(), 'here', 'a text')
    expect(await unseal(key, 'here', sealed)).toBe('a text')
    await expect(unseal(key, 'there', sealed)).rejects.toMatchObject({ name: 'OperationError' })
    const other = new Uint8Array(32)
    await expect(unseal(other, 'here', sealed)).rejects.toMatchObject({ name: 'OperationError' })
  })

  it.each(['', 'short', 'A'.repeat(44)])('a key that is none is refused: %j', async (text) => {
    const answer = await call('GET', '/backup/tables/entities', undefined, { 'x-seal-key': text })
    expect(answer.status).toBe(400)
  })
})

describe('rows go back', () => {
  const restore = (table: string, rows: Row[]) => call('POST', `/backup/tables/${table}`, { rows })

  it('to an environment that is not there, which is published as it was', async () => {
    const path = await environment()
    const id = idOf(path)
    await call('POST', `${path}/flags`, flagDraft('kept'))
    await call('PATCH', `${path}/flags/kept`, { name: 'Kept' })
    const before = await publishedNow(path)
    const saved = new Map<string, Row[]>()
    for (const table of savedTableNames) {
      const column = table === 'environments' ? 'id' : 'environment_id'
      const rows = await rowsOf(table)
      saved.set(
        table,
        rows.filter((row) => row[column] === id),
      )
    }
    expect(await restore('entities', saved.get('entities')!)).toMatchObject({ status: 409 })
    for (const [table, rows] of saved)
      if (rows.length > 0) {
        const column = table === 'environments' ? 'id' : 'environment_id'
        await env.DB.prepare(`delete from ${table} where ${column} = ?`).bind(id).run()
      }
    expect(await call('POST', `/backup/publish/${id}`)).toMatchObject({ status: 404 })
    for (const [table, rows] of saved) {
      if (rows.length === 0) continue
      const half = Math.ceil(rows.length / 2)
      await restore(table, rows.slice(0, half)) // interrupted, and begun again
      const again = await restore(table, table === 'environments' ? rows.slice(half) : rows)
      expect(again).toMatchObject({ status: 200 })
    }
    expect(await call('POST', `/backup/publish/${id}`)).toMatchObject({
      status: 200,
      body: { revision: before!.revision },
    })
    expect(await publishedNow(path)).toEqual(before)
    const { body } = await call('GET', `${path}/revisions`)
    expect(body.revisions).toHaveLength(3)
    expect((await call('PATCH', `${path}/flags/kept`, { name: 'Kept again' })).body.revision).toBe(4)
  })

  it('only with columns of their table, all the same', async () => {
    expect(await restore('projects', [{ id: 'a', colour: 'red' }])).toMatchObject({ status: 400 })
    const rows = [{ id: 'a', name: 'A' }, { id: 'b' }]
    expect(await restore('projects', rows as unknown as Row[])).toMatchObject({ status: 400 })
  })

  it.each(['members', 'api_tokens', 'key_approvals', 'audit'])(
    'of %s not while there is an environment: nobody who was removed comes back',
    async (table) => {
      await environment()
      expect(await restore(table, await rowsOf(table))).toMatchObject({ status: 409 })
    },
  )
})

it('a database that was put back goes on above what was published', async () => {
  const path = await environment()
  const id = idOf(path)
  await call('POST', `${path}/flags`, flagDraft('early'))
  const early = await publishedNow(path)
  await call('POST', `${path}/flags`, flagDraft('late'))
  await call('PATCH', `${path}/flags/early`, { enabled: true, name: 'Changed' })
  expect((await publishedNow(path))?.revision).toBe(4)
  // What Time Travel does to D1: the rows are those of revision 2.
  const [value] = (await rowsOf('changes')).filter(
    (row) => row['environment_id'] === id && row['number'] === 2,
  )
  await env.DB.batch([
    env.DB.prepare('delete from revisions where environment_id = ? and number > 2').bind(id),
    env.DB.prepare('delete from changes where environment_id = ? and number > 2').bind(id),
    env.DB.prepare('delete from entities where environment_id = ?').bind(id),
    env.DB.prepare('insert into entities (environment_id, kind, id, value) values (?, ?, ?, ?)').bind(
      id,
      'flag',
      'early',
      value!['after'],
    ),
  ])
  expect(await call('POST', `/backup/publish/${id}`)).toMatchObject({ status: 200, body: { revision: 5 } })
  const now = await publishedNow(path)
  expect(now).toMatchObject({ ...early, revision: 5, modifiedAt: expect.any(Number) })
  expect(now!.modifiedAt).toBeGreaterThanOrEqual(early!.modifiedAt)
  expect(await env.SNAPSHOTS.get(`head:${id}`)).toBe('5')
  expect((await call('PATCH', `${path}/flags/early`, { name: 'Again' })).body.revision).toBe(6)
  expect(await call('POST', `/backup/publish/${id}`)).toMatchObject({ body: { revision: 6 } })
})

it('members come back under the name that segments give them', async () => {
  const path = await environment()
  await call('POST', `${path}/segments`, { key: 'staff', name: 'Staff' })
  await upload('PUT', `${path}/segments/staff/members`, 'ada\nbob\nada\n')
  const { members } = (await call('GET', `${path}/segments/staff`)).body
  const sent = await upload('PUT', `/backup/members/absent/${members.list}`, 'ada\nbob\n')
  expect(sent.body).toEqual({ sha256: members.sha256, count: 2 })
  expect(await env.SNAPSHOTS.get(`members:absent:${members.sha256}`)).not.toBeNull()
  expect((await upload('PUT', '/backup/members/Absent/..%2f', 'ada')).status).toBe(400)
})

it('kept assignments come back, and those that are there stay', async () => {
  const rows = [
    ['visitor:ada', 'rule', 'on'],
    ['visitor:bob', 'rule', 'off'],
    ['visitor:bob', 'rule-2', 'on'],
  ]
  const at = '/backup/assignments/absent?shard=3'
  expect((await call('POST', at, { assignments: rows })).status).toBe(200)
  await call('POST', at, { assignments: [['visitor:ada', 'rule', 'other']] })
  const page = await call('GET', at)
  expect(page.body).toEqual({ assignments: rows, next: 'visitor:bob' })
  expect((await call('GET', `${at}&after=visitor:bob`)).body).toEqual({ assignments: [], next: null })
  const path = await environment()
  const living = await call('POST', `/backup/assignments/${idOf(path)}?shard=3`, { assignments: rows })
  expect(living.status).toBe(409)
})

describe('a living environment', () => {
  const restoredOf = async (path: string) =>
    (await rowsOf('entities'))
      .filter((row) => row['environment_id'] === idOf(path))
      .map(({ kind, id, value }) => ({ kind, id, value: JSON.parse(String(value)) }))

  it('refuses a segment whose members are not stored, or not as many', async () => {
    const path = await environment()
    await call('POST', `${path}/segments`, { key: 'staff', name: 'Staff' })
    await upload('PUT', `${path}/segments/staff/members`, 'ada\nbob\n')
    const [segment] = await restoredOf(path)
    const { members } = segment!.value
    const put = (changes: object) => {
      const value = { ...segment!.value, name: 'Other', members: { ...members, ...changes } }
      return call('POST', `/backup/environments/${idOf(path)}`, { entities: [{ ...segment, value }] })
    }
    for (const changes of [{ sha256: '0'.repeat(64) }, { count: 3 }]) {
      const { status, body } = await put(changes)
      expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('segment staff')])
    }
    expect((await put({})).status).toBe(200)
    expect((await publishedNow(path))?.segments).toMatchObject([{ key: 'staff', members }])
  })

  it.each(['SNAPSHOTS', 'DB'] as const)('is not said to be published while %s fails', async (binding) => {
    const path = await environment()
    await call('POST', `${path}/flags`, flagDraft('early'))
    await runInDurableObject(objectOf(path), async (object, state) => {
      await state.storage.put('published', { environmentId: idOf(path), revision: 1 })
      const away = () => {
        throw new Error(`${binding} is away`)
      }
      const { env } = object as unknown as { env: Pick<ControlBindings, 'DB' | 'SNAPSHOTS'> }
      const broken =
        binding === 'DB'
          ? vi.spyOn(env.DB, 'prepare').mockImplementation(away)
          : vi.spyOn(env.SNAPSHOTS, 'put').mockImplementation(away)
      const head = await object.publishAnew(idOf(path))
      broken.mockRestore()
      expect(head.status === 'unknown' || head.unpublished !== undefined).toBe(true)
    })
    expect(await call('POST', `/backup/publish/${idOf(path)}`)).toMatchObject({ body: { revision: 2 } })
  })
})

it('hands no environment to another organisation whose project has the same id', async () => {
  for (const id of ['acme', 'beta']) {
    await call('POST', '/organisations', { id, owner: 'ada@example.com' })
    await addToken({ id: `${id}-owner`, role: 'owner', organisationId: id })
  }
  const project = { id: 'web', name: 'Web' }
  await callAs('POST', '/organisations/acme/projects', project, 'acme-owner-token')
  await callAs('POST', '/environments', { id: 'stall', project: 'web' }, 'acme-owner-token')
  const saved = async (table: string) => {
    const { rows } = (await call('GET', `/backup/tables/${table}?after=0`)).body as { rows: Row[] }
    return rows.filter(({ id }) => id === 'web' || id === 'stall')
  }
  const [projects, environments] = [await saved('projects'), await saved('environments')]
  await env.DB.exec(`DELETE FROM environments WHERE id = 'stall'`)
  await env.DB.exec(`DELETE FROM projects WHERE id = 'web'`)
  const send = (table: string, rows: Row[]) => call('POST', `/backup/tables/${table}`, { rows })
  expect(await send('environments', environments)).toMatchObject({
    status: 409,
    body: { detail: 'environment stall is of project web, which is not here' },
  })
  await callAs('POST', '/organisations/beta/projects', project, 'beta-owner-token')
  expect(await send('projects', projects)).toMatchObject({
    status: 409,
    body: { detail: 'project web is of organisation acme in the backup, and of beta here' },
  })
})

it('takes no new phase with a restored environment', async () => {
  await call('POST', '/environments', { id: 'np' })
  const path = '/backup/environments/np?dryRun=true&experiment='
  expect((await call('POST', `${path}new-phase`, { entities: [] })).status).toBe(400)
  expect((await call('POST', `${path}stop`, { entities: [] })).status).not.toBe(400)
})
