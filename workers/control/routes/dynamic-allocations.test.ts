// Dynamic allocations through the admin API, in workerd: created on a rollout, moved by counts, and locked.
import { beforeAll, expect, it } from 'vitest'
import { call, environment, publishedNow, useOwner } from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'

beforeAll(useOwner)

it('begins with the shares of its rule, locks them, and is refused a move before its time', async () => {
  const path = await environment()
  const shares = [
    { variationId: 'on', weight: 50_000 },
    { variationId: 'off', weight: 50_000 },
  ]
  await call(
    'POST',
    `${path}/flags`,
    draft('banner', { defaultStrategy: { strategy: { kind: 'rollout', shares } } }),
  )
  await call('POST', `${path}/goals`, { key: 'read' })
  const created = await call('POST', `${path}/dynamic-allocations`, {
    id: 'x',
    flagKey: 'banner',
    goalKey: 'read',
  })
  expect(created).toMatchObject({
    status: 201,
    body: { entity: { status: 'running', arms: ['on', 'off'], floor: 5_000, everyMs: 86_400_000 } },
  })
  const { startAt, weights } = created.body.entity.phases[0]
  expect(weights).toEqual({ on: 50_000, off: 50_000 })
  const arms = { on: { users: 500, goals: 50 }, off: { users: 500, goals: 5 } }
  const move = await call('POST', `${path}/dynamic-allocations/x/move`, {
    until: startAt,
    phases: [{ startAt, arms }],
  })
  expect(move).toMatchObject({ status: 409, body: { detail: expect.stringContaining('has not come') } })
  const [flag] = (await publishedNow(path))!.flags
  expect(flag!.defaultStrategy.strategy).toMatchObject({ shares })
  const { strategy } = { strategy: { kind: 'fixed', variationId: 'on' } }
  const edit = () => call('PATCH', `${path}/flags/banner`, { defaultStrategy: { strategy } })
  expect(await edit()).toMatchObject({ status: 409, body: { detail: expect.stringContaining('/stop') } })
  expect((await call('POST', `${path}/dynamic-allocations/x/stop`)).body).toMatchObject({ changed: true })
  expect((await edit()).status).toBe(200)
  const look = {
    at: startAt,
    until: startAt,
    arms: [
      { variationId: 'on', users: 500, goals: 50, chance: 0.9 },
      { variationId: 'off', users: 500, goals: 45, chance: 0.1 },
    ],
    reason: 'they are right',
  }
  const store = (at: number) =>
    call('POST', `${path}/dynamic-allocation-looks`, {
      looks: [
        { allocationId: 'x', look: { ...look, at } },
        { allocationId: 'gone', look },
      ],
    })
  expect((await store(startAt)).body).toEqual({ stored: 1 })
  expect((await store(startAt - 1)).body).toEqual({ stored: 0 }) // an older one
  const listed = await call('GET', `${path}/dynamic-allocations?status=stopped`)
  expect(listed.body.dynamicAllocations).toMatchObject([{ id: 'x', lastLook: look }])
  expect((await call('GET', `${path}/dynamic-allocations/x`)).body.lastLook).toEqual(look)
  expect((await call('DELETE', `${path}/dynamic-allocations/x`)).status).toBe(200)
  await call('POST', `${path}/dynamic-allocations`, { id: 'x', flagKey: 'banner', goalKey: 'read' })
  expect((await call('GET', `${path}/dynamic-allocations/x`)).body.lastLook).toBeUndefined()
})
