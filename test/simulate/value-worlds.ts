// The worlds of values per user: skewed revenue, adjusted means and ratios.
import type { ArmCounts } from '../../batch/statistics/comparison.ts'
import {
  adjust,
  type AdjustedStatistics,
  meanOf,
  type Measure,
  ratioMeasure,
  type Statistics,
} from '../../batch/statistics/effect.ts'
import { welchTest } from '../../batch/statistics/welch.ts'
import { normalCumulative } from '../../core/statistics/normal.ts'
import { type Random, randomFrom } from './random.ts'
import { percent, repeat, share, type Table } from './table.ts'
import { follow, looks, type Way } from './value-looks.ts'

const names = ['a', 'b']
const nothing = { kind: 'none', reason: 'empty-arm' } as const
const toCounts = (
  k: number,
  users: number,
  conversions: number,
  measure: Measure | undefined,
  weight: number,
) => ({
  variationId: names[k]!,
  users,
  conversions,
  expectedWeight: weight,
  measure: measure ?? nothing,
})

const [payers, sigma] = [0.02, 1.5]
/** The 99.5 % point of all users' values: of payers, that is the 75 % point. */
const cap = Math.exp(sigma * 0.6744897501960817)
const meanOfPayer = {
  raw: Math.exp(sigma ** 2 / 2),
  capped:
    Math.exp(sigma ** 2 / 2) * normalCumulative(Math.log(cap) / sigma - sigma) +
    cap * normalCumulative(-Math.log(cap) / sigma),
}

interface Revenue {
  readonly shares: readonly number[]
  readonly users: number
  /** How many more pay in the second arm, relatively. */
  readonly lift: number
}

/** Two percent pay, log-normal with a sigma of 1.5. Yields both arms at each look. */
function* buyers({ shares, users, lift }: Revenue, random: Random) {
  const arms = [0, 1].map(() => ({ n: 0, payers: 0, raw: [0, 0], capped: [0, 0] }))
  for (let look = 0; look < looks; look++) {
    for (const [k, arm] of arms.entries()) {
      const arrived = random.poisson((users * shares[k]!) / looks)
      const paid = random.binomial(arrived, payers * (k === 1 ? 1 + lift : 1))
      arm.n += arrived
      arm.payers += paid
      for (let i = 0; i < paid; i++) {
        const value = Math.exp(sigma * random.normal())
        for (const [sums, y] of [
          [arm.raw, value],
          [arm.capped, Math.min(value, cap)],
        ] as const) {
          sums[0]! += y
          sums[1]! += y ** 2
        }
      }
    }
    yield arms
  }
}

type Kind = 'raw' | 'capped'
type Buyers = ReturnType<typeof buyers> extends Generator<infer T> ? T : never
const statisticsOf = (arms: Buyers, kind: Kind): Statistics[] =>
  arms.map((arm) => ({ n: arm.n, sumY: arm[kind][0]!, sumYY: arm[kind][1]! }))

/** One world: what is named, what is missed, and what the textbook's test says at the end. */
function followRevenue(world: Revenue, kind: Kind, ways: readonly Way[], random: Random) {
  let last: Statistics[] = []
  function* counts(): Generator<ArmCounts[]> {
    for (const arms of buyers(world, random)) {
      last = statisticsOf(arms, kind)
      yield arms.map((arm, k) => toCounts(k, arm.n, arm.payers, meanOf(last[k]!), world.shares[k]!))
    }
  }
  const truth = payers * world.lift * meanOfPayer[kind]
  const followed = follow(counts(), world.users, truth, ways)
  return { ...followed, welch: (welchTest(last[0]!, last[1]!)?.pValue ?? 1) < 0.05 }
}

const settings = [
  ['50/50', [0.5, 0.5], 224 / payers],
  ['90/10', [0.9, 0.1], 1_110 / payers],
  ['90/10', [0.9, 0.1], 5_590 / payers],
] as const
const smaller = (shares: readonly number[], users: number) => Math.round(users * Math.min(...shares) * payers)

