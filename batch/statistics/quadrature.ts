// Integrals over products of Beta densities and distribution functions. The trapezium rule converges
// geometrically on smooth functions that die off at both ends, provided that its steps resolve the sharpest
// of them. Steps on an even log-odds grid cannot: beside ten million users, a variation of twenty is a
// thousand times wider. So the rule runs in u, where t -> u = sum over k of asinh((t - centre_k) / spread_k)
// packs the steps around each centre at that one's own scale.

export interface Scale {
  readonly centre: number
  readonly spread: number
}

export interface Node {
  readonly t: number
  readonly weight: number
}

// The integrands are analytic within pi/4 of the real u axis, which makes the error about exp(-pi^2 / (2 *
// step)) < 1e-17.
const step = 1 / 8
const newtonStepsMax = 8

/**
 * Nodes and weights for the integral over log-odds from `low` to `high` of functions that vary on these
 * scales.
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
    // The slope changes by at most an eighth between neighbours, so that Newton's method from the last node
    // cannot stray.
    for (let newton = 0; newton < newtonStepsMax; newton++) {
      const correction = (start + i * step - position(t)) / slope(t)
      t += correction
      if (Math.abs(correction) <= 1e-14 * (1 + Math.abs(t))) break
    }
    nodes.push({ t, weight: step / slope(t) })
  }
  return nodes
}
