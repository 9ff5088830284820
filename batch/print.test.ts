import { expect, it } from 'vitest'
import type { ExperimentResult, VariationResult } from '../core/model/experiment-result.ts'
import { toText } from './print.ts'
import type { Operation } from '../core/model/operation.ts'
import { watch } from '../core/model/operation-watch.ts'
import { experiment, killSwitch, startAt } from '../test/support/simulated-shop.ts'

const rate = { mean: 0.0012, sd: 0.0001, q025: 0.001, median: 0.0012, q975: 0.0014 }
const control: VariationResult = {
  variationId: 'control',
  users: 12_345,
  conversions: 15,
  rate,
  probabilityBest: 0.0213,
  probabilityBeatsBaseline: 0,
  expectedLoss: 0.001,
  uplift: null,
}
const green: VariationResult = {
  ...control,
  variationId: 'green-button',
  users: 999,
  rate: { ...rate, mean: 0.1234, q025: 0.101, q975: 0.15 },
  probabilityBest: 0.9787,
  uplift: { mean: null, q025: -0.01, q975: 0.256 },
}
const result: ExperimentResult = {
  goalKey: 'purchase',
  baselineVariationId: 'control',
  computedAt: 0,
  window: { from: 0, to: 90_000_000 },
  inputHash: 'a'.repeat(64),
  prior: { alpha: 1, beta: 1 },
  engine: {
    kind: 'stan-native',
    stanVersion: '2.32.2',
    model: 'conversion',
    modelSha256: 'b'.repeat(64),
    seed: 42,
    chains: 4,
    warmup: 1000,
    draws: 2500,
    rhatMax: 1.00049,
    essBulkMin: 5123.9,
    essTailMin: 4999.9,
    divergences: 0,
    maxTreedepthHits: 0,
  },
  variations: [control, green],
  comparisons: [
    {
      variationId: 'green-button',
      outcome: 'open',
      difference: null,
      relative: { estimate: 0.12, low: -0.01, high: 0.256 },
      cautious: null,
      evidence: 1,
      moreDays: null,
    },
  ],
  health: {
    status: 'amber',
    checks: [
      { name: 'sample-ratio', status: 'too-early', detail: 'Cannot be tested yet.' },
      { name: 'sampler', status: 'passed', detail: 'The chains converged.' },
    ],
  },
  verdict: { kind: 'undecided', reason: 'The leader is not ahead enough.' },
}

it('prints a result as a block', () => {
  const event = {
    kind: 'concluded',
    environmentId: 'demo',
    experiment: experiment(),
    goalKey: 'purchase',
    result,
  } as const
  expect(toText(event).split('\n')).toEqual([
    'demo/button/purchase  1970-01-01 00:00 UTC to 1970-01-02 01:00 UTC, 13 344 users',
    '  variation      users  conversions  rate (95 %)                   P(best)  lift (95 % at all looks)',
    '  control       12 345           15  0.120 % (0.100 % to 0.140 %)    0.021  baseline',
    '  green-button     999           15  12.3 % (10.1 % to 15.0 %)       0.979  ' +
      '+12.0 % (-1.00 % to +25.6 %), open',
    '  prior     Beta(1, 1)',
    '  verdict   undecided: The leader is not ahead enough.',
    '  engine    stan-native 2.32.2, model conversion, seed 42, 4 chains of 2500 draws; ' +
      'R-hat at most 1.0005, ESS at least 5123 (bulk) and 4999 (tails), 0 divergences',
    '  health    amber',
    '            sample-ratio too early: Cannot be tested yet.',
    '            sampler passed: The chains converged.',
    '',
  ])
})

it('prints an operation as a line', () => {
  const row = { minute: startAt / 60_000, users: 100, goalUsers: 40, verifiedUsers: 90, unverifiedUsers: 10 }
  const none = { baselineUsers: 0, baselineGoalUsers: 0, usersOverLimit: 0 }
  const line = (rows: number, changes: Partial<Operation> = {}) => {
    const operation = killSwitch(changes)
    const counted = Array.from({ length: rows }, (_, i) => ({ ...row, ...none, minute: row.minute + i }))
    const looked = watch(operation, counted, startAt + 60_000 * rows)
    const event = { environmentId: 'demo', operation, ...looked }
    return toText(
      looked.facts.evidence
        ? { kind: 'applied', ...event, revision: 9, changed: true }
        : { kind: 'watched', ...event },
    )
  }
  expect(line(0)).toBe(
    'demo/guard: checkout green, 0 of 0 users reached purchase; ' +
      'fires above 50.0 % within 1 h, from 100 users on: not due, 100 users are missing.',
  )
  expect(line(1)).toBe(
    'demo/guard: checkout green, 40 of 100 (40.0 %) users reached purchase, 90 users verified, 10 not; ' +
      'fires above 50.0 % within 1 h, from 100 users on: not due, evidence 0.000050 of 20.',
  )
  const limit = { threshold: 0.1 }
  expect(line(3, limit)).toMatch(/due, flag turned off, revision 9[.]$/)
  expect(line(3, { ...limit, action: { kind: 'notify' } })).toContain(
    'due, told, nothing changed, revision 9.',
  )
  expect(line(3, { ...limit, comparison: 'at-most' })).toContain(', 300 still have time; fires below')
  const beside = { baselineVariationId: 'control', share: 0.5, delayMs: 90_000, minimumUsers: 1 }
  expect(line(1, beside)).toContain('fires 50.0 points above control within 90 s, from 1 users on')
  expect(line(1, { ...beside, share: undefined })).toContain('not watched, because no rollout gives both')
  expect(toText({ kind: 'armed', environmentId: 'demo', operation: killSwitch() })).toBe(
    'demo/guard: armed again, and watches from now on.',
  )
})
