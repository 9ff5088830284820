// Finds where an increasing function crosses a value, by Chandrupatla's method (1997): inverse quadratic
// steps where they are safe and bisection elsewhere, so the flat tails of a distribution function cannot trap
// it.

const iterationsMax = 200

/** The x in [low, high] at which `value(x)` reaches `target`; the nearer end if it is outside. */
export function crossing(value: (x: number) => number, target: number, low: number, high: number): number {
  let [a, b] = [high, low]
  let [fa, fb] = [value(a) - target, value(b) - target]
  if (fb >= 0) return low
  if (fa <= 0) return high
  let step = 0.5
  for (let iteration = 0; iteration < iterationsMax; iteration++) {
    const x = a + step * (b - a)
    const fx = value(x) - target
    const sameSide = fx > 0 === fa > 0
    const [c, fc] = sameSide ? [a, fa] : [b, fb]
    if (!sameSide) [b, fb] = [a, fa]
    ;[a, fa] = [x, fx]
    const [best, fBest] = Math.abs(fa) < Math.abs(fb) ? [a, fa] : [b, fb]
    const tolerance = (2 * Number.EPSILON * Math.abs(best) + Number.MIN_VALUE) / Math.abs(b - a)
    if (fBest === 0 || tolerance > 0.5) return best
    const xi = (a - b) / (c - b)
    const phi = (fa - fb) / (fc - fb)
    const quadratic = phi ** 2 < xi && (1 - phi) ** 2 < 1 - xi
    step = quadratic
      ? (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb))
      : 0.5
    step = Math.min(1 - tolerance, Math.max(tolerance, step))
  }
  return a
}
