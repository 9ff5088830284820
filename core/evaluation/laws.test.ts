// What must hold of every environment and everybody. Run with more cases by TEST_SCALE=10.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compiled, flag, rollout, snapshotOf, someone } from '../../test/support/build/flags.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { referenceEvaluate } from '../../test/support/build/reference-evaluator.ts'
import type { Clause } from '../model/clause.ts'
import { compile } from './compile.ts'
import type { EvaluationContext } from './context.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { explain } from './explain.ts'
import type { Flag, Strategy } from '../model/flag.ts'
import type { Segment } from '../model/segment.ts'

const numRuns = scaled(1_000)

const flagKeys = ['f0', 'f1', 'f2', 'f3']
const ids = ['a', 'b', 'c']
const words = ['', 'a', 'ab', 'abc', 'b', 'true', '5', 'é', '😀']
const word = fc.constantFrom(...words)
const variationId = fc.constantFrom(...ids)
const attributeName = fc.constantFrom('x', 'y', 'id', 'constructor', '__proto__')

const weights = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
  .map(([x, y, z]) => {
    const [first, second] = [x, y].toSorted((a, b) => a - b) as [number, number]
    return { a: first * 1_000, b: (second - first) * 1_000, c: Math.min(z, 100 - second) * 1_000 }
  })
const audience = fc.option(
  fc.record({ percentage: fc.integer({ min: 0, max: 100 }), defaultVariationId: variationId }),
  { nil: undefined },
)
const strategy: fc.Arbitrary<Strategy> = fc.oneof(
  variationId.map((id): Strategy => ({ kind: 'fixed', variationId: id })),
  fc.tuple(weights, audience).map(([shares, limit]) => rollout(shares, limit)),
)

const textClause: fc.Arbitrary<Clause> = fc.record({
  attribute: attributeName,
  operator: fc.constantFrom(
    'equals',
    'not-equals',
    'in',
    'starts-with',
    'ends-with',
    'contains',
    'not-contains',
    'exists',
    'not-exists',
  ),
  values: fc.array(word, { minLength: 1, maxLength: 3 }),
})
const anyClause: fc.Arbitrary<Clause> = fc.oneof(
  { weight: 4, arbitrary: textClause },
  fc.record({
    attribute: fc.constant(''),
    operator: fc.constant('in-segment' as const),
    values: fc.subarray(['s0', 's1', 'nowhere'], { minLength: 1 }),
  }),
  fc.record({
    attribute: fc.constantFrom(...flagKeys),
    operator: fc.constant('flag-is' as const),
    values: fc.subarray(ids, { minLength: 1 }),
  }),
)
const groups = (clause: fc.Arbitrary<Clause>) =>
  fc.array(fc.array(clause, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 })

const anyFlag = (key: string): fc.Arbitrary<Flag> =>
  fc
    .record({
      enabled: fc.boolean(),
      archived: fc.boolean(),
      allocation: fc.constantFrom('percent' as const, 'fine' as const),
      seed: fc.constantFrom('', 'seed'),
      tags: fc.subarray(['web', 'app']),
      offVariationId: variationId,
      prerequisites: fc.array(fc.record({ flagKey: fc.constantFrom(...flagKeys), variationId }), {
        maxLength: 1,
      }),
      targets: fc.array(fc.record({ variationId, targetingKeys: fc.array(word, { maxLength: 2 }) }), {
        maxLength: 2,
      }),
      rules: fc.array(fc.record({ anyOf: groups(anyClause), strategy }), { maxLength: 3 }),
      defaultStrategy: strategy,
    })
    .map(({ rules, defaultStrategy, ...rest }) =>
      flag({
        key,
        ...rest,
        rules: rules.map((rule, i) => ({ ...rule, id: `${key}-${i}`, name: '' })),
        defaultStrategy: { id: `${key}-d`, strategy: defaultStrategy },
      }),
    )

