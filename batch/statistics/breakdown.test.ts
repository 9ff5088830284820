// Segments by an engine: what is asked of it, and what stands in where it fails. The closed form is held by
// partial-pooling.test.ts, real Stan by batch/stan/models.test.ts.
import { expect, it } from 'vitest'
import { ok, refuse } from '../../core/model/problem.ts'
import { breakdownsBy, breakdownsOf } from './breakdown.ts'
import type { PoolInput } from './fit.ts'

const cell = (attribute: string, value: string | null, variationId: string, users: number) => ({
  attribute,
  value,
  variationId,
  users,
  conversions: Math.floor(users / 10),
})
const counts = [
  cell('plan', 'free', 'on', 300),
  cell('plan', 'free', 'off', 200),
  cell('plan', 'pro', 'off', 1_000),
  cell('plan', null, 'off', 40),
  cell('plan', null, 'on', 50),
]

it('are asked of the engine with the baseline first, and nobody where there is nobody', async () => {
  const asked: PoolInput[] = []
  const effect = { mean: 0.1, low: 0, high: 0.2 }
  const [breakdown] = await breakdownsBy(
    (input) => {
      asked.push(input)
      const arm = { effects: [effect, effect, { mean: 0, low: -1, high: 1 }], spread: { median: 1, q95: 2 } }
      return Promise.resolve(ok({ engine: { kind: 'exact' as const, method: 'told' }, arms: [arm] }))
    },
    counts,
    'off',
    5,
  )
  expect(asked).toEqual([
    {
      attribute: 'plan',
      users: [
        [1_000, 0],
        [200, 300],
        [40, 50],
      ],
      conversions: [
        [100, 0],
        [20, 30],
        [4, 5],
      ],
      seed: 5,
    },
  ])
  expect(breakdown!.engine).toEqual({ kind: 'exact', method: 'told' })
  expect(breakdown!.segments.map(({ value, comparisons }) => [value, comparisons.length])).toEqual([
    ['pro', 0],
    ['free', 1],
    [null, 1],
  ])
  expect(breakdown!.segments[2]!.comparisons[0]!.pooled.estimate).toBe(0)
  expect(breakdown!.spread).toEqual([{ variationId: 'on', median: 1, q95: 2 }])
})

it.each([
  ['UNAVAILABLE', 'because Stan failed'],
  ['INVALID', 'because the chains of Stan did not converge'],
] as const)('are in closed form where the engine answers %s, and say why', async (code, why) => {
  const [closed] = breakdownsOf(counts, 'off')
  const failing = () => Promise.resolve(refuse(code, 'As it is.'))
  expect(await breakdownsBy(failing, counts, 'off', 5)).toEqual([
    { ...closed, engine: { kind: 'exact', method: `normal hierarchical model by quadrature, ${why}` } },
  ])
})

it('are in closed form below three segments, and say why', async () => {
  const never = () => Promise.reject(new Error('asked'))
  const two = counts.filter(({ value }) => value !== 'pro')
  const [closed] = breakdownsOf(two, 'off')
  const method = 'normal hierarchical model by quadrature, because there are fewer than 3 segments'
  expect(await breakdownsBy(never, two, 'off', 5)).toEqual([{ ...closed, engine: { kind: 'exact', method } }])
})

it('are not asked where no arm can be compared', async () => {
  const never = () => Promise.reject(new Error('asked'))
  const alone = [cell('plan', 'pro', 'off', 1_000)]
  expect(await breakdownsBy(never, alone, 'off', 5)).toEqual(breakdownsOf(alone, 'off'))
})
