// How many users it takes to show that a guardrail holds where nothing differs.
import { mixtureRatio } from './levels.ts'
import { normalCumulative, quantileOfNormal } from './normal.ts'

export interface PlannedGuardrail {
  /** The baseline's. */
  readonly rate: number
  readonly margin: { readonly relative: number } | { readonly absolute: number }
  readonly direction: 'increase' | 'decrease'
  /** Of the variations, the baseline's first. */
  readonly shares: readonly number[]
  readonly power: number
  readonly alpha: number
}

/**
 * In all variations together, by the pair that has the fewest. One look where the half-normal mixture is
 * tuned; looks before it find some earlier, so it is an upper figure.
 */
export function usersForMargin({ rate, margin, direction, shares, power, alpha }: PlannedGuardrail): number {
  const [baseline = 0, ...arms] = shares
  const total = shares.reduce((sum, share) => sum + share, 0)
  const least = Math.min(...arms)
  const perUser = total / baseline + total / least
  const isRelative = 'relative' in margin
  const sign = direction === 'increase' ? -1 : 1
  const tolerated = isRelative ? Math.abs(Math.log1p(sign * margin.relative)) : margin.absolute
  const variance = isRelative ? (1 - rate) / rate : rate * (1 - rate)
  const errors = errorsNeeded(arms.length / alpha, mixtureRatio(alpha)) + quantileOfNormal(power)
  return Math.ceil((errors ** 2 * variance * perUser) / tolerated ** 2)
}

/** At which z the mixture's 2 / sqrt(1 + R) exp(x^2 / 2) Phi(x), x = z sqrt(R / (1 + R)), is so much. */
function errorsNeeded(factor: number, ratio: number): number {
  const at = (x: number) =>
    Math.log(2) - Math.log1p(ratio) / 2 + (x * x) / 2 + Math.log(normalCumulative(x)) - Math.log(factor)
  let [low, high] = [0, 40]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (at(middle) < 0) low = middle
    else high = middle
  }
  return high * Math.sqrt((1 + ratio) / ratio)
}
