import { describe, expect, it } from 'vitest'
import { fixed, flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { compile } from './compile.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { explain } from './explain.ts'
import { Flag } from '../model/flag.ts'
import { coversEverybody, sliceBucket } from './slice.ts'

const low = flag({ key: 'low', slices: [{ from: 0, to: 50 }] })
const high = flag({ key: 'high', slices: [{ from: 50, to: 100 }] })
const edges = flag({
  key: 'edges',
  slices: [
    { from: 0, to: 10 },
    { from: 90, to: 100 },
  ],
})
const snapshot = compile(snapshotOf([low, high, edges]))
const servedTo = (targetingKey: string) =>
  evaluateAll(snapshot, { targetingKey, attributes: {} })
    .filter(({ variation }) => variation)
    .map(({ flagKey }) => flagKey)

describe('slices', () => {
  it('use the same buckets as AB Tasty’s servers', () => {
    expect(['123', 'alice', 'bob'].map(sliceBucket)).toEqual([71, 5, 94])
    expect(servedTo('123')).toEqual(['high'])
    expect(servedTo('alice').toSorted()).toEqual(['edges', 'low'])
    expect(servedTo('bob').toSorted()).toEqual(['edges', 'high'])
  })

  it('that are disjoint and complete give each user exactly one flag', () => {
    for (let i = 0; i < 5_000; i++) {
      const met = servedTo(`user-${i}`).filter((key) => key !== 'edges')
      expect(met).toHaveLength(1)
    }
  })

  it('give users outside no variation, with the slice as cause', () => {
    const context = { targetingKey: '123', attributes: {} }
    expect(evaluate(snapshot, 'low', context)).toMatchObject({
      reason: 'SPLIT',
      cause: { kind: 'slice' },
      variation: undefined,
      error: undefined,
    })
    expect(explain(snapshot, 'low', context)).toMatchObject({
      slice: { place: 71, isIn: false },
      rollout: undefined,
    })
    expect(explain(snapshot, 'high', context)).toMatchObject({ slice: { place: 71, isIn: true } })
  })

  it('come after individual targets, and before rules', () => {
    const targeted = flag({
      key: 'low',
      slices: low.slices,
      targets: [{ variationId: 'b', targetingKeys: ['bob'] }],
    })
    const compiled = compile(snapshotOf([targeted]))
    expect(evaluate(compiled, 'low', { targetingKey: 'bob', attributes: {} }).variation?.id).toBe('b')
    expect(evaluate(compiled, 'low', { targetingKey: '123', attributes: {} }).variation).toBeUndefined()
  })

  it('need a targeting key, whatever the strategy', () => {
    for (const strategy of [fixed('a'), rollout({ a: 100_000 })]) {
      const compiled = compile(snapshotOf([{ ...low, defaultStrategy: { id: 'd', strategy } }]))
      const answer = evaluate(compiled, 'low', { targetingKey: undefined, attributes: {} })
      expect(answer.error?.code).toBe('TARGETING_KEY_MISSING')
    }
  })

  it('are whole percents with from below to', () => {
    const invalid = [
      { from: 0, to: 0 },
      { from: 60, to: 50 },
      { from: 0.5, to: 1 },
      { from: -1, to: 5 },
      { from: 0, to: 101 },
    ]
    for (const slice of invalid) expect(Flag.safeParse({ ...low, slices: [slice] }).success).toBe(false)
    expect(Flag.safeParse(low).success).toBe(true)
    expect(
      coversEverybody([
        { from: 50, to: 100 },
        { from: 0, to: 50 },
      ]),
    ).toBe(true)
    expect(coversEverybody([{ from: 0, to: 99 }])).toBe(false)
  })
})
