// The worlds of `npm run simulate`: each returns a table of figures with their Monte Carlo errors.
import {
  adjustedEffect,
  meanEffect,
  proportionEffect,
  ratioEffect,
  type AdjustedStatistics,
  type RatioStatistics,
} from '../../batch/statistics/effect.ts'
import { fixedInterval, sequenceOf } from '../../batch/statistics/inference.ts'
import { logFactorsOf, mismatchFactor } from '../../batch/statistics/sample-ratio.ts'
import { grow, rateForPower, usersFor, type World } from './arrivals.ts'
import { alwaysValid, compared, firstNamed, fixedHorizon, methodsFor } from './decisions.ts'
import { randomFrom, shareError, type Random } from './random.ts'

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const percent = (share: number, of: number) =>
  `${(share * 100).toFixed(1)} (${(shareError(share, of) * 100).toFixed(1)})`

const share = (results: readonly boolean[]) => results.filter(Boolean).length / results.length

const repeat = <T>(times: number, seed: number, once: (random: Random) => T): T[] => {
  const random = randomFrom(seed)
  return Array.from({ length: times }, () => once(random))
}

const median = (values: readonly number[]) => values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]

const splits = [
  ['50/50', [0.5, 0.5]],
  ['90/10', [0.9, 0.1]],
] as const
const rates = [0.001, 0.01, 0.05, 0.5]
const methods = Object.keys(methodsFor({ rates: [], shares: [], users: 1, looks: 1 }))

/** How often a winner is named although nothing differs: 280 conversions in all, as looked at each day. */
export function falseWinners(times: number, looks: number): Table {
  const rows = rates.flatMap((rate) =>
    splits.map(([name, shares]) => {
      const world: World = { rates: [rate, rate], shares, users: usersFor(rate, 280), looks }
      const named = repeat(times, 17, (random) => firstNamed(world, random))
      const cells = methods.map((method) =>
        percent(share(named.map((one) => one[method] !== undefined)), times),
      )
      return [`${rate * 100} %, ${name}`, ...cells]
    }),
  )
  return { title: `False winners in %, ${looks} looks`, columns: ['rate, split', ...methods], rows }
}

/** How often a true lift is named, where the fixed test at the planned end has this power. */
export function power(times: number, looks: number): Table {
  const rows = [0.3, 0.8].flatMap((fixed) =>
    [0.01, 0.05].flatMap((rate) =>
      splits.map(([name, shares]) => {
        const users = usersFor(rate, 280)
        const world: World = { rates: [rate, rateForPower(rate, shares, users, fixed)], shares, users, looks }
        const named = repeat(times, 29, (random) => firstNamed(world, random))
        const cells = methods.map((method) => {
          const found = named.flatMap((one) => one[method] ?? [])
          const when = found.length > 0 ? `, ${(median(found)! / looks).toFixed(2)} N` : ''
          return `${percent(found.length / times, times)}${when}`
        })
        return [`${fixed * 100} %: ${rate * 100} %, ${name}`, ...cells]
      }),
    ),
  )
  return { title: `Power in %, and when, ${looks} looks`, columns: ['power: rate, split', ...methods], rows }
}

/** Whether the product's interval holds the truth at all looks, and how wide it is at N. */
export function coverage(times: number): Table {
  const cells = rates.flatMap((rate) => splits.map((split) => [rate, split] as const))
  const rows = cells.map(([rate, [name, shares]]) => {
    const users = usersFor(rate, 400)
    const lifted = rate * 1.1
    const world: World = { rates: [rate, lifted], shares, users, looks: 28 }
    const truth = Math.log(lifted / (1 - lifted)) - Math.log(rate / (1 - rate))
    const widths: number[] = []
    const held = repeat(times, 43, (random) => {
      let isHeld = true
      let last: readonly { users: number; conversions: number }[] = []
      for (const counts of grow(world, random)) {
        last = counts
        const [a, b] = counts as [(typeof counts)[0], (typeof counts)[0]]
        const fewest = ((a.conversions + b.conversions) * Math.min(a.users, b.users)) / (a.users + b.users)
        const effect = proportionEffect(a, b)
        if (effect.kind === 'none' || fewest < 10) continue
        const { low, high } = sequenceOf(effect, { usersPlanned: users })
        if (low > truth || high < truth) isHeld = false
      }
      const effect = proportionEffect(last[0]!, last[1]!)
      if (effect.kind === 'effect') {
        const [wide, narrow] = [sequenceOf(effect, { usersPlanned: users }), fixedInterval(effect)]
        widths.push((wide.high - wide.low) / (narrow.high - narrow.low))
      }
      return isHeld
    })
    return [`${rate * 100} %, ${name}`, percent(share(held), times), median(widths)!.toFixed(3)]
  })
  const columns = ['rate, split', 'covers at all looks, %', 'width at N, of the fixed one']
  return { title: 'The always-valid interval', columns, rows }
}

