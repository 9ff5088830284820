// The assignments object on real SQLite in workerd: what stays, what is deleted, and when alarms are set.
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, expect, it, vi } from 'vitest'
import { env } from '../../../test/support/control-plane.ts'
import { type Assignments, sweepMax, unreadMsMax } from './assignments-do.ts'

const start = Date.now()
const clock = vi.spyOn(Date, 'now')
afterEach(() => clock.mockReset())
const at = (sinceStart: number) => clock.mockReturnValue(start + sinceStart)

const dayMs = 24 * 60 * 60 * 1000
/** Control has the class, but only edge has the binding. */
const { ASSIGNMENTS: objects } = env as unknown as { ASSIGNMENTS: DurableObjectNamespace<Assignments> }
let made = 0
function shard() {
  const stub = objects.get(objects.idFromName(`shard-${++made}`))
  return {
    keep: (who: string, variation = 'a') =>
      runInDurableObject(stub, (object) => object.keep(who, [['rule', variation]])),
    read: (who: string) => runInDurableObject(stub, (object) => object.read(who)),
    forget: (who: string) => runInDurableObject(stub, (object) => object.forget(who)),
    sweep: () => runDurableObjectAlarm(stub),
    alarmAt: () => runInDurableObject(stub, (_, state) => state.storage.getAlarm()),
    count: (table: 'assignment' | 'asked') =>
      runInDurableObject(stub, (_, { storage }) =>
        table === 'asked'
          ? storage.sql.exec<{ n: number }>('SELECT count(*) n FROM asked').one().n
          : storage.sql.exec<{ n: number }>('SELECT count(*) n FROM assignment').one().n,
      ),
    askedAt: (who: string) =>
      runInDurableObject(
        stub,
        (_, { storage }) =>
          storage.sql.exec<{ at: number }>('SELECT at FROM asked WHERE who = ?', who).toArray()[0]?.at,
      ),
  }
}

it('keeps the first assignment that is written', async () => {
  at(0)
  const { keep, read } = shard()
  await keep('ada', 'a')
  await keep('ada', 'b')
  expect(await read('ada')).toEqual([['rule', 'a']])
  expect(await read('eve')).toEqual([])
})

it('forgets one visitor and says how much there was', async () => {
  at(0)
  const { keep, read, forget, count, askedAt } = shard()
  await keep('ada')
  await keep('eve')
  expect(await forget('ada')).toBe(1)
  expect(await forget('ada')).toBe(0)
  expect(await read('ada')).toEqual([])
  expect(await read('eve')).toHaveLength(1)
  expect([await count('assignment'), await askedAt('ada')]).toEqual([1, undefined])
})

it('deletes visitors that were not read for half a year, and keeps the others', async () => {
  at(0)
  const { keep, read, sweep, count } = shard()
  await keep('ada')
  await keep('eve')
  at(unreadMsMax)
  expect(await sweep()).toBe(true)
  expect(await read('ada')).toHaveLength(1)
  at(unreadMsMax + 1)
  expect(await sweep()).toBe(true)
  expect(await read('eve')).toEqual([])
  expect(await read('ada')).toHaveLength(1)
  expect([await count('assignment'), await count('asked')]).toEqual([1, 1])
})

it('stores the time of a read at most once a week', async () => {
  at(0)
  const { keep, read, askedAt } = shard()
  await keep('ada')
  at(7 * dayMs)
  await read('ada')
  expect(await askedAt('ada')).toBe(start)
  at(7 * dayMs + 1)
  await read('ada')
  expect(await askedAt('ada')).toBe(start + 7 * dayMs + 1)
  await read('eve')
  expect(await askedAt('eve')).toBeUndefined()
})

it('sets a weekly alarm while it has visitors, and none after the last is deleted', async () => {
  at(0)
  const { keep, sweep, alarmAt, count } = shard()
  expect(await alarmAt()).toBeNull()
  await keep('ada')
  expect(await alarmAt()).toBe(start + 7 * dayMs)
  at(7 * dayMs)
  await sweep()
  expect(await alarmAt()).toBe(start + 14 * dayMs)
  at(unreadMsMax + 1)
  await sweep()
  expect([await alarmAt(), await count('assignment'), await count('asked')]).toEqual([null, 0, 0])
})

it('deletes a limited number per alarm, and continues at once', async () => {
  at(0)
  const { keep, sweep, alarmAt, count } = shard()
  for (let i = 0; i <= sweepMax; i++) await keep(`visitor-${i}`)
  at(unreadMsMax + 1)
  await sweep()
  expect([await count('assignment'), await count('asked')]).toEqual([1, 1])
  expect(await alarmAt()).toBe(start + unreadMsMax + 1)
  await sweep()
  expect([await count('assignment'), await alarmAt()]).toEqual([0, null])
})
