// The published AB Tasty SDK with our bucketing file, core, the Decision API and OFREP give the same results
// for 10,000 visitors with ASCII ids and typed contexts, over generated flags. The SDK runs in its edge mode,
// which takes the file as an option, so nothing goes over a network.
import { DecisionMode, Flagship, LogLevel } from '@flagship.io/js-sdk/edge'
import { afterAll, beforeAll, expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import type { Clause } from '../../core/model/clause.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import type { Flag, Strategy } from '../../core/model/flag.ts'
import { rebalance } from '../../core/model/rebalance.ts'
import { bucketingFile } from '../../workers/protocols/flagship-io/bucketing-file.ts'
import { flagshipIoRoutes } from '../../workers/protocols/flagship-io/routes.ts'
import { ofrepRoutes } from '../../workers/protocols/ofrep/routes.ts'
import { fixed, flag, rollout, snapshotOf } from '../support/build/flags.ts'
import { goldenKeys, memoryPorts } from '../support/golden-cases.ts'
import { callHandler } from '../support/call-handler.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_121)
const files = 20
const visitorsPerFile = 500

type Rollout = Extract<Strategy, { kind: 'rollout' }>
const ids = ['a', 'b', 'c']
const word = fc.constantFrom('a', 'ab', 'B', 'beta.', 'true', '5', '7', 'pro')
const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  fc.constantFrom(...ids).map(fixed),
  fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })).map(([x, y]) => {
    const [first, second] = x < y ? [x, y] : [y, x]
    const before = rollout({
      a: first * 1_000,
      b: (second - first) * 1_000,
      c: x % 3 === 0 ? (100 - second) * 1_000 : 0,
    }) as Rollout
    if (x % 3 !== 0 || y % 2 === 0) return before
    const after = rollout({ a: second * 1_000, b: 0, c: (100 - second) * 1_000 }) as Rollout
    return rebalance(before, after) // some variations lie in two places
  }),
)
const clause: fc.Arbitrary<Clause> = fc.record({
  attribute: fc.constantFrom('x', 'y', 'n', 'flagged', 'id'),
  operator: fc.constantFrom(
    'equals',
    'in',
    'not-equals',
    'starts-with',
    'ends-with',
    'contains',
    'exists',
    'not-exists',
  ),
  values: fc.array(word, { minLength: 1, maxLength: 3 }),
})
const generated = (key: string): fc.Arbitrary<Flag> =>
  fc
    .record({
      enabled: fc.boolean(),
      targets: fc.array(
        fc.record({
          variationId: fc.constantFrom(...ids),
          targetingKeys: fc.array(word, { minLength: 1, maxLength: 2 }),
        }),
        { maxLength: 1 },
      ),
      rules: fc.array(
        fc.record({
          id: fc.uuid(),
          anyOf: fc.array(fc.array(clause, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
          strategy,
        }),
        { maxLength: 3 },
      ),
      defaultStrategy: fc.record({ id: fc.uuid(), strategy }),
    })
    .map(({ rules, ...rest }) => flag({ key, ...rest, rules: rules.map((rule) => ({ ...rule, name: '' })) }))

const visitor = fc.record({
  id: fc.oneof(fc.uuid(), word, fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 })),
  context: fc.record(
    { x: word, y: word, n: fc.integer({ min: 4, max: 8 }), flagged: fc.boolean() },
    { requiredKeys: [] },
  ),
})

const flagKeys = Array.from({ length: 12 }, (_, i) => `flag-${i}`)
const flagSets = fc.sample(fc.tuple(...flagKeys.map(generated)), { seed, numRuns: files })

const network = globalThis.fetch
beforeAll(() => {
  globalThis.fetch = () => Promise.resolve(new Response(null, { status: 204 }))
})
afterAll(() => {
  globalThis.fetch = network
})

type Values = Readonly<Record<string, string>>

async function postJson<T>(
  handler: Parameters<typeof callHandler>[0],
  path: string,
  body: object,
): Promise<T> {
  const key = goldenKeys.clientKey
  const headers = { 'x-api-key': key, authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const response = await callHandler(
    handler,
    path,
    { method: 'POST', headers, body: JSON.stringify(body) },
    {},
  )
  return (await response.json()) as T
}

it(`the published SDK, the Decision API, OFREP and core give ${files * visitorsPerFile} visitors the same, seed ${seed}`, async () => {
  let split = 0
  for (const [index, flags] of flagSets.entries()) {
    const snapshot = snapshotOf(flags)
    const ready = compile(snapshot)
    const { file, omitted } = bucketingFile(snapshot)
    expect(omitted).toEqual([])
    const flagship = await Flagship.start('environment', 'key', {
      decisionMode: DecisionMode.BUCKETING_EDGE,
      initialBucketing: JSON.parse(JSON.stringify(file)),
      logLevel: LogLevel.NONE,
      disableDeveloperUsageTracking: true,
    })
    const { ports } = memoryPorts({ flags })
    const handlers = { api: flagshipIoRoutes(ports), ofrep: ofrepRoutes(ports) }
    for (const { id, context } of fc.sample(visitor, { seed: seed + index, numRuns: visitorsPerFile })) {
      const theirs = flagship.newVisitor({ visitorId: id, hasConsented: true, context })
      await theirs.fetchFlags()
      const api = await postJson<{ mergedModifications: Values }>(
        handlers.api,
        '/v2/campaigns?mode=simple&sendContextEvent=false',
        { visitor_id: id, context, trigger_hit: false },
      )
      const { flags: bulk } = await postJson<{ flags: { key: string; value?: string }[] }>(
        handlers.ofrep,
        '/ofrep/v1/evaluate/flags',
        { context: { ...context, targetingKey: id } },
      )
      const ofrep = new Map(bulk.map(({ key, value }) => [key, value]))
      for (const key of flagKeys) {
        const ours = evaluate(ready, key, { targetingKey: id, attributes: context })
        const value = theirs.getFlag(key).getValue('default', false)
        const wanted = ours.variation?.value ?? 'default'
        const answers = [value, api.mergedModifications[key] ?? 'default', ofrep.get(key) ?? 'default']
        expect([id, context, key, ...answers]).toEqual([id, context, key, wanted, wanted, wanted])
        if (ours.reason === 'SPLIT') split++
      }
    }
  }
  expect(split).toBeGreaterThan(files * visitorsPerFile) // enough visitors were split by percentages
}, 120_000)
