import { describe, expect, it } from 'vitest'
import type { EngineReport } from '../../core/model/engine-report.ts'
import { healthOf, noDamage, type HealthFacts } from './health.ts'
import { sampleRatio } from './sample-ratio.ts'

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
const halves = [
  { users: 1000, expectedWeight: 1 },
  { users: 1000, expectedWeight: 1 },
]
const facts = (more: Partial<HealthFacts> = {}): HealthFacts => ({
  cells: halves,
  ratio: sampleRatio([more.cells ?? halves]),
  damage: noDamage,
  usersInTwoVariations: 0,
  engine: sampled(),
  ...more,
})
/** The status of the health and of each check by name. */
function statuses(more?: Partial<HealthFacts>) {
  const { status, checks } = healthOf(facts(more))
  return { health: status, ...Object.fromEntries(checks.map((check) => [check.name, check.status])) }
}
const passed = {
  health: 'green',
  'lake-complete': 'passed',
  'sample-ratio': 'passed',
  'users-in-two-variations': 'passed',
  sampler: 'passed',
}

describe('healthOf', () => {
  it('is green if all checks pass, and each check gives its figures', () => {
    expect(statuses()).toEqual(passed)
    const details = Object.fromEntries(healthOf(facts()).checks.map(({ name, detail }) => [name, detail]))
    expect(details).toEqual({
      'lake-complete': 'All objects of the lake could be read and verified.',
      'sample-ratio': 'The variations got their shares of users: factor 0.71, below 100.',
      'users-in-two-variations': '0 of 2000 users saw more than one variation; 20 are tolerated.',
      sampler:
        'The chains converged: R-hat at most 1.0010 (limit 1.01), effective sample size at least 3000 in ' +
        'the bulk and 2500 in the tails (limit 400), 0 divergences.',
    })
  })

  it('turns red with a sample ratio mismatch', () => {
    const cells = [
      { users: 1000, expectedWeight: 1 },
      { users: 800, expectedWeight: 1 },
    ]
    expect(statuses({ cells })).toEqual({ ...passed, health: 'red', 'sample-ratio': 'failed' })
  })

  it('says of a sample ratio that was off earlier how far it was', () => {
    const ratio = sampleRatio([halves], Math.log(3_000))
    const { status, checks } = healthOf(facts({ ratio }))
    expect([status, checks[1]?.detail]).toEqual([
      'red',
      'The variations did not get their shares of users: factor 3.0e+3 at an earlier look, 0.71 now, where a ' +
        'healthy experiment stays below 100.',
    ])
  })

  it('turns red with more than one percent of users in two variations', () => {
    expect(statuses({ usersInTwoVariations: 20 })).toEqual(passed)
    const failed = { ...passed, health: 'red', 'users-in-two-variations': 'failed' }
    expect(statuses({ usersInTwoVariations: 21 })).toEqual(failed)
  })

  it.each([
    { rhatMax: 1.011 },
    { essBulkMin: 399 },
    { essTailMin: 399 },
    { divergences: 1 },
    { rhatMax: NaN },
  ])('turns red with a sampler of %j', (trouble) => {
    const engine = sampled(trouble)
    expect(statuses({ engine })).toEqual({ ...passed, health: 'red', sampler: 'failed' })
  })

  it('is amber while a check cannot judge yet', () => {
    const few = [
      { users: 40, expectedWeight: 1 },
      { users: 30, expectedWeight: 1 },
    ]
    expect(statuses({ cells: few })).toEqual(passed)
    const nobody = few.map((cell) => ({ ...cell, users: 0 }))
    expect(statuses({ cells: nobody })).toMatchObject({
      health: 'amber',
      'sample-ratio': 'too-early',
      'users-in-two-variations': 'too-early',
    })
  })

  it('is red if one check fails and another cannot judge yet', () => {
    const cells = halves.map((cell) => ({ ...cell, users: 0 }))
    const damage = { ...noDamage, missingObjects: 1 }
    expect(statuses({ cells, damage })).toMatchObject({
      health: 'red',
      'lake-complete': 'failed',
      'sample-ratio': 'too-early',
    })
  })

  it.each([
    [
      { missingObjects: 2, missingRecords: 31 },
      "2 of the lake's objects cannot be read; at least 31 records are",
    ],
    [{ missingObjects: 1, missingRecords: 0 }, "1 of the lake's objects cannot be read; their records are"],
    [{ doubtfulObjects: 3 }, "3 of the lake's objects are counted, but differ from their names."],
  ])('is red if the lake is damaged: %o', (more, detail) => {
    const health = healthOf(facts({ damage: { ...noDamage, ...more } }))
    expect(health.status).toBe('red')
    expect(health.checks[0]).toMatchObject({ name: 'lake-complete', status: 'failed' })
    expect(health.checks[0]?.detail).toContain(detail)
  })

  it('skips checks that do not apply', () => {
    const given = { cells: [{ users: 0, expectedWeight: 1 }], engine: exact }
    expect(statuses(given)).toEqual({
      health: 'green',
      'lake-complete': 'passed',
      'sample-ratio': 'skipped',
      'users-in-two-variations': 'skipped',
      sampler: 'skipped',
    })
    expect(JSON.stringify(healthOf(facts(given)))).not.toMatch(/stan/i)
  })
})
