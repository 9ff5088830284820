// AB Tasty's published SDK tells of its own work while the environment's window is open, and not before or
// after: in both modes, on what our routes say of it.
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

/**
 * Events of the messages that a visitor's SDK sends, with a window that is open between these hours from now.
 */
async function told(mode: DecisionMode, from: number, to: number): Promise<string[]> {
  const now = Date.now()
  const troubleshooting = { startAt: now + from * hourMs, stopAt: now + to * hourMs, percentage: 100 }
  const { asked, sent } = serveRoutes({ flags: [flag], settings: { troubleshooting } })
  const sdk = await Flagship.start(goldenEnvironment, goldenKeys.clientKey, flagshipOptions(mode))
  const visitor = sdk.newVisitor({ visitorId: `ada-${from}-${mode}`, hasConsented: true })
  await visitor.fetchFlags()
  visitor.getFlag('nowhere').getValue('none')
  await sdk.close()
  expect(asked.length).toBeGreaterThan(1)
  return sent.flatMap((record) =>
    record.kind === 'sdk-report' && record.event.startsWith('TROUBLESHOOTING:') ? [record.event] : [],
  )
}

it.each([DecisionMode.BUCKETING, DecisionMode.DECISION_API])('in %s mode', async (mode) => {
  expect(await told(mode, -1, 1)).toContain('TROUBLESHOOTING:VISITOR_FETCH_CAMPAIGNS')
  expect(await told(mode, -2, -1)).toEqual([])
  expect(await told(mode, 1, 2)).toEqual([])
})
