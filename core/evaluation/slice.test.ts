import { describe, expect, it } from 'vitest'
import { fixed, flag, rollout, snapshotOf } from '../../test/support/build/flags.ts'
import { compile } from './compile.ts'
import { evaluate, evaluateAll } from './evaluate.ts'
import { explain } from './explain.ts'
import { Flag } from '../model/flag.ts'
import { isEverybody, sliceBucket } from './slice.ts'

const low = flag({ key: 'low', slices: [{ from: 0, to: 50 }] })
const high = flag({ key: 'high', slices: [{ from: 50, to: 100 }] })
const edges = flag({
  key: 'edges',
  slices: [
    { from: 0, to: 10 },
    { from: 90, to: 100 },
  ],
})
const ready = compile(snapshotOf([low, high, edges]))
const metBy = (targetingKey: string) =>
  evaluateAll(ready, { targetingKey, attributes: {} })
    .filter(({ variation }) => variation)
    .map(({ flagKey }) => flagKey)

describe('slices', () => {
  it('cut as AB Tasty’s servers do', () => {
    expect(['123', 'alice', 'bob'].map(sliceBucket)).toEqual([71, 5, 94])
    expect(metBy('123')).toEqual(['high'])
    expect(metBy('alice').toSorted()).toEqual(['edges', 'low'])
    expect(metBy('bob').toSorted()).toEqual(['edges', 'high'])
  })

  it('that exclude each other share no user, and together leave nobody out', () => {
    for (let i = 0; i < 5_000; i++) {
      const met = metBy(`user-${i}`).filter((key) => key !== 'edges')
      expect(met).toHaveLength(1)
    }
  })

  it('give whoever is outside no variation, and say so', () => {
    const context = { targetingKey: '123', attributes: {} }
    expect(evaluate(ready, 'low', context)).toMatchObject({
      reason: 'SPLIT',
      cause: { kind: 'slice' },
      variation: undefined,
      error: undefined,
    })
    expect(explain(ready, 'low', context)).toMatchObject({
      slice: { place: 71, isIn: false },
      rollout: undefined,
    })
    expect(explain(ready, 'high', context)).toMatchObject({ slice: { place: 71, isIn: true } })
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

  it('need a targeting key', () => {
    for (const strategy of [fixed('a'), rollout({ a: 100_000 })]) {
      const compiled = compile(snapshotOf([{ ...low, defaultStrategy: { id: 'd', strategy } }]))
      const answer = evaluate(compiled, 'low', { targetingKey: undefined, attributes: {} })
      expect(answer.error?.code).toBe('TARGETING_KEY_MISSING')
    }
  })

  it('are whole percents, in order', () => {
    const codes = [
      { from: 0, to: 0 },
      { from: 60, to: 50 },
      { from: 0.5, to: 1 },
      { from: -1, to: 5 },
      { from: 0, to: 101 },
    ]
    for (const slice of codes) expect(Flag.safeParse({ ...low, slices: [slice] }).success).toBe(false)
    expect(Flag.safeParse(low).success).toBe(true)
    expect(
      isEverybody([
        { from: 50, to: 100 },
        { from: 0, to: 50 },
      ]),
    ).toBe(true)
    expect(isEverybody([{ from: 0, to: 99 }])).toBe(false)
  })
})
