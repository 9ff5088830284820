// Scheduled changes are made by the environment itself, when they are due.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { beforeAll, expect, it } from 'vitest'
import { call, environment, objectOf, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const soon = () => Date.now() + 700
async function withFlag() {
  const path = await environment()
  await call('POST', `${path}/flags`, draft('banner'))
  return path
}
const schedule = (path: string, id: string, at: number | undefined, changes: object, more: object = {}) =>
  call('POST', `${path}/schedules`, { id, flagKey: 'banner', at, changes, ...more })
const flagOf = async (path: string) => (await call('GET', `${path}/flags/banner`)).body
const statusOf = async (path: string, id: string) =>
  (await call('GET', `${path}/schedules/${id}`)).body.status
const patience = { timeout: 60_000, interval: 100 }

it('in the order of their times, not before, each as a change of its own', async () => {
  const path = await withFlag()
  const at = soon()
  expect((await schedule(path, 'second', at + 1, { description: 'second' })).status).toBe(201)
  expect((await schedule(path, 'first', at, { description: 'first' }, { name: 'Launch' })).status).toBe(201)
  expect((await schedule(path, 'far', at + 86_400_000, { description: 'far' })).status).toBe(201)
  await expect.poll(() => statusOf(path, 'second'), patience).toBe('applied')
  expect(await statusOf(path, 'first')).toBe('applied')
  expect(await statusOf(path, 'far')).toBe('waiting')
  const flag = await flagOf(path)
  expect(flag.description).toBe('second')
  const { revisions } = (await call('GET', `${path}/revisions`)).body as {
    revisions: { kind: string; createdAt: number; comment: string; actor: object }[]
  }
  const applied = revisions.filter(({ actor }) => 'id' in actor && actor.id === 'schedule')
  expect(applied).toMatchObject([
    { comment: 'Scheduled change second', actor: { kind: 'job' } },
    { comment: 'Launch', actor: { kind: 'job' } },
  ])
  for (const { createdAt } of applied) expect(createdAt).toBeGreaterThanOrEqual(at)
})

it('one that became impossible is refused with the reason, and the next is made', async () => {
  const path = await withFlag()
  const at = soon()
  await call('POST', `${path}/flags`, draft('old'))
  await schedule(path, 'broken', at, { enabled: false }, { flagKey: 'old' })
  await schedule(path, 'sound', at + 1, { description: 'made' })
  expect((await call('PATCH', `${path}/flags/old`, { archived: true })).status).toBe(200)
  await expect.poll(() => statusOf(path, 'sound'), patience).toBe('applied')
  expect((await call('GET', `${path}/schedules/broken`)).body).toMatchObject({
    status: 'refused',
    refusal: { reason: expect.stringContaining('archived') },
  })
})

it('also where every change needs a comment, and its name is blank', async () => {
  const path = await withFlag()
  const settings = await call('PATCH', `${path}/settings`, { requireComment: true })
  expect(settings.status).toBe(200)
  const headers = { 'x-comment': 'planned' }
  const made = await call(
    'POST',
    `${path}/schedules`,
    { id: 'off', name: '  ', flagKey: 'banner', at: soon(), changes: { enabled: false } },
    headers,
  )
  expect(made.status).toBe(201)
  await expect.poll(() => statusOf(path, 'off'), patience).toBe('applied')
})

it('none in an archived environment, until it is back', async () => {
  const path = await withFlag()
  const later = Date.now() + 86_400_000
  await schedule(path, 'later', later, { enabled: true })
  await schedule(path, 'off', soon(), { enabled: false })
  expect((await call('PATCH', path, { archived: true })).status).toBe(200)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  expect(await statusOf(path, 'off')).toBe('waiting')
  const object = objectOf(path)
  const alarm = await runInDurableObject(object, (_, { storage }) => storage.getAlarm())
  expect(alarm).toBeLessThan(later) // nobody tells the object that the environment is back
  expect((await call('PATCH', path, { archived: false })).status).toBe(200)
  expect(await runDurableObjectAlarm(object)).toBe(true)
  await expect.poll(() => statusOf(path, 'off'), patience).toBe('applied')
})

it('for a time that has passed is not taken', async () => {
  const path = await withFlag()
  expect(await schedule(path, 'late', Date.now() - 1, { enabled: false })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'at' }] },
  })
})

