// The flag metadata of AB Tasty's published SDK: slug, reference and type of modifications, the same in both
// modes.
import { DecisionMode, Flagship } from '@flagship.io/js-sdk/edge'
import { afterEach, expect, it } from 'vitest'
import { goldenEnvironment, goldenKeys } from '../support/golden-cases.ts'
import { flagshipOptions } from '../support/sdk/flagship-options.ts'
import { serveRoutes } from '../support/sdk/flagship-routes.ts'

const network = globalThis.fetch
afterEach(() => {
  globalThis.fetch = network
})

const page = (variationId: string) => ({
  key: 'page',
  slug: 'front-page',
  type: 'string',
  content: 'html',
  enabled: true,
  variations: [
    { id: 'original', value: '<b>as it was</b>', baseline: true },
    { id: 'new', value: '<i>as it shall be</i>' },
  ],
  defaultStrategy: { id: 'page-default', strategy: { kind: 'fixed', variationId } },
})

it.each(
  [DecisionMode.BUCKETING, DecisionMode.DECISION_API].flatMap((mode) => [
    { mode, variationId: 'original', isReference: true },
    { mode, variationId: 'new', isReference: false },
  ]),
)('in $mode mode, of the variation $variationId', async ({ mode, variationId, isReference }) => {
  serveRoutes({ flags: [page(variationId)] })
  const sdk = await Flagship.start(goldenEnvironment, goldenKeys.clientKey, flagshipOptions(mode))
  const visitor = sdk.newVisitor({ visitorId: 'ada', hasConsented: true })
  await visitor.fetchFlags()
  const flag = visitor.getFlag('page')
  expect(flag.getValue('', false)).toContain('as it')
  expect(flag.metadata).toMatchObject({ campaignId: 'page', slug: 'front-page', variationId, isReference })
  await sdk.close()
})
