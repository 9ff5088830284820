// The worlds of values per user: skewed revenue, adjusted means and ratios.
import {
  adjustedEffect,
  meanEffect,
  ratioEffect,
  type AdjustedStatistics,
  type RatioStatistics,
} from '../../batch/statistics/effect.ts'
import { sequenceOf } from '../../batch/statistics/inference.ts'
import { percent, repeat, share, type Table } from './table.ts'

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