const anySegment = (key: string): fc.Arbitrary<Segment> =>
  fc
    .record({ included: fc.array(word, { maxLength: 3 }), anyOf: groups(textClause) })
    .map(({ included, anyOf }) => ({
      key,
      name: '',
      description: '',
      included,
      anyOf,
      version: 1,
      createdAt: 0,
      updatedAt: 0,
    }))

const flags = fc.tuple(...flagKeys.map(anyFlag))
const environment = fc.record({ flags, segments: fc.tuple(anySegment('s0'), anySegment('s1')) })
const attribute = fc.oneof(
  word,
  fc.integer({ min: 4, max: 6 }),
  fc.boolean(),
  fc.array(word, { maxLength: 2 }),
  fc.constant(null),
)
const context: fc.Arbitrary<EvaluationContext> = fc.record({
  targetingKey: fc.option(fc.oneof(word, fc.string({ unit: 'binary' })), { nil: undefined }),
  attributes: fc.dictionary(attributeName, attribute, { noNullPrototype: true }),
})

const outcomeOf = ({ reason, variation, error, cause }: Evaluation) => ({
  reason: error ? `ERROR ${error.code}` : reason,
  variationId: variation?.id,
  ...('ruleId' in cause && { ruleId: cause.ruleId }),
})

describe('evaluation', () => {
  it('equals the specification written out', () => {
    fc.assert(
      fc.property(environment, context, (given, who) => {
        const snapshot = snapshotOf(given.flags, given.segments)
        const ready = compile(snapshot)
        for (const { key } of snapshot.flags.filter(({ archived }) => !archived)) {
          expect(outcomeOf(evaluate(ready, key, who))).toEqual(referenceEvaluate(snapshot, key, who))
        }
      }),
      { numRuns },
    )
  })

  it('is explained as it is decided: the explained rule, share and reason are those of the answer', () => {
    fc.assert(
      fc.property(environment, context, (given, who) => {
        const ready = compile(snapshotOf(given.flags, given.segments))
        for (const { flag: each, constant } of ready.flags) {
          if (each.archived || constant?.reason === 'ERROR') continue
          const {
            evaluation,
            rules,
            rollout: split,
            isTargeted,
            prerequisites,
          } = explain(ready, each.key, who)!
          expect(evaluation).toBe(evaluate(ready, each.key, who))
          expect(isTargeted).toBe(evaluation.cause.kind === 'target')
          expect(prerequisites.some(({ wanted, got }) => wanted !== got)).toBe(
            evaluation.cause.kind === 'prerequisite',
          )
          const matched = rules.filter(({ matched: isMatch }) => isMatch).map(({ ruleId }) => ruleId)
          if (evaluation.cause.kind === 'rule') expect(matched).toEqual([evaluation.cause.ruleId])
          if (evaluation.cause.kind === 'default') expect(matched).toEqual([])
          if (evaluation.reason !== 'SPLIT') continue
          const isIn = split!.audience?.isIn ?? true
          if (isIn)
            expect(split!.cuts.find(({ below }) => split!.bucket < below)?.variationId).toBe(
              evaluation.variation?.id,
            )
        }
      }),
      { numRuns: scaled(500) },
    )
  })

  it('of all flags answers for each what it answers for it alone', () => {
    fc.assert(
      fc.property(environment, context, fc.constantFrom(undefined, 'web'), (given, who, tag) => {
        const ready = compile(snapshotOf(given.flags, given.segments))
        const live = ready.flags.filter(
          (each) => !each.flag.archived && (tag === undefined || each.flag.tags.includes(tag)),
        )
        const all = evaluateAll(ready, who, tag)
        expect(all).toEqual(live.map((each) => evaluate(ready, each.flag.key, who)))
        // In another order, flag by flag, from a snapshot that nobody has asked anything.
        const waking = compile(ready.snapshot)
        const alone = live.toReversed().map((each) => evaluate(waking, each.flag.key, who))
        expect(alone.toReversed()).toEqual(all)
        expect(evaluateAll(waking, who, tag)).toEqual(all)
      }),
      { numRuns },
    )
  })

  it('does not depend on the order of flags, nor on flags that are not asked for', () => {
    fc.assert(
      fc.property(environment, context, (given, who) => {
        const all = compiled(given.flags, given.segments)
        const reversed = compiled(given.flags.toReversed(), given.segments.toReversed())
        const more = compiled([...given.flags, flag({ key: 'extra' })], given.segments)
        for (const { key } of given.flags) {
          const alone = outcomeOf(evaluate(all, key, who))
          expect(outcomeOf(evaluate(reversed, key, who))).toEqual(alone)
          expect(outcomeOf(evaluate(more, key, who))).toEqual(alone)
        }
      }),
      { numRuns: scaled(250) },
    )
  })

  it('never throws and pollutes nothing, whatever the context holds', () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSparseArray: true,
    })
    fc.assert(
      fc.property(
        environment,
        fc.dictionary(fc.oneof(attributeName, fc.string()), anything),
        (given, attributes) => {
          evaluateAll(compiled(given.flags, given.segments), someone('ada', attributes))
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      ),
      { numRuns: scaled(250) },
    )
  })

  it('takes long and odd texts as they come', () => {
    const split = compiled([
      flag({ defaultStrategy: { id: 'd', strategy: rollout({ a: 50_000, b: 50_000 }) } }),
    ])
    for (const key of ['x'.repeat(1_000_000), '\ud800', '\udc00\ud800', '\u0000', '']) {
      expect(['a', 'b']).toContain(
        evaluate(split, 'flag', someone(key, { long: key, nan: Number.NaN, huge: 1e308 })).variation?.id,
      )
    }
  })
})

