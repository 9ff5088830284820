// Guardrails of an experiment: what they may be, that they are locked, and that no result ships past them.
import { describe, expect, it } from 'vitest'
import { flag, rollout } from '../../test/support/build/flags.ts'
import { emptyState, type EnvironmentState, withWrites } from '../model/environment-state.ts'
import { roleOf } from '../model/experiment.ts'
import { resultProblems } from '../model/result-problems.ts'
import type { StoredResult } from '../model/stored-result.ts'
import { change } from './change.ts'
import { Command } from './command.ts'
import { checkSubject, configurationChecks } from './experiment-checks.ts'

const noon = 86_400_000_000
const there = withWrites(emptyState(), [
  {
    kind: 'flag',
    id: 'f',
    value: flag({
      key: 'f',
      enabled: true,
      variations: ['a', 'b'].map((id) => ({ id, name: id, description: '', value: `value ${id}` })),
      defaultStrategy: { id: 'rd', strategy: rollout({ a: 50_000, b: 50_000 }) },
    }),
  },
  ...['buy', 'refund', 'speed'].map((key) => {
    const value = { key, name: '', event: key, version: 1, createdAt: 0, updatedAt: 0 }
    return { kind: 'goal', id: key, value } as const
  }),
])

function step(state: EnvironmentState, command: object, more: object = {}) {
  const made = change(state, Command.parse(command), { now: noon, newId: () => 'new', ...more })
  return made.ok
    ? { state: withWrites(state, made.value.writes), refusal: undefined }
    : { state, refusal: JSON.stringify(made.problem) }
}
const made = (design: object, more: object = {}) =>
  step(there, {
    kind: 'create-experiment',
    experiment: {
      id: 'x',
      flagKey: 'f',
      goalKeys: ['buy', 'refund', 'speed'],
      baselineVariationId: 'a',
      design,
      ...more,
    },
  })
const guarding = (...keys: string[]) => ({
  guardrails: keys.map((goalKey) => ({ goalKey, margin: { relative: 0.02 } })),
})
const edit = (changes: object) => ({ kind: 'update-experiment', id: 'x', changes })

describe('a guardrail', () => {
  it.each([
    ['names a goal of the experiment', guarding('other'), 'no goal of the experiment'],
    ['is not the primary goal', guarding('buy'), 'the primary goal, which decides'],
    ['is listed once', guarding('refund', 'refund'), 'listed twice'],
  ])('%s', (_, design, message) => {
    expect(made(design).refusal).toContain(message)
  })

  it.each([{ relative: 0 }, { relative: 1 }, { absolute: -1 }, { relative: 0.1, absolute: 1 }, {}])(
    'has a margin, and not %j',
    (margin) => {
      const command = {
        kind: 'create-experiment',
        experiment: {
          flagKey: 'f',
          goalKeys: ['buy', 'refund'],
          design: { guardrails: [{ goalKey: 'refund', margin }] },
        },
      }
      expect(Command.safeParse(command).success).toBe(false)
    },
  )

  it('is locked while the experiment runs, with its goal', () => {
    const { state } = made(guarding('refund'))
    expect(step(state, edit({ design: guarding('speed') })).refusal).toContain('design can no longer change')
    for (const more of [{}, { experiment: 'new-phase' }])
      expect(step(state, edit({ goalKeys: ['buy', 'speed'] }), more).refusal).toContain('design.guardrails.0')
    expect(step(state, edit({ goalKeys: ['buy', 'refund'] })).refusal).toBeUndefined()
  })

  it('has a role of its own, but in an A/A test', () => {
    const roles = (design: object) => ['buy', 'refund', 'speed'].map((key) => roleOf(design, key, 'buy'))
    expect(roles(guarding('refund'))).toEqual(['primary', 'guardrail', 'secondary'])
    expect(roles({ ...guarding('refund'), aa: true })).toEqual(['primary', 'secondary', 'secondary'])
  })

  it.each([
    [guarding('refund'), { status: 'pass', detail: expect.stringContaining('refund (margin 2 %)') }],
    [{}, { status: 'warn', detail: expect.stringContaining('refund, speed would show') }],
    [{ aa: true }, { status: 'pass' }],
  ])('is asked for before the start: %j', (design, expected) => {
    const experiment = made({ ...design, aa: undefined }).state.experiment.get('x')!
    const subject = checkSubject(there, { ...experiment, design }, noon)
    expect(configurationChecks(subject).find(({ name }) => name === 'guardrails')).toMatchObject(expected)
  })

  it('lets no result ship an arm past it', () => {
    const shipping = (outcome?: string) =>
      resultProblems(
        {
          goalKey: 'buy',
          baselineVariationId: 'a',
          computedAt: 1,
          window: { from: 0, to: 1 },
          prior: { alpha: 1, beta: 1 },
          health: { status: 'green', checks: [] },
          variations: ['a', 'b'].map((variationId) => ({
            variationId,
            users: 100,
            conversions: 10,
            rate: { mean: 0.1, sd: 0.01, q025: 0.08, median: 0.1, q975: 0.12 },
            probabilityBest: 0.5,
            probabilityBeatsBaseline: 0.5,
            expectedLoss: 0,
            uplift: null,
          })),
          verdict: { kind: 'winner', variationId: 'b', probabilityBest: 0.5, expectedLoss: 0 },
          ...(outcome && { guardrails: [{ goalKey: 'refund', variationId: 'b', outcome }] }),
        } as unknown as StoredResult,
        { goalKeys: ['buy', 'refund'], baselineVariationId: 'a', design: guarding('refund') },
      ).map(({ message }) => message)
    expect(shipping('kept')).toEqual([])
    for (const outcome of ['open', 'broken', 'not-measured', undefined])
      expect(shipping(outcome)).toEqual(['names b, which is not shown to keep the guardrail refund'])
  })
})
