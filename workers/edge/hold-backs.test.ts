// Users whom a layer or a holdout holds back get the same in every protocol, and every protocol says by whom.
// SDKs that decide for themselves cannot know: such flags are left out of their files.
import { expect, it } from 'vitest'
import { callHandler } from '../../test/support/call-handler.ts'
import { goldenKeys, memoryPorts } from '../../test/support/golden-cases.ts'
import { saltedSlice } from '../../core/evaluation/slice.ts'
import { bucketeerRoutes } from '../protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../protocols/ofrep/routes.ts'

const variations = ['old', 'new'].map((id) => ({ id, name: id, value: id }))
const shares = [
  { variationId: 'old', weight: 50_000 },
  { variationId: 'new', weight: 50_000 },
]
const times = { version: 1, createdAt: 0, updatedAt: 0 }
const named = { name: '', description: '' }
const { ports } = memoryPorts({
  flags: [
    {
      key: 'pay',
      type: 'string',
      enabled: true,
      tags: ['web'],
      variations,
      defaultStrategy: { id: 'pay-d', strategy: { kind: 'rollout', shares } },
    },
    {
      key: 'plain',
      type: 'string',
      enabled: true,
      tags: ['web'],
      variations,
      defaultStrategy: { id: 'plain-d', strategy: { kind: 'fixed', variationId: 'old' } },
    },
  ],
  layers: [
    {
      id: 'checkout',
      ...named,
      salt: 'checkout',
      allotments: [
        { flagKey: 'pay', ruleId: 'pay-d', ranges: [{ from: 0, to: 5_000 }], outsideVariationId: 'old' },
      ],
      ...times,
    },
  ],
  holdouts: [
    {
      id: 'year',
      ...named,
      salt: 'year',
      slices: 2_000,
      startAt: 0,
      stopAt: 1,
      goalKeys: [],
      held: [{ flagKey: 'pay', ruleId: 'pay-d', variationId: 'old', since: 0 }],
      status: 'running',
      ...times,
    },
  ],
})
const routes = {
  bucketeer: bucketeerRoutes(ports),
  flagship: flagshipIoRoutes(ports),
  ofrep: ofrepRoutes(ports),
}
const post = async (handler: keyof typeof routes, path: string, body: object, key = goldenKeys.clientKey) => {
  const response = await callHandler(routes[handler], path, {
    method: 'POST',
    headers: { authorization: key, 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as any
}

async function answersOf(user: string) {
  const [bucketeer, flagship, ofrep] = await Promise.all([
    post('bucketeer', '/get_evaluation', { tag: 'web', user: { id: user }, featureId: 'pay' }),
    post('flagship', '/v2/campaigns', { visitor_id: user, context: {}, trigger_hit: false }),
    post('ofrep', '/ofrep/v1/evaluate/flags/pay', { context: { targetingKey: user } }),
  ])
  const campaign = flagship.campaigns.find(({ id }: { id: string }) => id === 'pay')
  return {
    bucketeer: [bucketeer.evaluation.variationId, bucketeer.evaluation.reason],
    flagship: [campaign.variation.id, campaign.variationGroupId],
    ofrep: [ofrep.value, ofrep.reason],
  }
}

it('gives those who are held back what they had, in all protocols, and says by whom', async () => {
  const met = new Set<string>()
  for (let i = 0; i < 60; i++) {
    const user = `user-${i}`
    const by =
      saltedSlice('year', user) < 2_000
        ? 'holdout:year:pay-d'
        : saltedSlice('checkout', user) >= 5_000
          ? 'layer:checkout:pay-d'
          : undefined
    met.add(by ?? 'in')
    const answers = await answersOf(user)
    if (by !== undefined)
      expect(answers).toEqual({
        bucketeer: ['old', { type: 'RULE', ruleId: by }],
        flagship: ['old', by],
        ofrep: ['old', 'TARGETING_MATCH'],
      })
    else {
      const [variation] = answers.ofrep
      expect(answers).toEqual({
        bucketeer: [variation, expect.objectContaining({ type: 'DEFAULT' })],
        flagship: [variation, 'pay-d'],
        ofrep: [variation, 'SPLIT'],
      })
    }
  }
  expect([...met].toSorted()).toEqual(['holdout:year:pay-d', 'in', 'layer:checkout:pay-d'])
})

it('leaves the flag out of what SDKs decide for themselves', async () => {
  const file = (await (await callHandler(routes.flagship, '/shop/bucketing.json')).json()) as any
  expect(file.campaigns.map(({ id }: { id: string }) => id)).toEqual(['plain'])
  const definitions = await post(
    'bucketeer',
    '/get_feature_flags',
    { tag: 'web', featureFlagsId: '', requestedAt: 0, sourceId: 5, sdkVersion: '1.0.0' },
    goldenKeys.serverKey,
  )
  expect(JSON.stringify(definitions.features ?? [])).not.toContain('"pay"')
})
