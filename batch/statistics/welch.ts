// The textbook's comparison of two means at one planned look (Welch 1947): each arm with its own variance.
// No verdict uses it, since it is not valid at every look; it is what the decisions are compared with.
import { meanOf, type Statistics } from './effect.ts'
import { studentMarginal } from './marginal.ts'
import { alphaDefault } from '../../core/statistics/levels.ts'

export interface Welch {
  readonly difference: number
  readonly standardError: number
  /** By Welch and Satterthwaite. */
  readonly degreesOfFreedom: number
  readonly t: number
  /** Two-sided. */
  readonly pValue: number
  readonly low: number
  readonly high: number
}

/** Undefined if the arms have no variance, or fewer than two users. */
export function welchTest(baseline: Statistics, arm: Statistics, alpha = alphaDefault): Welch | undefined {
  const [a, b] = [meanOf(baseline), meanOf(arm)]
  if (!a || !b) return undefined
  const [ofA, ofB] = [a.variance / (a.n - 1), b.variance / (b.n - 1)]
  const standardError = Math.sqrt(ofA + ofB)
  if (!(standardError > 0)) return undefined
  const degreesOfFreedom = (ofA + ofB) ** 2 / (ofA ** 2 / (a.n - 1) + ofB ** 2 / (b.n - 1))
  const student = studentMarginal(0, 1, degreesOfFreedom)
  const difference = b.mean - a.mean
  const t = difference / standardError
  const half = student.quantile(1 - alpha / 2) * standardError
  return {
    difference,
    standardError,
    degreesOfFreedom,
    t,
    pValue: 2 * student.cumulative(-Math.abs(t)),
    low: difference - half,
    high: difference + half,
  }
}
