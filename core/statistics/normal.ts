// The normal distribution. Cody's rational approximations (1969, "Rational Chebyshev approximations for the
// error function", with the coefficients of R's pnorm) are good to 1e-15, in the tails relatively.
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'

const centreTop = [
  2.2352520354606837, 161.02823106855587, 1067.6894854603709, 18154.98125334356, 0.06568233791820745,
]
const centreBottom = [47.202581904688245, 976.0985517377767, 10260.932208618979, 45507.78933502673]
const shoulderTop = [
  0.39894151208813466, 8.883149794388377, 93.50665613217785, 597.2702763948002, 2494.5375852903726,
  6848.190450536283, 11602.65143764735, 9842.714838383978, 1.0765576773720192e-8,
]
const shoulderBottom = [
  22.266688044328117, 235.387901782625, 1519.3775994075547, 6485.558298266761, 18615.571640885097,
  34900.95272114598, 38912.00328609327, 19685.429676859992,
]
const tailTop = [
  0.215898534057957, 0.12740116116024736, 0.022235277870649807, 0.0014216191932278934, 2.9112874951168793e-5,
  0.023073441764940174,
]
const tailBottom = [
  1.284260096144911, 0.4682382124808651, 0.06598813786892856, 0.0037823963320275824, 7.297515550839662e-5,
]
const inverseRootTwoPi = 0.3989422804014327
const rootThirtyTwo = 5.656854249492381

/** P(Z <= x). NaN for NaN. */
export function normalCumulative(x: number): number {
  const y = Math.abs(x)
  if (y <= 0.67448975) {
    const square = y > 1.11e-16 ? x * x : 0
    let top = centreTop[4]! * square
    let bottom = square
    for (let i = 0; i < 3; i++) {
      top = (top + centreTop[i]!) * square
      bottom = (bottom + centreBottom[i]!) * square
    }
    return 0.5 + (x * (top + centreTop[3]!)) / (bottom + centreBottom[3]!)
  }
  const below = upperTail(y)
  return x > 0 ? 1 - below : below
}

/** P(Z > y) of a positive y. */
function upperTail(y: number): number {
  if (y <= rootThirtyTwo) {
    let top = shoulderTop[8]! * y
    let bottom = y
    for (let i = 0; i < 7; i++) {
      top = (top + shoulderTop[i]!) * y
      bottom = (bottom + shoulderBottom[i]!) * y
    }
    return scaled(y, (top + shoulderTop[7]!) / (bottom + shoulderBottom[7]!))
  }
  const square = 1 / (y * y)
  let top = tailTop[5]! * square
  let bottom = square
  for (let i = 0; i < 4; i++) {
    top = (top + tailTop[i]!) * square
    bottom = (bottom + tailBottom[i]!) * square
  }
  const ratio = (square * (top + tailTop[4]!)) / (bottom + tailBottom[4]!)
  return y === Infinity ? 0 : scaled(y, (inverseRootTwoPi - ratio) / y)
}

/** `value * exp(-y^2 / 2)`; the square is split, so that its rounding is not magnified by the exponential. */
function scaled(y: number, value: number): number {
  const near = Math.trunc(y * 16) / 16
  return Math.exp((-near * near) / 2) * Math.exp((-(y - near) * (y + near)) / 2) * value
}

export const normalDensity = (x: number): number => inverseRootTwoPi * Math.exp((-x * x) / 2)

/** Below this probability, the library's quantile is off, and -Infinity from 1e-17 on. */
const tailProbability = 1e-6

/** The z below which this probability lies: -Infinity at 0, Infinity at 1. */
export function quantileOfNormal(probability: number): number {
  if (probability > 0 && probability < tailProbability) return lowerTailQuantile(Math.log(probability))
  const z = normalQuantile(probability, 0, 1)
  // One step of Newton's method: the library's quantile is good to about 1e-15 of the probability.
  return Number.isFinite(z) ? z - (normalCumulative(z) - probability) / normalDensity(z) : z
}

/** By Newton's method on the logarithm, which is concave, so that it converges from any start. */
function lowerTailQuantile(logarithm: number): number {
  let z = -Math.sqrt(-2 * logarithm - Math.log(-4 * Math.PI * logarithm))
  for (let i = 0; i < 8; i++) {
    const below = normalCumulative(z)
    z -= ((Math.log(below) - logarithm) * below) / normalDensity(z)
  }
  return z
}
