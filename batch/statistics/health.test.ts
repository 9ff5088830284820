import { describe, expect, it } from 'vitest'
import type { EngineReport } from '../../core/model/experiment-result.ts'
import { healthOf, type HealthFacts } from './health.ts'

const exact: EngineReport = { kind: 'exact', method: 'beta-binomial quadrature' }
const sampled = (more: Partial<Extract<EngineReport, { kind: 'stan-native' }>> = {}): EngineReport => ({
  kind: 'stan-native',
  stanVersion: '2.32.2',
  model: 'conversion',
  modelSha256: '0'.repeat(64),
  seed: 1,
  chains: 4,
  warmup: 1000,
  draws: 1000,
  rhatMax: 1.001,
  essBulkMin: 3000,
  essTailMin: 2500,
  divergences: 0,
  maxTreedepthHits: 0,
  ...more,
})
const facts = (more: Partial<HealthFacts> = {}): HealthFacts => ({
  cells: [
    { users: 1000, expectedWeight: 1 },
    { users: 1000, expectedWeight: 1 },
  ],
  usersInTwoVariations: 0,
  engine: sampled(),
  ...more,
})
const statuses = (more?: Partial<HealthFacts>) => healthOf(facts(more)).checks.map(({ status }) => status)

describe('healthOf', () => {
  it('is green when all is well, and gives its figures', () => {
    const health = healthOf(facts())
    expect(health.status).toBe('green')
    expect(health.checks.map(({ detail }) => detail)).toEqual([
      'The variations got their shares of users: chi-square 0.00 with 1 degrees of freedom, p = 1.0.',
      '0 of 2000 users saw more than one variation; 20 are tolerated.',
      'The chains converged: R-hat at most 1.0010 (limit 1.01), effective sample size at least 3000 in the bulk and 2500 in the tails (limit 400), 0 divergences.',
    ])
  })

  it('turns red with a mismatched sample ratio', () => {
    const lopsided = [
      { users: 1000, expectedWeight: 1 },
      { users: 800, expectedWeight: 1 },
    ]
    expect(healthOf(facts({ cells: lopsided })).status).toBe('red')
    expect(statuses({ cells: lopsided })).toEqual(['failed', 'passed', 'passed'])
  })

  it('turns red with more than one percent of users in two variations', () => {
    expect(statuses({ usersInTwoVariations: 20 })).toEqual(['passed', 'passed', 'passed'])
    expect(statuses({ usersInTwoVariations: 21 })).toEqual(['passed', 'failed', 'passed'])
    expect(healthOf(facts({ usersInTwoVariations: 21 })).status).toBe('red')
  })

  it.each([
    { rhatMax: 1.011 },
    { essBulkMin: 399 },
    { essTailMin: 399 },
    { divergences: 1 },
    { rhatMax: NaN },
  ])('turns red with a sampler of %j', (trouble) => {
    expect(statuses({ engine: sampled(trouble) })).toEqual(['passed', 'passed', 'failed'])
    expect(healthOf(facts({ engine: sampled(trouble) })).status).toBe('red')
  })

  it('skips what cannot be asked', () => {
    const health = healthOf(facts({ cells: [{ users: 0, expectedWeight: 1 }], engine: exact }))
    expect(health.status).toBe('green')
    expect(health.checks.map(({ status }) => status)).toEqual(['skipped', 'skipped', 'skipped'])
    expect(JSON.stringify(health)).not.toMatch(/stan/i)
  })
})
