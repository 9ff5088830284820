// AB Tasty's published SDK sends troubleshooting messages while the environment's troubleshooting window is
// open, and not before or after, in both modes.
import { DecisionMode, Flagship } from '@flagship.io/js-sdk/edge'
import { afterEach, expect, it } from 'vitest'
import { goldenEnvironment, goldenKeys } from '../support/golden-cases.ts'
import { flagshipOptions } from '../support/sdk/flagship-options.ts'
import { serveRoutes } from '../support/sdk/flagship-routes.ts'

const hourMs = 3_600_000
const flag = {
  key: 'title',
  type: 'string',
  enabled: true,
  variations: [{ id: 'a', value: 'apple' }],
  defaultStrategy: { id: 'title-default', strategy: { kind: 'fixed', variationId: 'a' } },
}
const network = globalThis.fetch
afterEach(() => {
  globalThis.fetch = network
})

/** Names of the messages that the SDK sends. The window is open from `from` to `to`, in hours from now. */
async function sentEvents(mode: DecisionMode, from: number, to: number): Promise<string[]> {
  const now = Date.now()
  const troubleshooting = { startAt: now + from * hourMs, stopAt: now + to * hourMs, percentage: 100 }
  const { paths, sent } = serveRoutes({ flags: [flag], settings: { troubleshooting } })
  const sdk = await Flagship.start(goldenEnvironment, goldenKeys.clientKey, flagshipOptions(mode))
  const visitor = sdk.newVisitor({ visitorId: `ada-${from}-${mode}`, hasConsented: true })
  await visitor.fetchFlags()
  visitor.getFlag('nowhere').getValue('none')
  await sdk.close()
  expect(paths.length).toBeGreaterThan(1)
  return sent.flatMap((record) =>
    record.kind === 'sdk-report' && record.event.startsWith('TROUBLESHOOTING:') ? [record.event] : [],
  )
}

it.each([DecisionMode.BUCKETING, DecisionMode.DECISION_API])('in %s mode', async (mode) => {
  expect(await sentEvents(mode, -1, 1)).toContain('TROUBLESHOOTING:VISITOR_FETCH_CAMPAIGNS')
  expect(await sentEvents(mode, -2, -1)).toEqual([])
  expect(await sentEvents(mode, 1, 2)).toEqual([])
})