/** A time of day in Paris that comes in two seconds. */
function inTwoSeconds(): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Paris', timeStyle: 'medium' })
  return format.format(Date.now() + 2_000)
}

it('a recurring one, which then waits for its next time', async () => {
  const path = await withFlag()
  const repeat = { every: 'day', time: inTwoSeconds(), timeZone: 'Europe/Paris' }
  const made = await schedule(path, 'off', undefined, { enabled: false }, { repeat })
  expect(made).toMatchObject({
    status: 201,
    body: { entity: { status: 'waiting', repeat: { interval: 1 } } },
  })
  const { at } = made.body.entity
  const read = async () => (await call('GET', `${path}/schedules/off`)).body
  await expect.poll(async () => (await read()).runs, patience).toBe(1)
  const { lastRun, at: next, status } = await read()
  expect(lastRun).toMatchObject({ outcome: 'applied', dueAt: at })
  expect(status).toBe('waiting')
  expect(next - at).toBeGreaterThanOrEqual(23 * 3_600_000)
  expect((await flagOf(path)).enabled).toBe(false)
  const alarm = await runInDurableObject(objectOf(path), (_, { storage }) => storage.getAlarm())
  expect(alarm).toBeLessThanOrEqual(next)
})

it('one that an edit made impossible is marked at once, and says why', async () => {
  const path = await withFlag()
  await schedule(path, 'off', Date.now() + 3_600_000, { enabled: false })
  await call('PATCH', `${path}/flags/banner`, { archived: true })
  const { schedules } = (await call('GET', `${path}/schedules?status=conflict`)).body
  expect(schedules).toMatchObject([{ id: 'off', conflict: { reason: expect.stringContaining('archived') } }])
})

it('at once by hand, or never', async () => {
  const path = await withFlag()
  const at = Date.now() + 3_600_000
  await schedule(path, 'now', at, { enabled: false })
  expect(await call('POST', `${path}/schedules/now/execute`)).toMatchObject({
    status: 200,
    body: { changed: true, entity: { status: 'applied' } },
  })
  expect((await flagOf(path)).enabled).toBe(false)
  await schedule(path, 'never', at, { enabled: true })
  const cancel = () => call('POST', `${path}/schedules/never/cancel`)
  expect(await cancel()).toMatchObject({
    status: 200,
    body: { changed: true, entity: { status: 'cancelled' } },
  })
  expect(await cancel()).toMatchObject({ status: 200, body: { changed: false } })
  expect(await call('POST', `${path}/schedules/now/cancel`)).toMatchObject({ status: 409 })
})

it.each<[what: string, draft: object, status: number, path: string]>([
  [
    'an unknown variation',
    { changes: { defaultStrategy: { strategy: { kind: 'fixed', variationId: 'no' } } } },
    400,
    'changes.defaultStrategy.strategy.variationId',
  ],
  [
    'an unknown time zone',
    { at: undefined, repeat: { every: 'day', time: '09:00', timeZone: 'Mars/Olympus' } },
    400,
    'repeat.timeZone',
  ],
  ['no time', { at: undefined }, 400, 'at'],
  [
    'another change of the same field at the same time',
    { changes: { enabled: true } },
    409,
    'changes.enabled',
  ],
])('is refused with %s', async (_, draft, status, field) => {
  const path = await withFlag()
  const at = Date.now() + 3_600_000
  await schedule(path, 'first', at, { enabled: false })
  const answer = await call('POST', `${path}/schedules`, { flagKey: 'banner', at, changes: {}, ...draft })
  expect(answer).toMatchObject({ status, body: { errors: [{ path: field }] } })
})
