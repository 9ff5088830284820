// Integrals over products of Beta densities and distribution functions. The trapezium rule converges
// geometrically on smooth functions that vanish at both ends, if its steps resolve the sharpest of them. An
// even grid of log-odds cannot do that: a variation with twenty users is a thousand times wider than one with
// ten million. So the grid is even in u, where u(t) is the sum over k of asinh((t - centre_k) / spread_k).
// That puts steps around each centre at its own scale.

export interface Scale {
  readonly centre: number
  readonly spread: number
}

export interface Node {
  readonly t: number
  readonly weight: number
}

// The integrands are analytic within pi / 4 of the real u axis, so the error is about exp(-pi^2 / (2 * step))
// < 1e-17.
const step = 1 / 8
const newtonStepsMax = 8

/**
 * Nodes and weights for integrals over log-odds from `low` to `high` of functions that vary on these scales.
 */
export function nodesOver(scales: readonly Scale[], low: number, high: number): Node[] {
  const position = (t: number) =>
    scales.reduce((u, { centre, spread }) => u + Math.asinh((t - centre) / spread), 0)
  const slope = (t: number) =>
    scales.reduce((sum, { centre, spread }) => sum + 1 / Math.hypot(spread, t - centre), 0)
  const start = position(low)
  const count = Math.ceil((position(high) - start) / step)
  const nodes: Node[] = []
  let t = low
  for (let i = 0; i <= count; i++) {
    // The slope changes by at most an eighth between neighbours, so Newton's method converges from the last
    // node.
    for (let newton = 0; newton < newtonStepsMax; newton++) {
      const correction = (start + i * step - position(t)) / slope(t)
      t += correction
      if (Math.abs(correction) <= 1e-14 * (1 + Math.abs(t))) break
    }
    nodes.push({ t, weight: step / slope(t) })
  }
  return nodes
}
