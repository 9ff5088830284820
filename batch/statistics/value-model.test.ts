// What a result says of values per user where the model is not asked, or its answer is not to be used. The
// model itself is tried in batch/stan/hurdle.test.ts.
import { describe, expect, it } from 'vitest'
import type { GoalMetric } from '../../core/model/goal-metric.ts'
import { ok, refuse } from '../../core/model/problem.ts'
import { jeffreysPrior } from '../../core/statistics/prior.ts'
import { randomFrom } from '../../test/simulate/random.ts'
import type { ExactSums } from './exact-sums.ts'
import { addSums, noSums } from './exact-sums.ts'
import type { Engine, ValueInput } from './fit.ts'
import { measureMetric } from './measure-metric.ts'
import { fitValues } from './value-model.ts'

const units = (value: number) => BigInt(Math.round(value * 100)) * 10n ** 7n
/** Of users who all sent the event: some with a value of 0. */
const sumsOf = (values: readonly number[]): ExactSums =>
  values.reduce<ExactSums>((sums, value) => {
    const y = units(value)
    const log = value > 0 ? BigInt(Math.round(Math.log(value) * 1e9)) : 0n
    return addSums(sums, {
      ...noSums,
      users: 1,
      conversions: 1,
      sumY: y,
      sumYY: y * y,
      sumRawY: y,
      sumRawYY: y * y,
      logs: {
        payers: value > 0 ? 1 : 0,
        negatives: value < 0 ? 1 : 0,
        sumLog: log,
        sumLogLog: log * log,
      },
    })
  }, noSums)

const random = randomFrom(3)
const usual = () =>
  Array.from({ length: 200 }, () => (random.uniform() < 0.5 ? 0 : Math.exp(random.normal())))

async function fitted(
  values: { readonly a: readonly number[]; readonly b: readonly number[] },
  ask: Engine['values'],
  definition: GoalMetric = { kind: 'value', priorDays: 0 },
) {
  const byVariation = new Map(Object.entries(values).map(([id, own]) => [id, sumsOf(own)]))
  const counts = Object.keys(values).map((variationId) => ({
    variationId,
    users: 0,
    conversions: 0,
    expectedWeight: 1,
  }))
  const metric = measureMetric({ event: 'bought', definition, byVariation, high: null }, counts)
  const question = { baselineVariationId: 'a', prior: jeffreysPrior, seed: 7 }
  return fitValues(metric, question, 'increase', ask)
}

const never: Engine['values'] = async () => {
  throw new Error('The model was asked.')
}
const methodOf = ({ engine }: Awaited<ReturnType<typeof fitValues>>) =>
  engine.kind === 'exact' ? engine.method : engine.kind
const closed = 'normal posterior from sums, pooled variance'

describe('the closed form stands in', () => {
  const [a, b] = [usual(), usual()]
  it.each([
    ['values below 0', { a, b: [...b, -3, -4] }, 'in b, 2 users have a value below 0'],
    ['nobody who paid', { a, b: b.map(() => 0) }, 'in b, 0 users have a value above 0, and 20 are needed'],
    ['one who paid', { a: [...a.map(() => 0), 5], b }, 'in a, 1 user has a value above 0, and 20 are needed'],
    [
      'one price',
      { a: a.map((value) => (value > 0 ? 1 : 0)), b: b.map((value) => (value > 0 ? 1 : 0)) },
      'in a, all values above 0 are equal',
    ],
  ])('for %s', async (_, values, why) => {
    const fit = await fitted(values, never)
    expect(methodOf(fit)).toBe(`${closed}, because ${why}`)
    expect(fit.model).toBeUndefined()
    expect(fit.variations).toEqual((await fitted(values, undefined)).variations)
  })

  it('where the model failed, or says why not', async () => {
    const failed = await fitted({ a, b }, async () => refuse('UNAVAILABLE', 'Stan was stopped.'))
    expect(methodOf(failed)).toBe(`${closed}, because Stan failed`)
    const odd = await fitted({ a, b }, async () => refuse('INVALID', 'the chains did not converge'))
    expect(methodOf(odd)).toBe(`${closed}, because the chains did not converge`)
  })

  it('without a reason where no model is for it: counts, too few users, no engine', async () => {
    expect(methodOf(await fitted({ a, b }, never, { kind: 'count', priorDays: 0 }))).toBe(closed)
    expect(methodOf(await fitted({ a, b: b.slice(0, 50) }, never))).toBe(closed)
    expect(methodOf(await fitted({ a, b }, undefined))).toBe(closed)
  })
})

it('asks for the sums of those who pay, with the mean that is capped and logarithms that are not', async () => {
  const [a, b] = [usual(), usual()]
  let asked: ValueInput | undefined
  const definition = { kind: 'value', priorDays: 0, cap: 1_000 } as const
  await fitted(
    { a, b },
    async (input) => {
      asked = input
      return refuse('INVALID', 'it is only listened to')
    },
    definition,
  )
  const paid = b.filter((value) => value > 0)
  const logs = paid.map(Math.log)
  const meanLog = logs.reduce((sum, log) => sum + log, 0) / logs.length
  expect(asked).toMatchObject({ cap: 1_000, baselineVariationId: 'a', prior: jeffreysPrior, seed: 7 })
  const [, arm] = asked!.arms
  expect(arm).toMatchObject({ variationId: 'b', users: 200, payers: paid.length })
  expect(arm!.meanLog).toBeCloseTo(meanLog, 6)
  expect(arm!.squaresLog).toBeCloseTo(
    logs.reduce((sum, log) => sum + (log - meanLog) ** 2, 0),
    4,
  )
  const mean = paid.reduce((sum, value) => sum + value, 0) / paid.length
  const variance = paid.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (paid.length - 1)
  expect(arm!.meanValue).toBeCloseTo(mean, 2)
  expect(arm!.meanError).toBeCloseTo(Math.sqrt(variance / paid.length), 3)
})

it('is not believed where its own check says that values are otherwise', async () => {
  const answering =
    (probability: number): NonNullable<Engine['values']> =>
    async ({ arms }) =>
      ok({
        engine: { kind: 'exact', method: 'told' },
        model: {
          prior: { share: jeffreysPrior, logValue: { location: 0, sd: 2, spreadSd: 1.5, spreadMax: 5 } },
          checks: [{ name: 'mean', variationId: 'b', probability }],
        },
        variations: arms.map(({ variationId }) => ({
          variationId,
          posterior: { mean: 1, sd: 1, q025: 0, median: 1, q975: 2 },
          difference: { mean: 0, q025: -1, q975: 1 },
          uplift: { mean: 0, q025: -1, q975: 1 },
          probabilityBest: 0.5,
          probabilityBeatsBaseline: 0.5,
          expectedLoss: 0.1,
        })),
      })
  const values = { a: usual(), b: usual() }
  for (const probability of [0, 0.04, 0.96, 1])
    expect(methodOf(await fitted(values, answering(probability)))).toBe(
      `${closed}, because the values are not spread as log-normal ones`,
    )
  const believed = await fitted(values, answering(0.2))
  expect(methodOf(believed)).toBe('told')
  expect(believed.model!.checks).toHaveLength(1)
  expect(believed.variations[1]).toMatchObject({
    rate: null,
    expectedLoss: 0.1,
    value: { posterior: { mean: 1 }, difference: { mean: 0 } },
  })
})