/** False winners, raw and capped. */
export function revenue(times: number): Table {
  const ways = ['always valid', 'without a plan', 'fixed horizon'] as const
  const rows = settings.flatMap(([name, shares, users]) =>
    (['raw', 'capped'] as const).map((kind) => {
      const found = repeat(times, 101, (random) =>
        followRevenue({ shares, users, lift: 0 }, kind, ways, random),
      )
      return [
        `${name}, ${smaller(shares, users)} payers in the smaller arm, ${kind}`,
        ...ways.map((way) => percent(share(found.map((one) => one[way].named !== undefined)), times)),
        percent(share(found.map(({ welch }) => welch)), times),
      ]
    }),
  )
  const columns = ['split', ...ways, "Welch's test at N"]
  return { title: 'Revenue, no difference: false winners in %, 28 looks', columns, rows }
}

/** Fifteen percent more pay. */
export function revenueFound(times: number): Table {
  const ways = ['always valid', 'fixed horizon'] as const
  const worlds = [
    ['50/50', [0.5, 0.5], 5_600 / payers, 'raw'],
    ['50/50', [0.5, 0.5], 5_600 / payers, 'capped'],
    ['50/50', [0.5, 0.5], 11_200 / payers, 'capped'],
    ['90/10', [0.9, 0.1], 5_590 / payers, 'capped'],
  ] as const
  const rows = worlds.map(([name, shares, users, kind]) => {
    const found = repeat(times, 103, (random) =>
      followRevenue({ shares, users, lift: 0.15 }, kind, ways, random),
    )
    const told = (isSo: (one: (typeof found)[number]) => boolean) => percent(share(found.map(isSo)), times)
    return [
      `${name}, ${smaller(shares, users)} payers in the smaller arm, ${kind}`,
      ...ways.map((way) => told((one) => one[way].named === 'better')),
      told(({ welch }) => welch),
      told((one) => !one['always valid'].missed),
      told((one) => !one['fixed horizon'].missed),
    ]
  })
  const columns = [
    'split',
    'found, always valid',
    'found, fixed horizon',
    "Welch's test at N",
    'sequence covers at all looks',
    'repeated interval covers',
  ]
  return { title: 'Revenue, 15 % more payers, in %', columns, rows }
}

/** What a user did before, and after. */
type Draw = (random: Random) => readonly [before: number, after: number]

/** Normal values with a correlation of rho. */
const normals =
  (rho: number): Draw =>
  (random) => {
    const x = random.normal()
    return [5 + x, 5 + rho * x + Math.sqrt(1 - rho ** 2) * random.normal()]
  }

/** Who likes it buys more often and more: many zeros, and log-normal values with a cap. */
const buyersWithTaste =
  (loyalty: number): Draw =>
  (random) => {
    const taste = random.normal()
    const spend = () =>
      random.uniform() > normalCumulative(loyalty * taste - 0.3)
        ? 0
        : Math.min(Math.exp(3), Math.exp(loyalty * taste + 0.5 * random.normal()))
    return [spend(), spend()]
  }

function* returning(users: number, shares: readonly number[], draw: Draw, random: Random) {
  const arms = [0, 1].map(() => ({ n: 0, reached: 0, sumY: 0, sumYY: 0, sumX: 0, sumXX: 0, sumXY: 0 }))
  for (let look = 0; look < looks; look++) {
    for (const [k, arm] of arms.entries()) {
      for (let left = random.poisson((users * shares[k]!) / looks); left > 0; left--) {
        const [x, y] = draw(random)
        arm.n++
        if (y !== 0) arm.reached++
        arm.sumY += y
        arm.sumYY += y * y
        arm.sumX += x
        arm.sumXX += x * x
        arm.sumXY += x * y
      }
    }
    yield arms
  }
}

/** 1 - rho^2 of many users who are in no experiment. */
function varianceLeft(draw: Draw): number {
  let last: AdjustedStatistics[] = []
  for (const arms of returning(200_000, [1, 1], draw, randomFrom(211))) last = arms
  return 1 - (adjust(last)?.rhoSquared ?? NaN)
}

