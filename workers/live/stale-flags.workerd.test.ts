// Flags that users meet no more, from the usage in D1 to what webhooks are told, in workerd.
import { runDurableObjectAlarm } from 'cloudflare:test'
import { expect, it, vi } from 'vitest'
import { flagDraft } from '../../test/support/build/flag-draft.ts'
import { addToken, call, database, env, newEnvironment } from '../../test/support/control-plane.ts'
import { writeUsage } from '../storage/usage.ts'
import type { Intake } from './intake-do.ts'

const dayMs = 86_400_000
/** Ahead of the real clock, by which alarms ring. */
const start = Date.now() + 2 * dayMs
const clock = vi.spyOn(Date, 'now')
const at = (day: number) => void clock.mockReturnValue(start + day * dayMs)

it('a flag that nobody meets for 30 days is told of once, until somebody meets it again', async () => {
  at(0)
  await addToken({ id: 'owner', role: 'owner' })
  const environmentId = await newEnvironment()
  const path = `/environments/${environmentId}`
  for (const key of ['used', 'left', 'never', 'gone']) await call('POST', `${path}/flags`, flagDraft(key))
  await call('PATCH', `${path}/flags/gone`, { archived: true })
  await call('POST', `${path}/webhooks`, {
    id: 'pager',
    url: 'https://hooks.example.com/x',
    events: ['flag.stale'],
  })
  const seen = (flagKey: string, day: number) =>
    writeUsage(database, [{ environmentId, flagKey, variationId: 'on', at: start + day * dayMs }])
  const look = async (day: number) => {
    at(day)
    const intake = env.INTAKE.get(env.INTAKE.idFromName(environmentId))
    expect(await runDurableObjectAlarm(intake as unknown as DurableObjectStub<Intake>)).toBe(true)
    const { body } = await call('GET', `${path}/webhooks/pager/deliveries`)
    const { deliveries } = body as unknown as { deliveries: { message: { data: { flagKey: string } } }[] }
    return deliveries.map(({ message }) => message.data.flagKey)
  }
  for (const key of ['used', 'left', 'gone']) await seen(key, 0)
  expect(await look(29)).toEqual([])
  await seen('used', 20)
  expect(await look(31)).toEqual(['left'])
  expect(await look(32)).toEqual(['left'])
  await seen('left', 33)
  expect((await look(51)).toSorted()).toEqual(['left', 'used'])
  expect((await look(64)).toSorted()).toEqual(['left', 'left', 'used'])
})

it('after as many days as the setting says', async () => {
  at(100)
  const environmentId = await newEnvironment()
  const path = `/environments/${environmentId}`
  await call('POST', `${path}/flags`, flagDraft('left'))
  await call('PATCH', `${path}/settings`, { staleAfterDays: 5 })
  await call('POST', `${path}/webhooks`, {
    id: 'pager',
    url: 'https://hooks.example.com/x',
    events: ['flag.stale'],
  })
  await writeUsage(database, [{ environmentId, flagKey: 'left', variationId: 'on', at: start + 100 * dayMs }])
  for (const [day, told] of [
    [104, 0],
    [106, 1],
  ] as const) {
    at(day)
    const intake = env.INTAKE.get(env.INTAKE.idFromName(environmentId))
    expect(await runDurableObjectAlarm(intake as unknown as DurableObjectStub<Intake>)).toBe(true)
    expect((await call('GET', `${path}/webhooks/pager/deliveries`)).body['deliveries']).toHaveLength(told)
  }
})
