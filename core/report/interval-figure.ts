// The comparisons of a result as a figure: each arm's interval against the baseline, which is the line at 0.
import type { StoredResult } from '../model/stored-result.ts'
import { line, rect, svg, text, type Ticks, ticksOf } from './svg.ts'

const width = 720
const [left, right, top, rowHeight] = [160, 40, 44, 34]

/** Undefined if nothing was measured. */
export function intervalFigure({ goalKey, comparisons = [] }: StoredResult): string | undefined {
  const isRelative = comparisons.every(({ relative, difference }) => relative !== null || difference === null)
  const rows = comparisons.flatMap((one) => {
    const interval = isRelative ? one.relative : one.difference
    return interval ? [{ name: one.variationId, outcome: one.outcome, ...interval }] : []
  })
  if (rows.length === 0) return undefined
  const ends = rows.flatMap(({ low, high, estimate }) => [low, high ?? estimate])
  const ticks = ticksOf(Math.min(0, ...ends), Math.max(0, ...ends))
  const height = top + rows.length * rowHeight + 40
  const x = (value: number) =>
    left + ((value - ticks.from) / (ticks.to - ticks.from)) * (width - left - right)
  const title = `${goalKey}: ${isRelative ? 'relative to' : 'difference to'} the baseline`
  return svg(width, height, title, [
    text(left, 24, title, { weight: 'bold' }),
    ...axis(ticks, isRelative, x, height - 40),
    ...rows.flatMap(({ name, outcome, estimate, low, high }, i) => {
      const y = top + (i + 0.5) * rowHeight
      const end = high === null ? width - right : x(high)
      return [
        text(left - 12, y + 4, name, { anchor: 'end' }),
        rect(x(low), y - 4, Math.max(1, end - x(low)), 8, colours[outcome] ?? '#777'),
        line(x(estimate), y - 9, x(estimate), y + 9, '#111', 2),
      ]
    }),
  ])
}

const colours: Record<string, string> = { better: '#1a7f4b', worse: '#b3261e', equal: '#4a6fa5' }

const axis = ({ at, label }: Ticks, isRelative: boolean, x: (value: number) => number, bottom: number) =>
  at.flatMap((tick) => [
    line(x(tick), top - 8, x(tick), bottom, tick === 0 ? '#555' : '#ddd', 1),
    text(x(tick), bottom + 18, isRelative ? label(tick * 100, ' %') : label(tick, ''), { anchor: 'middle' }),
  ])
