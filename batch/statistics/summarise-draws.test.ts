import { describe, expect, it } from 'vitest'
import type { FitInput } from './fit.ts'
import { examineChains, summariseDraws, type ChainColumns } from './summarise-draws.ts'

const input = (conversions = 3): FitInput => ({
  variations: [
    { variationId: 'old', users: 10, conversions },
    { variationId: 'new', users: 10, conversions: 4 },
  ],
  baselineVariationId: 'old',
  prior: { alpha: 1, beta: 1 },
  seed: 1,
})
const chain = (columns: Record<string, number[]>): ChainColumns =>
  new Map(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)]))
const chains = [
  chain({
    'p.1': [0.1, 0.2], 'p.2': [0.3, 0.1], 'is_best.1': [0, 1], 'is_best.2': [1, 0],
    'beats_baseline.1': [0, 0], 'beats_baseline.2': [1, 0], 'loss.1': [0.2, 0], 'loss.2': [0, 0.1],
    'uplift.1': [0, 0], 'uplift.2': [2, -0.5],
  }),
  chain({
    'p.1': [0.1, 0.2], 'p.2': [0.2, 0.4], 'is_best.1': [0, 0], 'is_best.2': [1, 1],
    'beats_baseline.1': [0, 0], 'beats_baseline.2': [1, 1], 'loss.1': [0.1, 0.2], 'loss.2': [0, 0],
    'uplift.1': [0, 0], 'uplift.2': [1, 1],
  }),
] // prettier-ignore

describe('summariseDraws', () => {
  it('pools the chains', () => {
    const [old, fresh] = summariseDraws(chains, input())
    expect(old).toEqual({
      variationId: 'old',
      rate: {
        mean: expect.closeTo(0.15, 15),
        sd: expect.closeTo(Math.sqrt(0.01 / 3), 15),
        q025: expect.closeTo(0.1, 15),
        median: expect.closeTo(0.15, 15),
        q975: expect.closeTo(0.2, 15),
      },
      probabilityBest: 0.25,
      probabilityBeatsBaseline: 0,
      expectedLoss: 0.125,
      uplift: null,
    })
    expect(fresh).toMatchObject({
      probabilityBest: 0.75,
      probabilityBeatsBaseline: 0.75,
      expectedLoss: 0.025,
    })
    expect(fresh!.uplift).toEqual({
      mean: 0.875,
      q025: expect.closeTo(-0.3875, 12),
      q975: expect.closeTo(1.925, 12),
    })
  })

  it('ranks the lowest first of a goal of which fewer is better', () => {
    const [old, fresh] = summariseDraws(chains, { ...input(), direction: 'decrease' })
    const upward = summariseDraws(chains, input())
    expect(old).toEqual({
      ...upward[0],
      probabilityBest: 0.75,
      probabilityBeatsBaseline: 0,
      expectedLoss: expect.closeTo(0.025, 15),
    })
    expect(fresh).toEqual({
      ...upward[1],
      probabilityBest: 0.25,
      probabilityBeatsBaseline: 0.25,
      expectedLoss: expect.closeTo(0.125, 15),
    })
  })

  it('gives no mean uplift if the true one is infinite', () => {
    expect(summariseDraws(chains, input(0))[1]!.uplift!.mean).toBeNull()
  })
})

describe('examineChains', () => {
  const wave = (phase: number) => Array.from({ length: 200 }, (_, i) => Math.sin(phase + i * i))
  const sampled = (phase: number, more: Record<string, number[]> = {}) =>
    chain({
      lp__: wave(phase),
      'p.1': wave(phase + 1),
      'p.2': wave(phase + 2),
      divergent__: wave(0).map(() => 0),
      treedepth__: wave(0).map((_, i) => (i < 3 ? 10 : 4)),
      ...more,
    })

  it('counts treedepth hits and finds no other problem', () => {
    const figures = examineChains([sampled(1), sampled(2)], ['p.1', 'p.2'], 10)
    expect(figures).toMatchObject({ divergences: 0, maxTreedepthHits: 6 })
    expect(figures.rhatMax).toBeLessThan(1.02)
    expect(figures.essBulkMin).toBeGreaterThan(200)
  })

  it('reports the worst parameter, including the log density', () => {
    const moved = { lp__: wave(2).map((x) => x + 2) }
    const figures = examineChains([sampled(1), sampled(2, moved)], ['p.1', 'p.2'], 10)
    expect(figures.rhatMax).toBeGreaterThan(1.1)
    expect(figures.essBulkMin).toBeLessThan(100)
  })

  it('counts divergences over all chains', () => {
    const divergent = { divergent__: wave(0).map((_, i) => (i === 7 ? 1 : 0)) }
    expect(
      examineChains([sampled(1, divergent), sampled(2, divergent)], ['p.1', 'p.2'], 10).divergences,
    ).toBe(2)
  })
})
