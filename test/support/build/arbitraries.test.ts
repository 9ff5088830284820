// The generators cover the model: nothing that it allows is missing from the property tests.
import { describe, expect, it } from 'vitest'
import fc from './fast-check.ts'
import { textOperators } from '../../../core/model/clause.ts'
import { operators } from '../../../core/model/vocabulary.ts'
import { Allocation, Strategy } from '../../../core/model/flag.ts'
import { flagTypes } from '../../../core/model/value.ts'
import { type Feature, clauseOperators } from '../../../workers/protocols/bucketeer/feature.ts'
import { clauseWith, context, environment, flagKeys, segmentKeys } from './arbitraries.ts'
import { featureList } from './bucketeer-features.ts'
import { flag, rule, segment, snapshotOf } from './flags.ts'
import { referenceEvaluate } from './reference-evaluator.ts'

const seed = 1
const numRuns = 300
const environments = fc.sample(environment, { seed, numRuns })
const flags = environments.flatMap((each) => each.flags)
const flagClauses = flags.flatMap(({ rules }) => rules.flatMap(({ anyOf }) => anyOf.flat()))
const segmentClauses = environments.flatMap(({ segments }) => segments.flatMap(({ anyOf }) => anyOf.flat()))

/** Compares distinct values, in any order. */
const expectAll = (generated: readonly string[], all: readonly string[]) =>
  expect([...new Set(generated)].toSorted()).toEqual([...all].toSorted())

describe('random environments', () => {
  it('contain every operator of the model', () =>
    expectAll(
      flagClauses.map(({ operator }) => operator),
      operators,
    ))

  it('contain every operator that a segment may have in segments', () =>
    expectAll(
      segmentClauses.map(({ operator }) => operator),
      operators.filter((operator) => operator !== 'flag-is'),
    ))

  it('ignore case with every operator that may do so', () =>
    expectAll(
      flagClauses.filter(({ ignoreCase }) => ignoreCase).map(({ operator }) => operator),
      [...textOperators],
    ))

  it('contain every flag type, allocation and kind of strategy', () => {
    expectAll(
      flags.map(({ type }) => type),
      flagTypes,
    )
    expectAll(
      flags.map(({ allocation }) => allocation),
      Allocation.options,
    )
    expectAll(
      flags.map(({ defaultStrategy }) => defaultStrategy.strategy.kind),
      Strategy.options.map(({ shape }) => shape.kind.value),
    )
  })
})

describe('random clauses', () => {
  const segments = segmentKeys.map((key) => segment({ key, included: ['a', '5'] }))
  it.each(operators)('with %s match some contexts and not others', (operator) => {
    const clauses = fc.sample(clauseWith(operator), { seed, numRuns })
    const contexts = fc.sample(context, { seed, numRuns })
    const reasons = clauses.map((clause, i) => {
      const subject = flag({ key: 'subject', rules: [rule([clause])] })
      const snapshot = snapshotOf([subject, ...flagKeys.map((key) => flag({ key }))], segments)
      return referenceEvaluate(snapshot, 'subject', contexts[i]!).reason
    })
    expectAll(reasons, ['TARGETING_MATCH', 'DEFAULT'])
  })
})

describe('random Bucketeer features', () => {
  it('contain every operator of Bucketeer', () => {
    const features = fc.sample(featureList, { seed, numRuns }).flatMap((list) => list.features)
    const rules = features.flatMap((each) => (each as unknown as Feature).rules)
    expectAll(
      rules.flatMap(({ clauses }) => clauses.map(({ operator }) => operator)),
      clauseOperators,
    )
  })
})