describe.each(['percent', 'fine'] as const)('a %s rollout', (allocation) => {
  const share = (percent: number) =>
    compiled([flag({ allocation, defaultStrategy: { id: 'd', strategy: rollout({ b: percent * 1_000 }) } })])

  it('that grows never takes it away from someone who had it', () => {
    const percent = fc.integer({ min: 0, max: 100 })
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), percent, percent, (who, x, y) => {
        const has = (size: number) => evaluate(share(size), 'flag', someone(who)).variation?.id === 'b'
        if (has(Math.min(x, y))) expect(has(Math.max(x, y))).toBe(true)
      }),
      { numRuns },
    )
  })

  it('gives each variation its weight, in a million ids', () => {
    const expected = { a: 30_000, b: 50_000, c: 20_000 }
    const ready = compiled([flag({ allocation, defaultStrategy: { id: 'd', strategy: rollout(expected) } })])
    const counts = { a: 0, b: 0, c: 0 }
    const total = scaled(1_000_000)
    for (let i = 0; i < total; i++)
      counts[evaluate(ready, 'flag', someone(`visitor-${i}`)).variation!.id as 'a']++
    const chiSquare = (['a', 'b', 'c'] as const)
      .map((id) => (total * expected[id]) / 100_000)
      .reduce((sum, mean, i) => sum + (Object.values(counts)[i]! - mean) ** 2 / mean, 0)
    expect(chiSquare).toBeLessThan(13.8) // p = 0.001 at two degrees of freedom; the ids are fixed, so it holds or does not
  })

  it('is independent of another flag’s: who is in one is not likelier to be in the other', () => {
    const two = compiled(
      ['one', 'two'].map((key) =>
        flag({
          key,
          allocation,
          defaultStrategy: { id: `${key}-d`, strategy: rollout({ a: 50_000, b: 50_000 }) },
        }),
      ),
    )
    let both = 0
    const total = scaled(100_000)
    for (let i = 0; i < total; i++) {
      const [one, other] = evaluateAll(two, someone(`visitor-${i}`))
      if (one!.variation!.id === 'a' && other!.variation!.id === 'a') both++
    }
    expect(Math.abs(both / total - 0.25)).toBeLessThan(3.3 * Math.sqrt((0.25 * 0.75) / total))
  })
})
