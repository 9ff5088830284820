import { describe, expect, it } from 'vitest'
import { nodesOver, type Scale } from './quadrature.ts'

const integrate = (scales: readonly Scale[], reach: number, f: (t: number) => number) =>
  nodesOver(scales, -reach, reach).reduce((sum, { t, weight }) => sum + weight * f(t), 0)

const normal = (t: number, { centre, spread }: Scale) =>
  Math.exp(-(((t - centre) / spread) ** 2) / 2) / (spread * Math.sqrt(2 * Math.PI))

describe('nodesOver', () => {
  it('integrates a peak to the last digits', () => {
    const scale = { centre: 3, spread: 0.01 }
    expect(integrate([scale], 100, (t) => normal(t, scale))).toBeCloseTo(1, 13)
  })

  it('resolves a peak a hundred thousand times narrower than its neighbour', () => {
    const [wide, narrow] = [
      { centre: 0, spread: 1 },
      { centre: 0.7, spread: 1e-5 },
    ]
    expect(integrate([wide, narrow], 60, (t) => normal(t, wide))).toBeCloseTo(1, 12)
    expect(integrate([wide, narrow], 60, (t) => normal(t, narrow))).toBeCloseTo(1, 12)
    expect(integrate([wide, narrow], 60, (t) => normal(t, wide) * normal(t, narrow))).toBeCloseTo(
      normal(0.7, wide),
      8,
    )
  })

  it('covers the range from end to end, in order', () => {
    const nodes = nodesOver([{ centre: 0, spread: 1 }], -10, 10).map(({ t }) => t)
    expect(nodes[0]).toBeCloseTo(-10, 12)
    expect(nodes.at(-1)).toBeGreaterThanOrEqual(10 - 1e-12)
    expect(nodes).toEqual(nodes.toSorted((a, b) => a - b))
  })
})
