// Layers and holdouts through the admin API, in workerd: what is published, what is refused, and that a
// holdout ends by the environment's alarm.
import { beforeAll, expect, it } from 'vitest'
import {
  call,
  environment,
  objectOf,
  publishedNow,
  useOwner,
} from '../../../test/support/control-entities.ts'
import { flagDraft as draft } from '../../../test/support/build/flag-draft.ts'
import { runDurableObjectAlarm } from 'cloudflare:test'

beforeAll(useOwner)

const shares = ['on', 'off'].map((variationId) => ({ variationId, weight: 50_000 }))
const split = (key: string) =>
  draft(key, { defaultStrategy: { id: `${key}-d`, strategy: { kind: 'rollout', shares } } })
const rulesOf = async (path: string, key: string) =>
  (await publishedNow(path))!.flags.find((flag) => flag.key === key)!.rules.map(({ id }) => id)

async function shop() {
  const path = await environment()
  for (const key of ['banner', 'price']) await call('POST', `${path}/flags`, split(key))
  await call('POST', `${path}/goals`, { key: 'read' })
  return path
}
const experiment = (flagKey: string) => ({
  id: `${flagKey}-test`,
  flagKey,
  goalKeys: ['read'],
  baselineVariationId: 'off',
})

it('allots slices of a layer, publishes who is outside, and locks them while an experiment runs', async () => {
  const path = await shop()
  expect((await call('POST', `${path}/layers`, { id: 'l', name: 'Checkout' })).status).toBe(201)
  const allot = (flagKey: string, slices: number) =>
    call('POST', `${path}/layers/l/allot`, { flagKey, slices, outsideVariationId: 'off' })
  expect((await allot('banner', 6_000)).body.entity.allotments).toEqual([
    { flagKey: 'banner', ruleId: 'banner-d', ranges: [{ from: 0, to: 6_000 }], outsideVariationId: 'off' },
  ])
  expect(await allot('price', 5_000)).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('at most 4000') },
  })
  expect(await rulesOf(path, 'banner')).toEqual(['layer:l:banner-d'])
  await call('POST', `${path}/experiments`, experiment('banner'))
  expect((await allot('banner', 7_000)).status).toBe(409)
  const checks = await call('GET', `${path}/experiments/banner-test/checks`)
  expect(checks.body.checks).toContainEqual(
    expect.objectContaining({ name: 'taking-part', detail: expect.stringContaining('60 %') }),
  )
  const exported = await call('GET', `${path}/export`)
  expect(exported.body.layers).toMatchObject({ l: { name: 'Checkout' } })
  const audit = await call('GET', `${path}/audit?limit=50`)
  expect(JSON.stringify(audit.body)).toContain('allot-slices')
})

it('gives a rule that a rollback brings back its slices and its place in a holdout again', async () => {
  const path = await shop()
  const strategy = {
    kind: 'rollout',
    shares: [
      { variationId: 'on', weight: 50_000 },
      { variationId: 'off', weight: 50_000 },
    ],
  }
  const anyOf = [[{ attribute: 'plan', operator: 'equals', values: ['pro'] }]]
  await call('PATCH', `${path}/flags/banner`, { rules: [{ id: 'pro', anyOf, strategy }] })
  await call('POST', `${path}/layers`, { id: 'l' })
  const slices = { flagKey: 'banner', ruleId: 'pro', slices: 500, outsideVariationId: 'off' }
  const { revision } = (await call('POST', `${path}/layers/l/allot`, slices)).body
  await call('PATCH', `${path}/flags/banner`, { rules: [] })
  expect((await call('GET', `${path}/layers/l`)).body.allotments).toEqual([])
  expect((await call('POST', `${path}/flags/banner/rollback`, { revision })).status).toBe(200)
  expect((await call('GET', `${path}/layers/l`)).body.allotments).toMatchObject([{ ruleId: 'pro' }])
  expect(await rulesOf(path, 'banner')).toEqual(['layer:l:pro', 'pro'])
})

it('holds back from what begins later, and releases everybody when its time is over', async () => {
  const path = await shop()
  const soon = Date.now() + 1_500
  await call('POST', `${path}/holdouts`, { id: 'h', slices: 500, stopAt: soon, goalKeys: ['read'] })
  await call('POST', `${path}/experiments`, experiment('price'))
  const held = await call('GET', `${path}/holdouts/h`)
  expect(held.body).toMatchObject({
    status: 'running',
    held: [{ flagKey: 'price', ruleId: 'price-d', variationId: 'off' }],
  })
  expect(await rulesOf(path, 'price')).toEqual(['holdout:h:price-d'])
  const look = { at: 5, sampleRatio: 'too-early', goals: [] }
  const looks = [
    { holdoutId: 'h', look },
    { holdoutId: 'gone', look },
  ]
  expect((await call('POST', `${path}/holdout-looks`, { looks })).body).toEqual({ stored: 1 })
  expect((await call('GET', `${path}/holdouts/h`)).body.lastLook).toEqual(look)
  expect((await call('POST', `${path}/holdouts/h/release`, { flagKey: 'price' })).status).toBe(409)
  await expect
    .poll(
      async () => {
        await runDurableObjectAlarm(objectOf(path))
        return (await call('GET', `${path}/holdouts/h`)).body.status
      },
      { timeout: 10_000 },
    )
    .toBe('ended')
  expect(await rulesOf(path, 'price')).toEqual([])
  expect((await call('GET', `${path}/holdouts?status=ended`)).body.holdouts).toHaveLength(1)
})
