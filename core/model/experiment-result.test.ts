import { describe, expect, it } from 'vitest'
import { EngineReport, ExperimentResult, ResultWindow, Verdict } from './experiment-result.ts'

const sampler = {
  stanVersion: '2.32.2',
  model: 'conversion',
  modelSha256: 'a'.repeat(64),
  seed: 7,
  chains: 4,
  warmup: 1000,
  draws: 1000,
  rhatMax: 1.001,
  essBulkMin: 3000,
  essTailMin: 2800,
  divergences: 0,
  maxTreedepthHits: 0,
}

describe('EngineReport', () => {
  it('tells Stan in all its figures from the closed form, which has none', () => {
    expect(EngineReport.parse({ kind: 'cmdstan', ...sampler })).toEqual({ kind: 'cmdstan', ...sampler })
    expect(EngineReport.parse({ kind: 'exact', method: 'beta-binomial quadrature', ...sampler })).toEqual({
      kind: 'exact',
      method: 'beta-binomial quadrature',
    })
  })

  it.each(Object.keys(sampler))('does not take Stan without %s', (missing) => {
    expect(EngineReport.safeParse({ kind: 'stan-native', ...sampler, [missing]: undefined }).success).toBe(
      false,
    )
  })

  it('knows no other engine', () =>
    expect(EngineReport.safeParse({ kind: 'rstan', ...sampler }).success).toBe(false))
})

describe('ExperimentResult', () => {
  it('refuses a window that ends before it starts', () => {
    expect(ResultWindow.safeParse({ from: 2, to: 1 }).success).toBe(false)
    expect(ResultWindow.safeParse({ from: 1, to: 1 }).success).toBe(true)
  })

  it('refuses a winner without its probability, and a silence without its reason', () => {
    expect(Verdict.safeParse({ kind: 'winner', variationId: 'a', expectedLoss: 0 }).success).toBe(false)
    expect(Verdict.safeParse({ kind: 'undecided' }).success).toBe(false)
    expect(Verdict.safeParse({ kind: 'withheld', reason: '' }).success).toBe(false)
  })

  it('refuses a result about nothing', () => expect(ExperimentResult.safeParse({}).success).toBe(false))
})
