// The console's own reads: all flags as rows, who is calling, and the mark of a production environment.
import { beforeAll, expect, it } from 'vitest'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { env } from '../../../test/support/control-plane.ts'
import { openDatabase } from '../../storage/database.ts'
import { writeUsage } from '../../storage/usage.ts'

beforeAll(useOwner)

it('lists all flags as rows, with what refers to them and is not over', async () => {
  const path = await environment()
  const environmentId = path.split('/').at(-1)!
  const at = 1_700_000_000_000
  await call('POST', `${path}/flags`, draft('b/one', { tags: ['web'], maintainer: 'ada', name: 'One' }))
  await call('POST', `${path}/flags`, draft('a-two', { enabled: true }))
  await writeUsage(openDatabase(env.DB), [
    { environmentId, flagKey: 'b/one', variationId: 'on', at },
    { environmentId, flagKey: 'b/one', variationId: 'off', at: at - 1 },
  ])
  const soon = { flagKey: 'a-two', at: Date.now() + 3_600_000, changes: { enabled: false } }
  const scheduled = await call('POST', `${path}/schedules`, { ...soon, name: 'Night' })
  const cancelled = await call('POST', `${path}/schedules`, soon)
  await call('POST', `${path}/schedules/${cancelled.body.entity.id}/cancel`, {})
  const { status, body } = await call('GET', `${path}/flag-rows`)
  expect(status).toBe(200)
  expect(body.revision).toBeGreaterThan(4)
  const [two, one] = body.flags
  const { entity: whole } = (await call('PATCH', `${path}/flags/b%2Fone`, {})).body
  const names = whole.variations.map(({ id, name }: { id: string; name: string }) => ({ id, name }))
  expect(one).toEqual({
    key: 'b/one',
    name: 'One',
    type: whole.type,
    tags: ['web'],
    maintainer: 'ada',
    enabled: whole.enabled,
    archived: false,
    version: 1,
    createdAt: whole.createdAt,
    updatedAt: whole.updatedAt,
    variations: names,
    offVariationId: whole.offVariationId ?? null,
    serves: whole.defaultStrategy.strategy,
    rules: whole.rules.length,
    lastSeenAt: at,
    related: [],
  })
  expect(two).toMatchObject({
    key: 'a-two',
    enabled: true,
    lastSeenAt: null,
    related: [{ kind: 'schedule', id: scheduled.body.entity.id, name: 'Night', status: 'waiting' }],
  })
})

it('changes many flags in one revision, and says before what would change', async () => {
  const path = await environment()
  for (const key of ['one', 'two/b', 'three']) await call('POST', `${path}/flags`, draft(key))
  const { revision } = (await call('GET', `${path}/flag-rows`)).body
  const body = { keys: ['one', 'two/b'], changes: { enabled: true, addTags: ['q4'] } }
  const tried = await call('POST', `${path}/flag-changes?dryRun=true`, body)
  expect(tried.body).toMatchObject({ revision, entity: { change: 2 } })
  const flagsOf = (changes: readonly { kind: string; id: string }[]) =>
    changes.flatMap(({ kind, id }) => (kind === 'flag' ? [id] : []))
  expect(flagsOf(tried.body.changes)).toEqual(['one', 'two/b'])
  const made = await call('POST', `${path}/flag-changes`, body)
  expect(made.body).toMatchObject({ revision: revision + 1, changed: true, entity: { change: 2 } })
  const { flags } = (await call('GET', `${path}/flag-rows`)).body
  expect(flags.filter(({ tags }: { tags: string[] }) => tags.includes('q4'))).toHaveLength(2)
  const refused = await call('POST', `${path}/flag-changes`, { ...body, keys: ['three', 'gone'] })
  expect(refused.status).toBe(409)
  expect(refused.body.errors).toMatchObject([{ path: 'flags.gone' }])
  expect((await call('GET', `${path}/flag-rows`)).body.revision).toBe(revision + 1)
})

it('says who is calling', async () => {
  const { status, body } = await call('GET', '/caller')
  expect(status).toBe(200)
  expect(body.actor.kind).toBe('token')
  expect(body.memberships).toEqual([{ organisationId: 'default', role: 'owner', environments: {} }])
})

it('marks an environment as production when it is created, or later', async () => {
  const created = await call('POST', '/environments', { id: 'really-live', production: true })
  expect(created.status).toBe(201)
  expect((await call('GET', '/environments/really-live')).body.production).toBe(true)
  await call('PATCH', '/environments/really-live', { production: false })
  const { body } = await call('GET', '/environments')
  const listed = body.environments.find(({ id }: { id: string }) => id === 'really-live')
  expect(listed.production).toBe(false)
})
