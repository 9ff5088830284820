import { describe, expect, it } from 'vitest'
import { EngineReport } from './engine-report.ts'
import { ExperimentResult, ResultWindow, Verdict } from './experiment-result.ts'

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
  it('has sampler figures for Stan, and none for the closed form', () => {
    expect(EngineReport.parse({ kind: 'cmdstan', ...sampler })).toEqual({ kind: 'cmdstan', ...sampler })
    expect(EngineReport.parse({ kind: 'exact', method: 'beta-binomial quadrature', ...sampler })).toEqual({
      kind: 'exact',
      method: 'beta-binomial quadrature',
    })
  })

  it.each(Object.keys(sampler))('rejects Stan without %s', (missing) => {
    expect(EngineReport.safeParse({ kind: 'stan-native', ...sampler, [missing]: undefined }).success).toBe(
      false,
    )
  })

  it('rejects other engines', () =>
    expect(EngineReport.safeParse({ kind: 'rstan', ...sampler }).success).toBe(false))
})

describe('ExperimentResult', () => {
  it('rejects a window that ends before it starts', () => {
    expect(ResultWindow.safeParse({ from: 2, to: 1 }).success).toBe(false)
    expect(ResultWindow.safeParse({ from: 1, to: 1 }).success).toBe(true)
  })

  it('rejects a winner without probability, and other verdicts without reason', () => {
    expect(Verdict.safeParse({ kind: 'winner', variationId: 'a', expectedLoss: 0 }).success).toBe(false)
    expect(Verdict.safeParse({ kind: 'undecided' }).success).toBe(false)
    expect(Verdict.safeParse({ kind: 'withheld', reason: '' }).success).toBe(false)
  })

  it('rejects an empty result', () => expect(ExperimentResult.safeParse({}).success).toBe(false))
})
