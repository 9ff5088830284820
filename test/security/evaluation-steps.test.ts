// A client key, long attributes and a thousand flags with patterns: in every protocol the answer comes,
// whole, and what could not be decided is no silent answer.
import { expect, it } from 'vitest'
import { evaluationStepsMax } from '../../core/model/limits.ts'
import { bucketeerRoutes } from '../../workers/protocols/bucketeer/routes.ts'
import { flagshipIoRoutes } from '../../workers/protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { clause, fixed, flag, rule } from '../support/build/flags.ts'
import { callHandler } from '../support/call-handler.ts'
import { goldenKeys, memoryPorts } from '../support/golden-cases.ts'

const asking = Array.from({ length: 1_000 }, (_, i) =>
  flag({
    key: `f${i}`,
    rules: [rule([clause('x', 'matches', `(a|a)*b${i}`)], { id: `r${i}`, strategy: fixed('b') })],
  }),
)
const { ports } = memoryPorts({ flags: [...asking, flag({ key: 'plain' })] as never })
const x = 'a'.repeat(10_000)
const message = `has used up its ${evaluationStepsMax} steps`

const post = async (handler: Parameters<typeof callHandler>[0], path: string, body: unknown) => {
  const response = await callHandler(handler, path, {
    method: 'POST',
    headers: {
      authorization: path.startsWith('/ofrep') ? `Bearer ${goldenKeys.clientKey}` : goldenKeys.clientKey,
      'x-api-key': goldenKeys.clientKey,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, never> }
}

it('OFREP: each flag that was not decided has an error of its own, the others have their values', async () => {
  const context = { targetingKey: 'ada', x }
  const { status, body } = await post(ofrepRoutes(ports), '/ofrep/v1/evaluate/flags', { context })
  const flags = body['flags'] as unknown as {
    key: string
    errorCode?: string
    errorDetails?: string
    value?: unknown
  }[]
  expect([status, flags.length]).toEqual([200, 1_001])
  const errors = flags.filter(({ errorCode }) => errorCode !== undefined)
  expect(errors.length).toBeGreaterThan(500)
  for (const error of errors) {
    expect(error).toMatchObject({ errorCode: 'GENERAL', errorDetails: expect.stringContaining(message) })
    expect(error.value).toBeUndefined()
  }
  expect(flags.find(({ key }) => key === 'plain')).toMatchObject({ value: 'value a' })
  const event = (flagKey: string) => ({ kind: 'exposure', flagKey, variant: 'a' })
  const track = { context, events: Array.from({ length: 100 }, (_, i) => event(`f${i}`)) }
  const startedAt = process.cpuUsage().user
  await post(ofrepRoutes(ports), '/ofrep/v1/track', track)
  expect(process.cpuUsage().user - startedAt).toBeLessThan(5_000_000) // one limit for all events together
})

it('Bucketeer leaves such flags out, so that the SDK uses its default', async () => {
  const user = { id: 'ada', data: { x } }
  const { status, body } = await post(bucketeerRoutes(ports), '/get_evaluations', { user, tag: '' })
  const { evaluations } = body['evaluations'] as unknown as { evaluations: { featureId: string }[] }
  expect(status).toBe(200)
  expect(evaluations.length).toBeLessThan(500)
  expect(evaluations.map(({ featureId }) => featureId)).toContain('plain')
})

it('AB Tasty: such campaigns are left out, and refused with the reason when asked for alone', async () => {
  const body = { visitor_id: 'ada', context: { x }, trigger_hit: false }
  const all = await post(flagshipIoRoutes(ports), '/v2/shop/campaigns', body)
  expect(all.status).toBe(200)
  expect((all.body['campaigns'] as unknown as unknown[]).length).toBeLessThan(500)
})
