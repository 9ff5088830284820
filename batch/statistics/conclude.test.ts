import { describe, expect, it } from 'vitest'
import { ExperimentResult } from '../../core/model/experiment-result.ts'
import { ok, refuse } from '../../core/model/problem.ts'
import { conclude, inputHash, type Evidence, type VariationCounts } from './conclude.ts'
import { exactEngine } from './exact.ts'
import type { Engine, FitInput } from './fit.ts'
import { noDamage } from './health.ts'

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
  window: { from: 1_000, to: 2_000 },
  counts: [counts('old', 5000, 250), counts('new', 5000, 330)],
  usersInTwoVariations: 0,
  damage: noDamage,
  now: 3_000,
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
      computedAt: 3_000,
      window: { from: 1_000, to: 2_000 },
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

  it('names a winner although the sample ratio cannot be tested yet', async () => {
    const { verdict, health } = await concluded({
      counts: [counts('old', 900, 20, 999), counts('new', 100, 60, 1)],
    })
    const status = Object.fromEntries(health.checks.map((check) => [check.name, check.status]))
    expect([health.status, status['sample-ratio']]).toEqual(['amber', 'too-early'])
    expect(verdict).toMatchObject({ kind: 'winner', variationId: 'new' })
  })

  it('withholds it if users were in two variations', async () => {
    expect((await concluded({ usersInTwoVariations: 500 })).verdict.kind).toBe('withheld')
  })

  it.each([
    ['no users', [counts('old', 0, 0), counts('new', 0, 0)], 'Variation new has 0 users; 100 are needed.'],
    [
      'no conversions',
      [counts('old', 900, 0), counts('new', 900, 0)],
      'The leader, new, is best with probability 0.500; 0.95 is needed.',
    ],
    ['one variation', [counts('old', 900, 90)], 'There is only one variation.'],
  ])('is undecided about %s', async (_, given, reason) => {
    const result = await concluded({ counts: given })
    expect(result.verdict).toEqual({ kind: 'undecided', reason })
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
        return ok({ engine: { kind: 'exact', method: 'beta-binomial quadrature' }, variations: [] })
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