/** CUPED's gain against theory, and false winners with the theta of each look. */
export function adjusted(times: number): Table {
  const worlds = [
    ['normal, ρ 0.3', normals(0.3), [0.5, 0.5], 1 - 0.09],
    ['normal, ρ 0.6', normals(0.6), [0.5, 0.5], 1 - 0.36],
    ['normal, ρ 0.8', normals(0.8), [0.5, 0.5], 1 - 0.64],
    ['buyers with some loyalty', buyersWithTaste(0.5), [0.5, 0.5], undefined],
    ['buyers with much loyalty', buyersWithTaste(1.5), [0.5, 0.5], undefined],
    ['buyers with some loyalty', buyersWithTaste(0.5), [0.9, 0.1], undefined],
    ['buyers with much loyalty', buyersWithTaste(1.5), [0.9, 0.1], undefined],
  ] as const
  const rows = worlds.map(([name, draw, shares, theory]) => {
    const users = 4_000
    const found = repeat(times, 107, (random) => {
      let gain = NaN
      function* counts(): Generator<ArmCounts[]> {
        for (const arms of returning(users, shares, draw, random)) {
          const adjustment = adjust(arms as AdjustedStatistics[])
          gain = adjustment?.gain ?? NaN
          yield arms.map((arm, k) => toCounts(k, arm.n, arm.reached, adjustment?.arms[k], shares[k]!))
        }
      }
      return { ...follow(counts(), users, 0, ['always valid', 'fixed horizon']), gain }
    })
    const named = (way: Way) => percent(share(found.map((one) => one[way].named !== undefined)), times)
    return [
      `${name}, ${shares.map((one) => one * 100).join('/')}`,
      meanWithError(found.map(({ gain }) => gain)),
      (theory ?? varianceLeft(draw)).toFixed(3),
      named('always valid'),
      named('fixed horizon'),
    ]
  })
  const columns = ['world', 'variance left', 'theory, 1 - ρ²', 'always valid', 'fixed horizon']
  return { title: 'Means adjusted by what users did before: gain, and false winners in %', columns, rows }
}

function meanWithError(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
  return `${mean.toFixed(4)} (${(sd / Math.sqrt(values.length)).toFixed(4)})`
}

/** Ratios of sums: users who convert more come more often, and some spend very much. */
function* visitors(users: number, shares: readonly number[], isRevenue: boolean, random: Random) {
  const arms = [0, 1].map(() => ({ n: 0, reached: 0, sumY: 0, sumYY: 0, sumD: 0, sumDD: 0, sumYD: 0 }))
  for (let look = 0; look < looks; look++) {
    for (const [k, arm] of arms.entries()) {
      for (let left = random.poisson((users * shares[k]!) / looks); left > 0; left--) {
        const rate = 0.05 + 0.3 * random.uniform() ** 2
        const sessions = 1 + random.poisson(20 * rate)
        const orders = random.binomial(sessions, rate)
        let y = isRevenue ? 0 : orders
        if (isRevenue) for (let i = 0; i < orders; i++) y += Math.min(20, Math.exp(1.2 * random.normal()))
        arm.n++
        if (orders > 0) arm.reached++
        arm.sumY += y
        arm.sumYY += y * y
        arm.sumD += sessions
        arm.sumDD += sessions ** 2
        arm.sumYD += y * sessions
      }
    }
    yield arms
  }
}

export function ratios(times: number): Table {
  const worlds = [
    ['orders per session, 50/50', [0.5, 0.5], 1_120, false],
    ['orders per session, 90/10', [0.9, 0.1], 5_600, false],
    ['revenue per session, capped, 90/10', [0.9, 0.1], 5_600, true],
  ] as const
  const rows = worlds.map(([name, shares, users, isRevenue]) => {
    const found = repeat(times, 109, (random) => {
      function* counts(): Generator<ArmCounts[]> {
        for (const arms of visitors(users, shares, isRevenue, random))
          yield arms.map((arm, k) => toCounts(k, arm.n, arm.reached, ratioMeasure(arm), shares[k]!))
      }
      return follow(counts(), users, 0, ['always valid', 'fixed horizon'])
    })
    const told = (way: Way) => percent(share(found.map((one) => one[way].named !== undefined)), times)
    const covers = percent(share(found.map((one) => !one['always valid'].missed)), times)
    return [name, told('always valid'), told('fixed horizon'), covers]
  })
  const columns = ['ratio', 'always valid', 'fixed horizon', 'sequence covers at all looks']
  return { title: 'Ratios with users as units, no difference: false winners in %', columns, rows }
}