/** Among winners: whether the interval beside them holds the true lift. */
export function besideWinners(times: number): Table {
  const settings = [
    [0.05, 1.05, 1_000],
    [0.01, 1.2, 1_000],
    [0.05, 1.1, 1_000],
    [0.01, 1.1, 10_000],
  ] as const
  const rows = settings.flatMap(([rate, lift, perDay]) =>
    (['always valid', 'fixed horizon'] as const).map((kind) => {
      const world: World = { rates: [rate, rate * lift], shares: [0.5, 0.5], users: perDay * 28, looks: 28 }
      const decision = kind === 'always valid' ? alwaysValid(world.users) : fixedHorizon
      const winners = repeat(times, 61, (random) => {
        for (const { comparisons } of compared(world, decision, random)) {
          const [one] = comparisons
          if (one?.outcome !== 'better' && one?.outcome !== 'worse') continue
          const { low, high, estimate } = one.relative!
          return { holds: low <= lift - 1 && (high === null || high >= lift - 1), estimate }
        }
        return undefined
      }).filter((winner) => winner !== undefined)
      const holds = share(winners.map(({ holds: isHeld }) => isHeld))
      const shown = winners.reduce((sum, { estimate }) => sum + estimate, 0) / winners.length
      return [
        `${rate * 100} %, +${((lift - 1) * 100).toFixed(0)} %, ${perDay} a day`,
        kind,
        percent(winners.length / times, times),
        winners.length > 0 ? percent(holds, winners.length) : 'none',
        winners.length > 0 ? `+${(shown * 100).toFixed(0)} %` : '',
      ]
    }),
  )
  const columns = ['rate, lift, users', 'decision', 'power, %', 'holds the truth, %', 'mean lift shown']
  return { title: 'The interval beside a winner', columns, rows }
}

/** Three arms, 28 daily looks. */
export function severalArms(times: number): Table {
  const settings = [
    [[0.05, 0.05, 0.05], 1_000],
    [[0.05, 0.06, 0.06], 1_000],
    [[0.05, 0.06, 0.06], 3_000],
    [[0.05, 0.05, 0.06], 3_000],
  ] as const
  const rows = settings.flatMap(([truth, perDay]) =>
    (['always valid', 'fixed horizon'] as const).map((kind) => {
      const users = perDay * 28
      const world: World = { rates: truth, shares: [1 / 3, 1 / 3, 1 / 3], users, looks: 28 }
      const decision = kind === 'always valid' ? alwaysValid(users) : fixedHorizon
      const isGood = new Map([
        ['b', truth[1] > truth[0]],
        ['c', truth[2] > truth[0]],
      ])
      const ends = repeat(times, 71, (random) => {
        const named = new Set<string>()
        for (const { comparisons } of compared(world, decision, random))
          for (const { variationId, outcome } of comparisons)
            if (outcome === 'better' || outcome === 'worse') named.add(variationId)
        const good = [...isGood].filter(([, good]) => good).map(([id]) => id)
        return {
          isFalse: [...named].some((id) => !isGood.get(id)),
          any: good.some((id) => named.has(id)),
          all: good.length > 0 && good.every((id) => named.has(id)),
        }
      })
      return [
        `${truth.map((rate) => rate * 100).join(' / ')} %, ${perDay} a day`,
        kind,
        percent(share(ends.map(({ isFalse }) => isFalse)), times),
        percent(share(ends.map(({ any }) => any)), times),
        percent(share(ends.map(({ all }) => all)), times),
      ]
    }),
  )
  const columns = [
    'truth, users',
    'decision',
    'false winner, %',
    'a better arm named, %',
    'all better arms, %',
  ]
  return { title: 'Several arms', columns, rows }
}

