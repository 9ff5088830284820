// Laws of evaluation: properties that hold for every environment and context. TEST_SCALE=10 runs more cases.
import { describe, expect, it } from 'vitest'
import fc from '../../test/support/build/fast-check.ts'
import {
  attributeName,
  clauseWith,
  context,
  environment,
  flagKeys,
  segmentKeys,
} from '../../test/support/build/arbitraries.ts'
import {
  compiled,
  flag,
  rollout,
  rule,
  segment,
  snapshotOf,
  someone,
} from '../../test/support/build/flags.ts'
import { referenceEvaluate, referenceValue } from '../../test/support/build/reference-evaluator.ts'
import { scaled } from '../../test/support/build/scale.ts'
import { operators } from '../model/vocabulary.ts'
import { Allocation } from '../model/flag.ts'
import { compile } from './compile.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import type { Evaluation } from './evaluation.ts'
import { explain } from './explain.ts'

const numRuns = scaled(1_000)

const outcomeOf = ({ reason, variation, error, cause }: Evaluation) => ({
  reason: error ? `ERROR ${error.code}` : reason,
  variationId: variation?.id,
  ...('ruleId' in cause && { ruleId: cause.ruleId }),
})

describe('evaluation', () => {
  it('agrees with the reference evaluator', () => {
    fc.assert(
      fc.property(environment, context, (given, user) => {
        const snapshot = snapshotOf(given.flags, given.segments)
        const subject = compile(snapshot)
        for (const each of snapshot.flags.filter(({ archived }) => !archived)) {
          const evaluation = evaluate(subject, each.key, user)
          expect(outcomeOf(evaluation)).toEqual(referenceEvaluate(snapshot, each.key, user))
          const { variation } = evaluation
          if (variation) expect(variation.typed).toEqual(referenceValue(each, variation.id))
        }
      }),
      { numRuns },
    )
  })

  it.each(operators)('of a clause with %s agrees with the reference evaluator', (operator) => {
    const others = flagKeys.map((key) => flag({ key }))
    const segments = segmentKeys.map((key) => segment({ key, included: ['a', '5'] }))
    fc.assert(
      fc.property(clauseWith(operator), context, (clause, user) => {
        const snapshot = snapshotOf([flag({ rules: [rule([clause])] }), ...others], segments)
        expect(outcomeOf(evaluate(compile(snapshot), 'flag', user))).toEqual(
          referenceEvaluate(snapshot, 'flag', user),
        )
      }),
      { numRuns: scaled(300) },
    )
  })

  it('agrees with its explanation in matched rule, variation and reason', () => {
    fc.assert(
      fc.property(environment, context, (given, user) => {
        const subject = compile(snapshotOf(given.flags, given.segments))
        for (const { flag: each, constant } of subject.flags) {
          if (each.archived || constant?.reason === 'ERROR') continue
          const {
            evaluation,
            rules,
            rollout: split,
            isTargeted,
            prerequisites,
          } = explain(subject, each.key, user)!
          expect(evaluation).toBe(evaluate(subject, each.key, user))
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

  it('gives the same for all flags at once as for each alone', () => {
    fc.assert(
      fc.property(environment, context, fc.constantFrom(undefined, 'web'), (given, user, tag) => {
        const snapshot = snapshotOf(given.flags, given.segments)
        const subject = compile(snapshot)
        const live = subject.flags.filter(
          (each) => !each.flag.archived && (tag === undefined || each.flag.tags.includes(tag)),
        )
        const all = evaluateAll(subject, user, tag)
        expect(all).toEqual(live.map((each) => evaluate(subject, each.flag.key, user)))
        // One by one in reverse order, with a snapshot whose flags are not prepared yet.
        const unprepared = compile(snapshot)
        const alone = live.toReversed().map((each) => evaluate(unprepared, each.flag.key, user))
        expect(alone.toReversed()).toEqual(all)
        expect(evaluateAll(unprepared, user, tag)).toEqual(all)
      }),
      { numRuns },
    )
  })

  it('depends neither on the order of flags nor on unrelated flags', () => {
    fc.assert(
      fc.property(environment, context, (given, user) => {
        const all = compiled(given.flags, given.segments)
        const reversed = compiled(given.flags.toReversed(), given.segments.toReversed())
        const more = compiled([...given.flags, flag({ key: 'extra' })], given.segments)
        for (const { key } of given.flags) {
          const outcome = outcomeOf(evaluate(all, key, user))
          expect(outcomeOf(evaluate(reversed, key, user))).toEqual(outcome)
          expect(outcomeOf(evaluate(more, key, user))).toEqual(outcome)
        }
      }),
      { numRuns: scaled(250) },
    )
  })

  it('neither throws nor pollutes prototypes, whatever the context contains', () => {
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

  it('accepts targeting keys that are very long, empty or ill-formed', () => {
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

describe.each(Allocation.options)('a rollout with %s allocation', (allocation) => {
  const share = (percent: number) =>
    compiled([flag({ allocation, defaultStrategy: { id: 'd', strategy: rollout({ b: percent * 1_000 }) } })])

  it('that grows never takes the variation from a user who had it', () => {
    const percent = fc.integer({ min: 0, max: 100 })
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), percent, percent, (key, x, y) => {
        const has = (size: number) => evaluate(share(size), 'flag', someone(key)).variation?.id === 'b'
        if (has(Math.min(x, y))) expect(has(Math.max(x, y))).toBe(true)
      }),
      { numRuns },
    )
  })

  it('gives each variation its weight among a million ids', () => {
    const expected = { a: 30_000, b: 50_000, c: 20_000 }
    const subject = compiled([
      flag({ allocation, defaultStrategy: { id: 'd', strategy: rollout(expected) } }),
    ])
    const counts = { a: 0, b: 0, c: 0 }
    const total = scaled(1_000_000)
    for (let i = 0; i < total; i++)
      counts[evaluate(subject, 'flag', someone(`visitor-${i}`)).variation!.id as 'a']++
    const chiSquare = (['a', 'b', 'c'] as const)
      .map((id) => (total * expected[id]) / 100_000)
      .reduce((sum, mean, i) => sum + (Object.values(counts)[i]! - mean) ** 2 / mean, 0)
    expect(chiSquare).toBeLessThan(13.8) // p = 0.001 with two degrees of freedom; the ids are fixed
  })

  it('is independent of the rollout of another flag', () => {
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
      const [first, second] = evaluateAll(two, someone(`visitor-${i}`))
      if (first!.variation!.id === 'a' && second!.variation!.id === 'a') both++
    }
    expect(Math.abs(both / total - 0.25)).toBeLessThan(3.3 * Math.sqrt((0.25 * 0.75) / total))
  })
})
