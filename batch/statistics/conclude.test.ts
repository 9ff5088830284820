import { describe, expect, it } from 'vitest'
import { ExperimentResult } from '../../core/model/experiment-result.ts'
import { ok, refuse } from '../../core/model/problem.ts'
import { conclude, inputHash, type Evidence, type VariationCounts } from './conclude.ts'
import { exactEngine } from './exact.ts'
import type { Engine, FitInput } from './fit.ts'
import { type Rule, ruleOf } from './design.ts'
import { noDamage } from './health.ts'

const dayMs = 86_400_000
const counts = (
  variationId: string,
  users: number,
  conversions: number,
  expectedWeight = 50,
): VariationCounts => ({
  variationId,
  users,
  conversions,
  expectedWeight,
})
const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  goalKey: 'purchase',
  baselineVariationId: 'old',
  window: { from: 0, to: 8 * dayMs },
  counts: [counts('old', 5000, 250), counts('new', 5000, 330)],
  usersInTwoVariations: 0,
  damage: noDamage,
  now: 9 * dayMs,
  seed: 42,
  prior: { alpha: 1, beta: 1 },
  ...more,
})
const concluded = async (more?: Partial<Evidence>) => {
  const result = await conclude(evidence(more), exactEngine)
  if (!result.ok) throw new Error(result.problem.message)
  return result.value
}

