// Guardrails: whether each arm is shown to make a goal worse by no more than a margin (non-inferiority), at
// every look. An arm is shipped only if all its guardrails are kept, so a wrong one needs one false claim
// among them, and no correction for their number (Schultzberg and others, arXiv:2402.11609).
import type { GuardrailReport, Margin } from '../../core/model/guardrail.ts'
import { alphaDefault } from '../../core/statistics/levels.ts'
import { factorOf, tuningOf } from './compare.ts'
import { type ArmCounts, isServed } from './comparison.ts'
import { rateOf } from './conversion-pair.ts'
import { daysUntil } from './days-until.ts'
import { type Effect, type Measure, pooledVariance } from './effect.ts'
import type { Direction } from './fit.ts'
import { nonInferiorityAtAllLooks, type NonInferiorityAtAllLooks, type Tuning } from './inference.ts'
import { expectedLift, expectedOf, ratioBound } from './measure-pair.ts'
import { closedByMeans } from './multiplicity.ts'
import { hasMeasures, unreadable } from './pair.ts'
import { guardUnreached } from './unreached-guardrail.ts'
import { percent, signed } from './words.ts'

export interface GuardrailInput {
  readonly goalKey: string
  readonly margin: Margin
  /** How many guardrails the experiment has: a false claim that one is broken has so many occasions. */
  readonly guardrails: number
  readonly counts: readonly ArmCounts[]
  readonly baselineVariationId: string
  readonly direction: Direction
  /** In all variations together; null if nobody planned. */
  readonly usersPlanned: number | null
  /** Epoch milliseconds: what was counted. */
  readonly window: { readonly from: number; readonly to: number }
}

/** How much better an arm is, on a scale where being worse by the margin is `-margin`. */
interface Guarded {
  readonly effect: Effect
  readonly margin: number
  /** Without a plan, the standard deviation of effects to expect. */
  readonly expectedEffect: number
  /** In the unit of the margin. */
  readonly estimate: number
  /** The worst change that so many standard errors leave open. */
  readonly worst: (errors: number) => number | undefined
}

interface Judged extends NonInferiorityAtAllLooks {
  readonly guarded: Guarded
  readonly tunings: { readonly kept: Tuning; readonly broken: Tuning }
}

/** One for each variation that has a share, but the baseline, in the order of the counts. */
export function guardArms(given: GuardrailInput, alpha = alphaDefault): GuardrailReport[] {
  const { baselineVariationId, goalKey, margin, guardrails } = given
  const isBaseline = ({ variationId }: ArmCounts) => variationId === baselineVariationId
  const input = { ...given, counts: given.counts.filter((one) => isBaseline(one) || isServed(one)) }
  const baseline = input.counts.find(isBaseline)
  const arms = input.counts.filter((one) => !isBaseline(one))
  const readings = arms.map((arm) => (baseline ? judge(baseline, arm, input, alpha) : 'it has no baseline'))
  const judged = readings.filter((reading) => typeof reading !== 'string')
  const kept = closedByMeans(judged.map((one) => factorOf(one.kept)))
  const broken = closedByMeans(judged.map((one) => factorOf(one.broken)))
  return arms.map((arm, k) => {
    const reading = readings[k]!
    const { variationId } = arm
    if (typeof reading === 'string')
      return (
        (baseline && guardUnreached(baseline, arm, input, alpha)) ??
        unmeasured(goalKey, variationId, margin, reading)
      )
    const i = judged.indexOf(reading)
    const outcome =
      kept[i]! >= 1 / alpha ? 'kept' : broken[i]! >= guardrails / alpha ? 'broken' : ('open' as const)
    const { estimate, worst } = reading.guarded
    const change = { estimate, worst: finiteOrNull(worst(reading.errors)) }
    return {
      goalKey,
      variationId,
      outcome,
      margin,
      ...change,
      moreDays: outcome === 'open' ? moreDays(reading, input, alpha) : null,
      reason: sentence(goalKey, variationId, margin, input.direction, outcome, change),
    }
  })
}

export function unmeasured(
  goalKey: string,
  variationId: string,
  margin: Margin,
  why: string,
): GuardrailReport {
  const nothing = { estimate: null, worst: null, moreDays: null }
  const reason = `${goalKey} is not measured for ${variationId}: ${why}.`
  return { goalKey, variationId, outcome: 'not-measured', margin, ...nothing, reason }
}

function judge(baseline: ArmCounts, arm: ArmCounts, input: GuardrailInput, alpha: number): Judged | string {
  const why = unreadable(baseline, arm, { kind: 'always-valid' })
  if (why !== undefined) return why
  const { margin, direction, counts, usersPlanned } = input
  const sign = direction === 'increase' ? 1 : -1
  const guarded = hasMeasures(baseline, arm)
    ? guardedMeans(baseline, arm, margin, sign)
    : guardedRates(baseline, arm, margin, sign)
  if (guarded === undefined) return `the mean of ${baseline.variationId} is not above 0, so no share of it is`
  const tunedTo = (effect: number) => tuningOf(baseline, arm, counts, usersPlanned, effect)
  const tunings = { kept: tunedTo(guarded.margin), broken: tunedTo(guarded.expectedEffect) }
  const found = nonInferiorityAtAllLooks(guarded.effect, guarded.margin, tunings, alpha)
  return { ...found, guarded, tunings }
}