const healthy: readonly (readonly [share: number, users: number])[] = [
  [0.5, 2_000],
  [0.5, 100_000],
  [0.9, 100_000],
  [0.5, 1_000_000],
]

/** Healthy experiments that are ever red under a look every ten minutes for 28 days. */
export function healthySampleRatio(times: number, looks = 4_032, settings = healthy): Table {
  const rows = settings.map(([first, users]) => {
    const red = repeat(times, 83, (random) => everRed(random, first, first, users, looks) !== undefined)
    return [`${first * 100}/${Math.round((1 - first) * 100)}`, String(users), percent(share(red), times)]
  })
  return { title: `Sample ratio, healthy, ${looks} looks`, columns: ['split', 'users', 'ever red, %'], rows }
}

/** The fixed chi-square test at 0.01 needs so many users for a power of 80 %. */
const fixedUsers = { '51/49': 29_197, '50.5/49.5': 116_789, '52/48': 7_299 }

/** Users until a lost share is found, over those of the fixed test of the same level and power. */
export function lostUsers(times: number, truths = Object.keys(fixedUsers), looks = 1_000): Table {
  const rows = truths.map((name) => {
    const fixed = fixedUsers[name as keyof typeof fixedUsers]
    const truth = Number.parseFloat(name) / 100
    const users = fixed * 5
    const found = repeat(times, 97, (random) => everRed(random, 0.5, truth, users, looks) ?? Infinity)
    const at = (quantile: number) => {
      const look = found.toSorted((x, y) => x - y)[Math.floor(quantile * times)]!
      return Math.round((look / looks) * users)
    }
    return [name, String(at(0.5)), String(at(0.8)), String(fixed), (at(0.8) / fixed).toFixed(2)]
  })
  const columns = ['truth of 50/50', 'median users', '80 % found by', 'fixed test at 80 %', 'ratio']
  return { title: 'Sample ratio, users lost', columns, rows }
}

interface Mutable {
  users: number
  expectedWeight: number
}

/** The look at which it turned red; undefined if never. */
function everRed(random: Random, promised: number, truth: number, users: number, looks: number) {
  const cells: [Mutable, Mutable] = [
    { users: 0, expectedWeight: promised },
    { users: 0, expectedWeight: 1 - promised },
  ]
  for (let look = 1; look <= looks; look++) {
    const arrived = random.poisson(users / looks)
    const first = random.binomial(arrived, truth)
    cells[0].users += first
    cells[1].users += arrived - first
    if (logFactorsOf([cells])[0]! >= Math.log(mismatchFactor)) return look
  }
  return undefined
}