describe('conclude', () => {
  it('gives a result of the stored shape, also after a round trip through JSON', async () => {
    const result = await concluded()
    expect(ExperimentResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
    expect(result).toMatchObject({
      goalKey: 'purchase',
      baselineVariationId: 'old',
      computedAt: 9 * dayMs,
      window: { from: 0, to: 8 * dayMs },
      engine: { kind: 'exact' },
      health: { status: 'green' },
      verdict: { kind: 'winner', variationId: 'new' },
    })
    expect(
      result.variations.map(({ variationId, users, conversions }) => [variationId, users, conversions]),
    ).toEqual([
      ['new', 5000, 330],
      ['old', 5000, 250],
    ])
  })

  it('calls the lowest rate best of a goal of which fewer is better', async () => {
    const rule = ruleOf(
      { lowerIsBetter: ['purchase'] },
      'purchase',
      'purchase',
      { from: 0, to: 8 * dayMs },
      8 * dayMs,
    )
    const { verdict, variations } = await concluded({
      rule,
      counts: [counts('old', 5_000, 330), counts('new', 5_000, 250)],
    })
    expect(verdict).toMatchObject({ kind: 'winner', variationId: 'new' })
    expect(verdict).toHaveProperty('probabilityBest', variations[0]!.probabilityBest)
    expect(variations[0]!.probabilityBest).toBeGreaterThan(0.99)
    expect(variations[0]!.expectedLoss).toBeLessThan(1e-4)
  })

  it('does not depend on the order in which variations are counted', async () => {
    expect(await concluded({ counts: evidence().counts.toReversed() })).toEqual(await concluded())
  })

  it('withholds the verdict if the sample ratio is off', async () => {
    const { verdict, health } = await concluded({
      counts: [counts('old', 5000, 250), counts('new', 4000, 330)],
    })
    expect(health.status).toBe('red')
    expect(verdict).toMatchObject({
      kind: 'withheld',
      reason: expect.stringContaining('did not get their shares'),
    })
  })

  it('tests the sample ratio also where few users are expected', async () => {
    const { verdict, health } = await concluded({
      counts: [counts('old', 900, 20, 999), counts('new', 100, 60, 1)],
    })
    expect(health.status).toBe('red')
    expect(verdict.kind).toBe('withheld')
  })

  it('keeps a sample ratio red that once was', async () => {
    const first = await concluded({ counts: [counts('old', 5000, 250), counts('new', 4000, 330)] })
    const later = await concluded({ before: first })
    expect(later.health.status).toBe('red')
    expect(later.sampleRatio?.highestLogFactor).toBe(first.sampleRatio?.highestLogFactor)
    expect((await concluded()).health.status).toBe('green')
  })

  it('names no arm on a damaged lake, and forgets what that seemed to show once it is whole', async () => {
    const decision = {
      kind: 'fixed-horizon',
      alpha: 0.05,
      gamma: 0.95,
      endAt: 28 * dayMs,
      ended: false,
    } as const
    const rule = {
      ...ruleOf({}, 'purchase', 'purchase', { from: 0, to: 0 }, 28 * dayMs),
      decision,
      daysToMinimum: 0,
    }
    const window = { from: 0, to: 20 * dayMs }
    const damage = { missingObjects: 1, missingRecords: 0, doubtfulObjects: 0 }
    const partly = [counts('old', 5000, 250), counts('new', 5000, 400)]
    const first = await concluded({ rule, window, damage, counts: partly })
    expect(first.health.status).toBe('red')
    expect(first.comparisons?.map(({ outcome }) => outcome)).toEqual(['open'])
    const whole = [counts('old', 5000, 400), counts('new', 5000, 400)]
    const later = await concluded({ rule, window, counts: whole, before: first })
    expect(later).toMatchObject({ health: { status: 'green' }, verdict: { kind: 'undecided' } })
  })

  it('keeps it red, whatever was looked at in between', async () => {
    const first = await concluded({ counts: [counts('old', 5000, 250), counts('new', 4000, 330)] })
    const unserved = { ...counts('stray', 30, 0), expectedWeight: 0 }
    const nobody = [counts('old', 0, 0), counts('new', 0, 0)]
    for (const between of [
      [counts('old', 5000, 250), counts('new', 5000, 330), unserved],
      [counts('old', 5000, 250), { ...counts('new', 5000, 330), expectedWeight: 0 }],
      nobody,
    ]) {
      const second = await concluded({ counts: between, before: first })
      expect(second.health.status).toBe('red')
      expect((await concluded({ before: second })).health.status).toBe('red')
    }
  })

  it('tests the sample ratio over all phases, each with its own shares', async () => {
    const cell = (users: number, expectedWeight: number) => ({ users, expectedWeight })
    const phases = [
      [cell(10_320, 1), cell(9_810, 1)],
      [cell(8_150, 8), cell(1_900, 2)],
    ]
    const { health, sampleRatio } = await concluded({ phases })
    expect(sampleRatio?.logFactor).toBeCloseTo(8.004686621375185, 8)
    expect(health.status).toBe('red')
  })

  it('says nothing of an empty arm that looks like a number', async () => {
    const { variations, comparisons, verdict } = await concluded({
      counts: [counts('old', 5000, 250), counts('new', 5000, 330), counts('late', 0, 0, 0)],
    })
    expect(variations.find(({ variationId }) => variationId === 'late')).toEqual({
      variationId: 'late',
      users: 0,
      conversions: 0,
      rate: null,
      probabilityBest: null,
      probabilityBeatsBaseline: null,
      expectedLoss: null,
      uplift: null,
    })
    expect(comparisons).toMatchObject([
      { variationId: 'late', outcome: 'not-measured' },
      { outcome: 'better' },
    ])
    expect(verdict).toMatchObject({ kind: 'winner', variationId: 'new' })
  })

  it.each(['always-valid', 'fixed-horizon'] as const)(
    'says the same (%s) beside a stray user of a variation that has no share',
    async (kind) => {
      const decision: Rule['decision'] =
        kind === 'always-valid'
          ? { kind, alpha: 0.05, usersPlanned: null }
          : { kind, alpha: 0.05, gamma: 0.95, endAt: 8 * dayMs, ended: true }
      const rule: Rule = {
        role: 'primary',
        direction: 'increase',
        equivalence: 0.02,
        daysToMinimum: 0,
        isOver: false,
        decision,
      }
      // Better, worse, practically equal, and better at this level only.
      for (const [users, conversions] of [
        [20_000, 1_300],
        [20_000, 700],
        [9_000_000, 450_200],
        [20_000, 1_095],
      ] as const) {
        const own = [counts('new', users, conversions), counts('old', users, users / 20)]
        const alone = await concluded({ rule, counts: own })
        const stray = { ...counts('stray', 1, 1), expectedWeight: 0 }
        const beside = await concluded({ rule, counts: [...own, stray] })
        expect(beside.verdict).toEqual(alone.verdict)
        expect(beside.sensitivity).toEqual(alone.sensitivity)
        expect(beside.variations.slice(0, 2)).toEqual(alone.variations)
        expect(beside.variations[2]).toMatchObject({ users: 1, conversions: 1, probabilityBest: null })
      }
    },
  )

  it('does not read an experiment whose baseline nobody saw', async () => {
    const { verdict, engine } = await concluded({ counts: [counts('old', 0, 0), counts('new', 30, 3)] })
    expect(verdict).toMatchObject({ kind: 'too-early' })
    expect(engine).toEqual({ kind: 'exact', method: 'nothing to fit' })
  })

  it('names the better one of two winners only if it also beats the other', async () => {
    const three = (c: number) => [
      counts('a', 20_000, 1_000),
      counts('b', 20_000, 1_250),
      counts('c', 20_000, c),
    ]
    const given = (c: number) => concluded({ baselineVariationId: 'a', counts: three(c) })
    expect((await given(1_240)).verdict).toMatchObject({ kind: 'winners', variationIds: ['b', 'c'] })
    expect((await given(1_600)).verdict).toMatchObject({ kind: 'winner', variationId: 'c' })
  })

  it('refuses figures of an engine that are no numbers', async () => {
    const broken: Engine = {
      fit: async (input) => {
        const fit = await exactEngine.fit(input)
        if (!fit.ok) return fit
        return ok({
          ...fit.value,
          variations: fit.value.variations.map((one) => ({ ...one, expectedLoss: NaN })),
        })
      },
    }
    expect(await conclude(evidence(), broken)).toEqual({
      ok: false,
      problem: { code: 'UNAVAILABLE', message: 'The engine gave no finite figures for new.' },
    })
  })

  it('withholds it if users were in two variations', async () => {
    expect((await concluded({ usersInTwoVariations: 500 })).verdict.kind).toBe('withheld')
  })

  it.each([
    [
      'no users',
      [counts('old', 0, 0), counts('new', 0, 0)],
      { kind: 'too-early', reason: 'Do not read it yet. Not measured: old has 0 users; 100 are needed.' },
    ],
    [
      'no conversions',
      [counts('old', 900, 0), counts('new', 900, 0)],
      { kind: 'too-early', reason: 'Do not read it yet. Not measured: nobody converted.' },
    ],
    [
      'one variation',
      [counts('old', 900, 90)],
      { kind: 'undecided', reason: 'There is only one variation.' },
    ],
  ])('says of %s in words that there is nothing to read', async (_, given, verdict) => {
    const result = await concluded({ counts: given })
    expect(result.verdict).toEqual(verdict)
    expect(ExperimentResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result)
  })

  it.each([
    [
      'more conversions than users',
      { counts: [counts('old', 10, 11)] },
      'Variation old has 11 conversions but only 10 users.',
    ],
    ['no variation', { counts: [] }, 'There is no variation to count.'],
    [
      'a baseline that is not there',
      { baselineVariationId: 'gone' },
      'The baseline gone is not among the variations.',
    ],
    [
      'a variation twice',
      { counts: [counts('old', 1, 0), counts('old', 1, 0)] },
      'Variation old is counted twice.',
    ],
    [
      'half a user',
      { counts: [counts('old', 1.5, 0)] },
      'Variation old has counts that are not integers from 0 to 2147483647.',
    ],
    [
      'more users than Stan counts',
      { counts: [counts('old', 2 ** 31, 0)] },
      'Variation old has counts that are not integers from 0 to 2147483647.',
    ],
    [
      'a negative weight',
      { counts: [counts('old', 1, 0, -1)] },
      'Variation old has a weight that is not a number from 0.',
    ],
    ['no prior', { prior: { alpha: 0, beta: 1 } }, 'The prior needs a positive alpha and beta.'],
    ['a fractional seed', { seed: 0.5 }, 'The seed is not an integer from 0 to 4294967295.'],
    [
      'a window that ends before it starts',
      { window: { from: 2, to: 1 } },
      'The window ends before it starts.',
    ],
    ['an uncounted overlap', { usersInTwoVariations: NaN }, 'usersInTwoVariations is not a count.'],
  ] as [string, Partial<Evidence>, string][])('refuses %s in one sentence', async (_, more, message) => {
    expect(await conclude(evidence(more), exactEngine)).toMatchObject({
      ok: false,
      problem: { code: 'INVALID', message },
    })
  })

  it('passes on the refusal of the engine', async () => {
    const broken: Engine = { fit: async () => refuse('UNAVAILABLE', 'No.') }
    expect(await conclude(evidence(), broken)).toEqual({
      ok: false,
      problem: { code: 'UNAVAILABLE', message: 'No.' },
    })
  })

  it('gives the engine the sorted variations, the prior and the seed, and nothing else', async () => {
    const inputs: FitInput[] = []
    const recording: Engine = {
      fit: async (input) => {
        inputs.push(input)
        return exactEngine.fit(input)
      },
    }
    await conclude(evidence(), recording)
    expect(inputs).toEqual([
      {
        variations: [
          { variationId: 'new', users: 5000, conversions: 330 },
          { variationId: 'old', users: 5000, conversions: 250 },
        ],
        baselineVariationId: 'old',
        prior: { alpha: 1, beta: 1 },
        direction: 'increase',
        seed: 42,
      },
    ])
  })
})

describe('inputHash', () => {
  it('depends neither on the order of the variations nor on the time', () => {
    const { counts: given } = evidence()
    expect(inputHash(evidence({ counts: given.toReversed(), now: 9 }))).toBe(inputHash(evidence()))
    // sha256sum of the canonical JSON, computed outside this program
    expect(inputHash(evidence())).toBe('9a4586b908fccbc102df475bdb557ce45cfd349b7d98c405ab7bd59927fd3fd0')
  })

  it.each([
    { seed: 43 },
    { prior: { alpha: 2, beta: 1 } },
    { usersInTwoVariations: 1 },
    { baselineVariationId: 'new' },
    { counts: [counts('old', 5000, 250), counts('new', 5000, 331)] },
  ])('changes with %j', (more) => expect(inputHash(evidence(more))).not.toBe(inputHash(evidence())))
})
