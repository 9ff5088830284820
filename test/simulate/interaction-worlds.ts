// The worlds of interactions: two experiments share their users, half of them in each arm of each.
import { interactionOf } from '../../batch/statistics/interaction.ts'
import type { Random } from './random.ts'
import { percent, repeat, share, type Table } from './table.ts'

/** Of the cells: neither arm, the first's, the second's, both. */
export type CellRates = readonly [number, number, number, number]

const none: readonly (readonly [name: string, rates: CellRates])[] = [
  ['1 %, no effects', [0.01, 0.01, 0.01, 0.01]],
  ['10 %, no effects', [0.1, 0.1, 0.1, 0.1]],
  ['50 %, no effects', [0.5, 0.5, 0.5, 0.5]],
  ['10 %, both +20 %, which multiply', [0.1, 0.12, 0.12, 0.144]],
  ['10 %, both +2 points, which add up', [0.1, 0.12, 0.12, 0.14]],
  ['10 %, one +50 %', [0.1, 0.15, 0.1, 0.15]],
]
const planted: typeof none = [
  ['10 %, +10 % alone, +5 % beside the other', [0.1, 0.11, 0.1, 0.105]],
  ['10 %, +10 % alone, none beside the other', [0.1, 0.11, 0.1, 0.1]],
  ['10 %, +10 % alone, -10 % beside the other', [0.1, 0.11, 0.1, 0.09]],
  ['10 %, each +10 %, both -10 %', [0.1, 0.11, 0.11, 0.09]],
  ['2 %, +20 % alone, -20 % beside the other', [0.02, 0.024, 0.02, 0.016]],
]

export interface InteractionWorld {
  readonly rates: CellRates
  /** Of both experiments together, at the end. */
  readonly users: number
  readonly looks: number
}

/** The look at which it is found, as the first pair of an experiment; undefined if never. */
export function foundAt({ rates, users, looks }: InteractionWorld, random: Random): number | undefined {
  const cells = rates.map((_, i) => ({
    variationId: i % 2 === 0 ? 'a' : 'b',
    otherVariationId: i < 2 ? 'a' : 'b',
    users: 0,
    conversions: 0,
  }))
  for (let look = 1; look <= looks; look++) {
    for (const [i, cell] of cells.entries()) {
      const arrived = random.poisson(users / 4 / looks)
      cell.users += arrived
      cell.conversions += random.binomial(arrived, rates[i]!)
    }
    const pair = { experimentId: 'other', baselineVariationId: 'a', place: 1, cells }
    if (interactionOf(pair, 'a').outcome === 'found') return look
  }
  return undefined
}

const sizes = [20_000, 100_000, 400_000]

/** How often one is found at any look, by the users of both experiments at the end. */
export function interactions(times: number, looks = 28): Table {
  const rows = [...none, ...planted].map(([name, rates]) => [
    name,
    ...sizes.map((users) => {
      const found = repeat(times, 131, (random) => foundAt({ rates, users, looks }, random) !== undefined)
      return percent(share(found), times)
    }),
  ])
  const columns = ['world', ...sizes.map((users) => `${users.toLocaleString('en')} users`)]
  return { title: `Interactions found in %, ${looks} looks`, columns, rows }
}
