// A simulated table as a figure: a line for each row, a dot for each column of percentages, with three Monte
// Carlo errors to both sides.
import { circle, line, svg, text, ticksOf } from '../../core/report/svg.ts'
import type { Table } from './table.ts'

const [plotWidth, right, rowHeight] = [490, 40, 26]
/** Of a letter of a row's name, at the figure's size. */
const letterWidth = 6.8
const colours = ['#1b6ca8', '#1a7f4b', '#b3261e', '#8a5a00', '#6a3d9a', '#444']
/** `4.2 (0.3)`, perhaps with more behind it. */
const figurePattern = /^(-?\d+(?:\.\d+)?) \((\d+(?:\.\d+)?)\)/

/** A column of shares of 1, in a table of percentages. */
const inShares = 'variance left'

/** Undefined if the table has no such figures. `promised`: a line at so many percent. */
export function figureOf({ title, columns, rows }: Table, promised?: number): string | undefined {
  const drawn = columns.map(
    (name, k) => k > 0 && name !== inShares && rows.every((row) => figurePattern.test(row[k] ?? '')),
  )
  const series = columns.flatMap((name, k) => (drawn[k] ? [{ name, k }] : []))
  if (series.length === 0 || rows.length === 0) return undefined
  const at = (row: readonly string[], k: number) => {
    const [, value, error] = figurePattern.exec(row[k]!)!
    return { value: Number(value), error: 3 * Number(error) }
  }
  const left = Math.max(330, 30 + letterWidth * Math.max(...rows.map(([name = '']) => name.length)))
  const width = left + plotWidth + right
  const all = rows.flatMap((row) => series.map(({ k }) => at(row, k)))
  const ends = all.flatMap(({ value, error }) => [Math.max(0, value - error), Math.min(100, value + error)])
  const ticks = ticksOf(Math.min(...ends), Math.max(...ends, promised ?? 0))
  const x = (value: number) => left + ((value - ticks.from) / (ticks.to - ticks.from)) * plotWidth
  const top = 58 + 18 * Math.ceil(series.length / 4)
  const bottom = top + rows.length * rowHeight
  const legend = series.flatMap(({ name }, i) => {
    const [column, row] = [i % 4, Math.floor(i / 4)]
    const [cx, cy] = [20 + column * 205, 44 + row * 18]
    return [circle(cx, cy, 4, colour(i)), text(cx + 10, cy + 4, name)]
  })
  const grid = ticks.at.flatMap((tick) => [
    line(x(tick), top - 6, x(tick), bottom, '#e2e2e2', 1),
    text(x(tick), bottom + 18, ticks.label(tick, ' %'), { anchor: 'middle' }),
  ])
  const promise =
    promised === undefined ? [] : [line(x(promised), top - 6, x(promised), bottom, '#b3261e', 1.5)]
  const marks = rows.flatMap((row, i) => {
    const y = top + (i + 0.5) * rowHeight
    return [
      text(left - 12, y + 4, row[0]!, { anchor: 'end' }),
      ...series.flatMap(({ k }, j) => {
        const { value, error } = at(row, k)
        const own = y + (j - (series.length - 1) / 2) * (16 / series.length)
        const [low, high] = [Math.max(ticks.from, value - error), Math.min(ticks.to, value + error)]
        return [line(x(low), own, x(high), own, colour(j), 1.5), circle(x(value), own, 3, colour(j))]
      }),
    ]
  })
  const elements = [text(20, 22, title, { weight: 'bold' }), ...legend, ...grid, ...promise, ...marks]
  return svg(width, bottom + 32, title, elements)
}

const colour = (i: number) => colours[i % colours.length]!
