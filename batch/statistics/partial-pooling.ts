// Partial pooling of one effect in several segments: each is drawn towards their mean, the more the less it
// tells by itself and the less they differ. The normal hierarchical model (Gelman and others, Bayesian Data
// Analysis, 5.4): y_s ~ N(theta_s, v_s), theta_s ~ N(mu, tau^2), mu flat, tau ~ half-normal(0.3). Given tau
// everything is normal; tau is integrated by quadrature.
import { normalCumulative, quantileOfNormal } from '../../core/statistics/normal.ts'
import { crossing } from './root.ts'

export interface SegmentEffect {
  readonly estimate: number
  readonly variance: number
}

export interface PooledEffect {
  readonly mean: number
  readonly low: number
  readonly high: number
}

export interface PooledEffects {
  /** In the order of the input, with their 95 % intervals. */
  readonly effects: readonly PooledEffect[]
  readonly spread: { readonly median: number; readonly q95: number }
}

/** Of tau, for log odds ratios: effects of segments mostly differ by less than a third. */
const spreadScale = 0.3
/** Each has the same probability a priori. */
const nodes = 400
/** Weights below it change no digit that anybody reads. */
const negligible = 1e-12

interface Component {
  readonly weight: number
  readonly tau: number
  /** Of mu. */
  readonly mean: number
  readonly variance: number
}

/** Needs at least one segment, and finite, positive variances. */
export function poolEffects(segments: readonly SegmentEffect[]): PooledEffects {
  const components = componentsOf(segments)
  return {
    effects: segments.map((segment) => summarise(components.map((each) => given(each, segment)))),
    spread: { median: spreadAt(components, 0.5), q95: spreadAt(components, 0.95) },
  }
}

function componentsOf(segments: readonly SegmentEffect[]): Component[] {
  const found = Array.from({ length: nodes }, (_, k) => {
    const tau = spreadScale * quantileOfNormal((1 + (k + 0.5) / nodes) / 2)
    const precisions = segments.map(({ variance }) => 1 / (variance + tau * tau))
    const total = precisions.reduce((sum, precision) => sum + precision, 0)
    const mean = segments.reduce((sum, { estimate }, i) => sum + precisions[i]! * estimate, 0) / total
    const logDensity = segments.reduce(
      (sum, { estimate }, i) =>
        sum + (Math.log(precisions[i]!) - precisions[i]! * (estimate - mean) ** 2) / 2,
      -Math.log(total) / 2,
    )
    return { tau, mean, variance: 1 / total, logDensity }
  })
  const highest = Math.max(...found.map(({ logDensity }) => logDensity))
  const masses = found.map(({ logDensity }) => Math.exp(logDensity - highest))
  const sum = masses.reduce((total, mass) => total + mass, 0)
  return found
    .map(({ tau, mean, variance }, k) => ({ tau, mean, variance, weight: masses[k]! / sum }))
    .filter(({ weight }) => weight > negligible)
}

/** A segment's effect if tau is known. */
function given({ weight, tau, mean, variance }: Component, { estimate, variance: own }: SegmentEffect) {
  const trust = (tau * tau) / (own + tau * tau)
  return {
    weight,
    mean: trust * estimate + (1 - trust) * mean,
    sd: Math.sqrt(trust * own + (1 - trust) ** 2 * variance),
  }
}

type Normal = ReturnType<typeof given>

function summarise(mixture: readonly Normal[]): PooledEffect {
  const mean = mixture.reduce((sum, each) => sum + each.weight * each.mean, 0)
  const at = (probability: number) =>
    crossing(
      (x) =>
        mixture.reduce((sum, each) => sum + each.weight * normalCumulative((x - each.mean) / each.sd), 0),
      probability,
      Math.min(...mixture.map((each) => each.mean - 8 * each.sd)),
      Math.max(...mixture.map((each) => each.mean + 8 * each.sd)),
    )
  return { mean, low: at(0.025), high: at(0.975) }
}

function spreadAt(components: readonly Component[], probability: number): number {
  let below = 0
  for (const { tau, weight } of components) {
    below += weight
    if (below >= probability) return tau
  }
  return components.at(-1)!.tau
}
