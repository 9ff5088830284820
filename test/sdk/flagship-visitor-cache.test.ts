// AB Tasty's published SDK can cache a visitor's variations (in browsers it does by default) and uses them in
// bucketing mode. After a flag changes, a visitor with a cache gets the same variation as from edge, except
// that the SDK keeps the cached variation of a rule that still splits by percentages. No visitor is left
// without a value.
import { DecisionMode, Flagship, LogLevel, type VisitorCacheDTO } from '@flagship.io/js-sdk/edge'
import { afterAll, beforeAll, expect, it } from 'vitest'
import fc from '../support/build/fast-check.ts'
import { compile } from '../../core/evaluation/compile.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import type { Evaluation } from '../../core/evaluation/evaluation.ts'
import type { Flag, Strategy } from '../../core/model/flag.ts'
import { bucketingFile } from '../../workers/protocols/flagship-io/bucketing-file.ts'
import { clause, fixed, flag, rollout, rule, snapshotOf } from '../support/build/flags.ts'

const seed = Number(process.env['TACKLINE_SEED'] ?? 20_261_123)
const changes = 40
const visitorIds = Array.from({ length: 50 }, (_, i) => `visitor-${i}`)
const keys = ['one', 'two', 'three']

const network = globalThis.fetch
beforeAll(() => {
  globalThis.fetch = () => Promise.resolve(new Response(null, { status: 204 }))
})
afterAll(() => {
  globalThis.fetch = network
})

const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map(fixed),
  fc.constantFrom<Record<string, number>>({ a: 100_000 }, { b: 100_000, c: 0 }).map(rollout),
  fc.integer({ min: 1, max: 98 }).map((first) => rollout({ a: first * 1_000, c: (99 - first) * 1_000 })),
  fc.integer({ min: 1, max: 99 }).map((first) => rollout({ b: first * 1_000, c: (100 - first) * 1_000 })),
)
const generated = (key: string) =>
  fc
    .record({
      enabled: fc.boolean(),
      offVariationId: fc.constantFrom('a', 'b'),
      ofRule: strategy,
      ofDefault: strategy,
    })
    .map(({ ofRule, ofDefault, ...rest }) =>
      flag({
        key,
        ...rest,
        rules: [rule([clause('plan', 'equals', 'pro')], { id: `${key}-rule`, strategy: ofRule })],
        defaultStrategy: { id: `${key}-default`, strategy: ofDefault },
      }),
    )
const revision = fc.tuple(...keys.map(generated))

type VisitorCache = Map<string, VisitorCacheDTO>

/** The value of each flag, for each visitor. */
async function given(flags: readonly Flag[], cache: VisitorCache) {
  const { file, omitted } = bucketingFile(snapshotOf(flags))
  expect(omitted).toEqual([])
  const flagship = await Flagship.start('environment', 'key', {
    decisionMode: DecisionMode.BUCKETING_EDGE,
    initialBucketing: JSON.parse(JSON.stringify(file)),
    logLevel: LogLevel.NONE,
    disableDeveloperUsageTracking: true,
    visitorCacheImplementation: {
      cacheVisitor: (id, data) => Promise.resolve(void cache.set(id, data)),
      lookupVisitor: (id) => Promise.resolve(cache.get(id) as VisitorCacheDTO),
      flushVisitor: (id) => Promise.resolve(void cache.delete(id)),
    },
  })
  const all: Record<string, string>[] = []
  for (const visitorId of visitorIds) {
    const visitor = flagship.newVisitor({
      visitorId,
      hasConsented: true,
      context: { plan: planOf(visitorId) },
    })
    await visitor.fetchFlags()
    all.push(Object.fromEntries(keys.map((key) => [key, visitor.getFlag(key).getValue('default', false)])))
  }
  return all
}
const planOf = (visitorId: string) => (visitorId.endsWith('3') ? 'pro' : 'free')

/** The id of the rule that split by percentages; undefined if one variation has all of the weight. */
function splitOf(flags: readonly Flag[], { cause }: Evaluation): string | undefined {
  if (!('ruleId' in cause)) return undefined
  const strategies = flags.flatMap(({ rules, defaultStrategy }) => [...rules, defaultStrategy])
  const of = strategies.find(({ id }) => id === cause.ruleId)!.strategy
  const isSplit = of.kind === 'rollout' && of.shares.every(({ weight }) => weight < 100_000)
  return isSplit ? cause.ruleId : undefined
}

it(`an SDK with a visitor cache follows ${changes} changes as edge does, seed ${seed}`, async () => {
  let remembered = 0
  let changed = 0
  for (const [before, after] of fc.sample(fc.tuple(revision, revision), { seed, numRuns: changes })) {
    const cache: VisitorCache = new Map()
    const [was, is] = [await given(before, cache), await given(after, cache)]
    const [old, now] = [compile(snapshotOf(before)), compile(snapshotOf(after))]
    for (const [i, targetingKey] of visitorIds.entries()) {
      for (const key of keys) {
        const context = { targetingKey, attributes: { plan: planOf(targetingKey) } }
        const [earlier, ours] = [evaluate(old, key, context), evaluate(now, key, context)]
        const rememberedSplit = earlier.variation && splitOf(before, earlier)
        const isSameSplit = rememberedSplit !== undefined && rememberedSplit === splitOf(after, ours)
        const wanted = isSameSplit ? was[i]![key] : (ours.variation?.value ?? 'default')
        expect([targetingKey, key, is[i]![key]]).toEqual([targetingKey, key, wanted])
        if (wanted !== (ours.variation?.value ?? 'default')) remembered++
        if (was[i]![key] !== is[i]![key]) changed++
      }
    }
  }
  expect([remembered > 100, changed > 100]).toEqual([true, true])
})
