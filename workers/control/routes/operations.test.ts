// Operations through the admin API, in workerd: firing, arming again, the audit log and last looks.
import { beforeAll, expect, it } from 'vitest'
import { call, environment, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

const guard = {
  id: 'guard',
  kind: 'event-rate',
  flagKey: 'base',
  variationId: 'on',
  goalKey: 'error',
  comparison: 'at-least',
  threshold: 0.2,
  minimumUsers: 10,
}

async function world(): Promise<string> {
  const path = await environment()
  await call('POST', `${path}/flags`, { ...draft('base'), enabled: true })
  await call('POST', `${path}/goals`, { key: 'error' })
  expect((await call('POST', `${path}/operations`, guard)).status).toBe(201)
  return path
}

const facts = (minute: number) => ({
  exposedUsers: 120,
  goalUsers: 100,
  verifiedUsers: 7,
  unverifiedUsers: 113,
  usersOverLimit: 0,
  evidence: { after: minute - 1, minutes: [{ minute, users: 120, goalUsers: 100 }] },
})
const minuteNow = () => Math.floor(Date.now() / 60_000)

it('fires once, is armed again, and the audit log has the facts', async () => {
  const path = await world()
  const sent = facts(minuteNow())
  const fire = () => call('POST', `${path}/operations/guard/apply`, sent)
  const first = await fire()
  expect(first).toMatchObject({ status: 200, body: { changed: true, entity: { status: 'fired' } } })
  expect(await fire()).toMatchObject({ status: 200, body: { changed: false } })
  expect((await call('GET', `${path}/flags/base`)).body.enabled).toBe(false)
  const { body: log } = await call('GET', `${path}/revisions?limit=1`)
  expect(log.revisions[0].command).toEqual({ kind: 'apply-operation', id: 'guard', facts: sent })

  await call('PATCH', `${path}/flags/base`, { enabled: true })
  const quiet = await call('POST', `${path}/operations/guard/arm?whenQuiet=true`)
  expect(quiet).toMatchObject({ status: 200, body: { changed: false, entity: { status: 'fired' } } })
  expect((await call('POST', `${path}/operations/guard/arm?whenquiet=true`)).status).toBe(400)
  const armed = await call('POST', `${path}/operations/guard/arm`)
  expect(armed).toMatchObject({ status: 200, body: { changed: true, entity: { status: 'active' } } })
  expect(armed.body.entity).not.toHaveProperty('firedAt')
  const apply = (minute: number) => call('POST', `${path}/operations/guard/apply`, facts(minute))
  const old = await apply(minuteNow() - 60)
  expect(old.status).toBe(409)
  expect(old.body.detail).toContain('older than countingFrom')
  expect((await apply(minuteNow())).body).toMatchObject({ changed: true })
  expect((await call('POST', `${path}/operations/gone/arm`)).status).toBe(404)
})

it('refuses facts that are too little, and says what is lacking', async () => {
  const path = await world()
  const apply = (sent: object) => call('POST', `${path}/operations/guard/apply`, sent)
  const minute = minuteNow()
  const weak = {
    ...facts(minute),
    evidence: { after: minute - 1, minutes: [{ minute, users: 120, goalUsers: 30 }] },
  }
  expect((await apply(weak)).body.detail).toMatch(/the evidence is .*, and 20.2 is needed/)
  const unordered = { after: minute, minutes: [{ minute, users: 1, goalUsers: 1 }] }
  const refused = await apply({ ...facts(minute), evidence: unordered })
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'evidence.minutes' }] } })
})

const look = (at: number, countingFrom: number, more = {}) => ({
  at,
  countingFrom,
  from: countingFrom,
  until: at,
  state: 'watching',
  exposedUsers: 50,
  goalUsers: 3,
  waitingUsers: 0,
  verifiedUsers: 20,
  unverifiedUsers: 30,
  usersOverLimit: 0,
  evidence: 0.02,
  needed: 20,
  distance: Math.log(0.02 / 20),
  lateRate: 0.0625,
  ...more,
})

it('shows the newest look, and drops it with its operation', async () => {
  const path = await world()
  const { body: operation } = await call('GET', `${path}/operations/guard`)
  expect(operation).not.toHaveProperty('lastLook')
  const { countingFrom, version } = operation as { countingFrom: number; version: number }
  const store = (...looks: object[]) => call('POST', `${path}/operation-looks`, { looks })
  const of = (operationId: string, at: number) => ({ operationId, look: look(at, countingFrom) })
  const newest = of('guard', countingFrom + 2_000)
  expect((await store(newest, of('gone', countingFrom))).body).toEqual({ stored: 1 })
  expect((await store(of('guard', countingFrom + 1_000))).body).toEqual({ stored: 0 })
  const read = await call('GET', `${path}/operations/guard`)
  expect(read.body).toMatchObject({ version, lastLook: newest.look })
  const { body: listed } = await call('GET', `${path}/operations`)
  expect(listed.operations[0].lastLook).toEqual(newest.look)
  expect((await store({ operationId: 'guard', look: look(1, 1, { evidence: -1 }) })).status).toBe(400)
  await call('DELETE', `${path}/operations/guard`)
  await call('POST', `${path}/operations`, guard)
  expect((await call('GET', `${path}/operations/guard`)).body).not.toHaveProperty('lastLook')
})

it('lends the work on operations to one runner at a time, until its lease ends or is given back', async () => {
  const path = await environment()
  const take = async (holder: string, forMs: number) =>
    (await call('PUT', `${path}/leases/operations`, { holder, forMs })).body
  expect(await take('one', 60_000)).toMatchObject({ granted: true, holder: 'one' })
  expect(await take('two', 60_000)).toMatchObject({ granted: false, holder: 'one' })
  expect(await take('one', 0)).toMatchObject({ granted: true })
  expect(await take('two', 1)).toMatchObject({ granted: true })
  await expect.poll(() => take('one', 60_000)).toMatchObject({ granted: true })
  expect((await call('PUT', `${path}/leases/others`, { holder: 'one', forMs: 1 })).status).toBe(404)
  expect((await call('PUT', `${path}/leases/operations`, { holder: '', forMs: 1e9 })).status).toBe(400)
})
