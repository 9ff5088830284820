// The experiments that Stan, the closed form and the committed reference are compared on.
import type { FitInput } from '../../statistics/fit.ts'

type Pairs = readonly (readonly [users: number, conversions: number])[]

const input = (pairs: Pairs, prior = { alpha: 1, beta: 1 }): FitInput => ({
  variations: pairs.map(([users, conversions], k) => ({ variationId: `v${k + 1}`, users, conversions })),
  baselineVariationId: 'v1',
  prior,
  seed: 20_251_121,
})

export const cases: Readonly<Record<string, FitInput>> = {
  'a clear difference': input([
    [1000, 100],
    [1000, 140],
  ]),
  'three alike': input([
    [1000, 100],
    [1000, 110],
    [900, 80],
  ]),
  'nobody of twenty': input([
    [20, 0],
    [20, 3],
  ]),
  'twenty beside ten million': input([
    [10_000_000, 1_000_000],
    [20, 0],
  ]),
  'a rare goal, an informed prior': input(
    [
      [50_000, 40],
      [50_000, 55],
      [50_000, 61],
      [50_000, 38],
    ],
    { alpha: 2, beta: 2000 },
  ),
}