/** Two percent pay, log-normal with a sigma of 1.5; the cap is the 99.5 % point of all users' values. */
export function revenue(times: number): Table {
  const [payers, sigma] = [0.02, 1.5]
  const cap = Math.exp(sigma * 0.6744897501960817) // of payers, the 75 % point is that of all users at 99.5 %
  const settings = [
    ['50/50', [0.5, 0.5], 224 / payers],
    ['90/10', [0.9, 0.1], 1_110 / payers],
    ['90/10', [0.9, 0.1], 5_590 / payers],
  ] as const
  const rows = settings.map(([name, shares, users]) => {
    const missed = { capped: 0, raw: 0 }
    repeat(times, 101, (random) => {
      const arms = [0, 1].map(() => ({ n: 0, payers: 0, raw: [0, 0], capped: [0, 0] }))
      const isMissed = { capped: false, raw: false }
      for (let look = 0; look < 28; look++) {
        for (const [k, arm] of arms.entries()) {
          const arrived = random.poisson((users * shares[k]!) / 28)
          const paid = random.binomial(arrived, payers)
          arm.n += arrived
          arm.payers += paid
          for (let i = 0; i < paid; i++) {
            const value = Math.exp(sigma * random.normal())
            arm.raw[0]! += value
            arm.raw[1]! += value ** 2
            arm.capped[0]! += Math.min(value, cap)
            arm.capped[1]! += Math.min(value, cap) ** 2
          }
        }
        if (Math.min(...arms.map((arm) => arm.payers)) < 100) continue
        for (const kind of ['raw', 'capped'] as const) {
          const [a, b] = arms.map((arm) => ({ n: arm.n, sumY: arm[kind][0]!, sumYY: arm[kind][1]! }))
          const effect = meanEffect(a!, b!)
          if (effect.kind === 'none') continue
          if (sequenceOf(effect, { usersPlanned: users }).logFactor >= Math.log(20)) isMissed[kind] = true
        }
      }
      for (const kind of ['raw', 'capped'] as const) if (isMissed[kind]) missed[kind]++
    })
    const smaller = Math.round(users * Math.min(...shares) * payers)
    return [
      `${name}, ${smaller} payers in the smaller arm`,
      percent(missed.raw / times, times),
      percent(missed.capped / times, times),
    ]
  })
  return { title: 'Revenue, no difference: false winners in %', columns: ['split', 'raw', 'capped'], rows }
}

/** CUPED's gain against theory, and whether ratios of sums are covered at all looks. */
export function adjustedAndRatio(times: number): Table {
  const cuped = [0.3, 0.6, 0.8].map((rho) => {
    const gains = repeat(times, 107, (random) => {
      const arm = (): AdjustedStatistics => {
        const sums = { n: 2_000, sumY: 0, sumYY: 0, sumX: 0, sumXX: 0, sumXY: 0 }
        for (let i = 0; i < sums.n; i++) {
          const x = random.normal()
          const y = rho * x + Math.sqrt(1 - rho ** 2) * random.normal()
          sums.sumX += x
          sums.sumXX += x * x
          sums.sumY += y
          sums.sumYY += y * y
          sums.sumXY += x * y
        }
        return sums
      }
      const effect = adjustedEffect(arm(), arm())
      return effect.kind === 'effect' ? effect.gain : NaN
    })
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / times
    const sd = Math.sqrt(gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (times - 1))
    const error = (sd / Math.sqrt(times)).toFixed(4)
    return [`CUPED at rho ${rho}: variance left`, `${mean.toFixed(4)} (${error})`, (1 - rho ** 2).toFixed(4)]
  })
  const missed = repeat(times, 109, (random) => {
    const arms = [0, 1].map(() => ({ n: 0, sumY: 0, sumYY: 0, sumD: 0, sumDD: 0, sumYD: 0 }))
    for (let look = 0; look < 28; look++) {
      for (const arm of arms) {
        for (let i = 0; i < 20; i++) {
          // Users differ in how much they convert, and those who convert more come more often.
          const rate = 0.05 + 0.3 * random.uniform() ** 2
          const sessions = 1 + random.poisson(20 * rate)
          const orders = random.binomial(sessions, rate)
          arm.n += 1
          arm.sumY += orders
          arm.sumYY += orders ** 2
          arm.sumD += sessions
          arm.sumDD += sessions ** 2
          arm.sumYD += orders * sessions
        }
      }
      const effect = ratioEffect(arms[0] as RatioStatistics, arms[1] as RatioStatistics)
      if (arms[0]!.n < 100 || effect.kind === 'none') continue
      if (sequenceOf(effect, { usersPlanned: 28 * 40 }).logFactor >= Math.log(20)) return true
    }
    return false
  })
  const rows = [
    ...cuped,
    ['Orders per session, no difference: false winners, %', percent(share(missed), times), 'at most 5'],
  ]
  return { title: 'Adjusted means and ratios', columns: ['', 'simulated', 'theory'], rows }
}
