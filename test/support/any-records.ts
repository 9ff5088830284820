// Arbitrary records of a few users, with what makes counting hard: equal ids, copies that differ, clocks that
// disagree, events at one moment, odd texts.
import fc from './build/fast-check.ts'
import type { EventRecord } from '../../analytics/records.ts'
import { startAt } from './simulated-shop.ts'

const at = fc.integer({ min: 0, max: 30 }).map((seconds) => startAt + 2_000 * seconds)

const common = fc.record({
  v: fc.constant(2 as const),
  keyKind: fc.constantFrom('client' as const, 'server' as const, '' as const),
  source: fc.constantFrom('', 'here', 'there'),
  id: fc.constantFrom('1', '2', '3', '4', '5', '6'),
  environmentId: fc.constant('demo'),
  at,
  receivedAt: at,
  protocol: fc.constantFrom('ofrep' as const, 'bucketeer' as const, 'flagship-io' as const),
  sdk: fc.constantFrom('', 'js'),
  targetingKey: fc.constantFrom('ann', 'ben', 'cat', `o'"{},\\ 料\n`, ''),
  attributes: fc.constantFrom({}, { plan: 'pro' }, { plan: 'pro', 'a"b': "it's" }),
})

const exposure = fc
  .tuple(
    common,
    fc.record({
      flagKey: fc.constantFrom('checkout', 'checkout', 'search'),
      variationId: fc.constantFrom('control', 'green'),
      ruleId: fc.constantFrom('split', 'split', 'staff'),
      verified: fc.boolean(),
      unitAttribute: fc.constantFrom('', 'company'),
      unit: fc.constantFrom('', 'acme', 'zoo'),
    }),
  )
  .map(([some, more]): EventRecord => ({ ...some, ...more, kind: 'exposure', flagVersion: 1, revision: 1 }))

const tracking = fc
  .tuple(
    common,
    fc.record({
      event: fc.constantFrom('bought', 'visited'),
      value: fc.constantFrom(0, 1, 2.5, -3),
      content: fc.constantFrom(undefined, '', 'tea', 'milk'),
    }),
  )
  .map(([some, { content, ...more }]): EventRecord => ({
    ...some,
    ...more,
    ...(content === undefined ? {} : { content }),
    kind: 'tracking',
    type: 'goal',
  }))

export const anyRecords = fc.array(fc.oneof(exposure, tracking), { maxLength: 60, size: 'max' })

/** In an order that the seed decides. */
export const shuffled = <T>(items: readonly T[], seed: number): T[] =>
  items
    .map((item, i) => ({ item, order: Math.sin(seed + i * 7919) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