/**
 * A relative margin of rates is one of the logarithm of their ratio, whose variance takes in that of the
 * baseline (with half a conversion on each side: Walter 1975; Pettigrew, Gart and Thomas 1986).
 */
function guardedRates(baseline: ArmCounts, arm: ArmCounts, margin: Margin, sign: 1 | -1): Guarded {
  const [a, b] = [rateOf(baseline), rateOf(arm)]
  const n = baseline.users + arm.users
  if ('relative' in margin) {
    const ratio = Math.log(b / a)
    const varianceOf = ({ conversions, users }: ArmCounts) => 1 / (conversions + 0.5) - 1 / (users + 1)
    const variance = varianceOf(baseline) + varianceOf(arm)
    return {
      effect: { kind: 'effect', estimate: sign * ratio, variance, n, scale: 'relative' },
      margin: Math.abs(Math.log1p(-sign * margin.relative)),
      expectedEffect: expectedLift,
      estimate: Math.expm1(ratio),
      worst: (errors) => Math.expm1(ratio - sign * errors * Math.sqrt(variance)),
    }
  }
  const varianceOf = (rate: number, { users }: ArmCounts) => (rate * (1 - rate)) / (users + 1)
  const variance = varianceOf(a, baseline) + varianceOf(b, arm)
  return absolute({ difference: b - a, variance, n, expectedEffect: expectedLift * a }, margin.absolute, sign)
}

/** With the pooled variance, and a relative margin by Fieller's theorem (1954): mB - (1 - margin) mA. */
function guardedMeans(
  baseline: ArmCounts,
  arm: ArmCounts,
  margin: Margin,
  sign: 1 | -1,
): Guarded | undefined {
  const [a, b] = [baseline.measure as Measure, arm.measure as Measure]
  const spread = pooledVariance(a, b)
  const n = baseline.users + arm.users
  if ('absolute' in margin)
    return absolute(
      {
        difference: b.mean - a.mean,
        variance: spread / a.n + spread / b.n,
        n,
        expectedEffect: expectedOf(a.mean, spread),
      },
      margin.absolute,
      sign,
    )
  if (!(a.mean > 0)) return undefined
  const factor = 1 - sign * margin.relative
  const variance = spread / b.n + (factor ** 2 * spread) / a.n
  // On this scale a margin is what of the baseline's mean it leaves open.
  const tolerated = margin.relative * a.mean
  return {
    effect: {
      kind: 'effect',
      estimate: sign * (b.mean - factor * a.mean) - tolerated,
      variance,
      n,
      scale: 'difference',
    },
    margin: tolerated,
    expectedEffect: expectedOf(a.mean, spread),
    estimate: b.mean / a.mean - 1,
    worst: (errors) => {
      const bound = ratioBound(errors, -sign as 1 | -1, a.mean, b.mean, spread / a.n, spread / b.n)
      return bound === undefined ? undefined : bound - 1
    },
  }
}

interface Difference {
  readonly difference: number
  readonly variance: number
  readonly n: number
  readonly expectedEffect: number
}

const absolute = (
  { difference, variance, n, expectedEffect }: Difference,
  margin: number,
  sign: 1 | -1,
): Guarded => ({
  effect: { kind: 'effect', estimate: sign * difference, variance, n, scale: 'difference' },
  margin,
  expectedEffect,
  estimate: difference,
  worst: (errors) => difference - sign * errors * Math.sqrt(variance),
})

/** Until it is likely shown to be kept, if what was seen goes on; null if not within a year. */
function moreDays(
  { guarded: { effect, margin }, tunings }: Judged,
  { window, counts }: GuardrailInput,
  alpha: number,
): number | null {
  const arms = counts.length - 1
  return daysUntil(window, (times) => {
    const later = { ...effect, variance: effect.variance / times, n: effect.n * times }
    return nonInferiorityAtAllLooks(later, margin, tunings, alpha).kept >= Math.log(arms / alpha)
  })
}

function sentence(
  goalKey: string,
  variationId: string,
  margin: Margin,
  direction: Direction,
  outcome: 'kept' | 'broken' | 'open',
  { estimate, worst }: Pick<GuardrailReport, 'worst'> & { readonly estimate: number },
): string {
  const by = 'relative' in margin ? signed : plus
  const tolerated = 'relative' in margin ? percent(margin.relative) : String(margin.absolute)
  const at = `${by(estimate)}${worst === null ? '' : `, at worst ${by(worst)}`}`
  const allowed = `up to ${tolerated} ${direction === 'increase' ? 'less' : 'more'} is tolerated`
  if (outcome === 'kept') return `${variationId} keeps ${goalKey} (${at}; ${allowed}).`
  if (outcome === 'broken') return `${variationId} breaks ${goalKey} (${at}; ${allowed}).`
  return `${variationId} is not yet shown to keep ${goalKey} (${at}; ${allowed}).`
}

const plus = (value: number) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(3))}`
const finiteOrNull = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? value : null
