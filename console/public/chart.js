// @ts-check
// Charts as SVG. Positions are percentages of the width, so that a chart fits any width without scaling its
// strokes and letters.
import { svg } from './dom.js'

/** @typedef {(tick: number) => string} TickLabel */
/** @typedef {{ from: number, to: number, ticks: readonly number[], label: TickLabel }} Scale */

/** @typedef {{ low: number, middle: number, high: number }} Bounds */
/** @typedef {Bounds & { reference: number | undefined, tone: string }} Interval */

const tones = 5
const gridSteps = 4

/**
 * The CSS class of a variation's colour, by its index in the flag. -1: none.
 * @param {number} index
 */
export const tone = (index) => (index < 0 ? 'tone-none' : `tone-${index % tones}`)

/**
 * A thin bar of shares.
 * @param {readonly { share: number, tone: string }[]} segments
 */
export function shareBar(segments) {
  let start = 0
  return svg(
    'svg',
    { class: 'share-bar', 'aria-hidden': 'true', width: '100%', height: 8 },
    ...segments.map(({ share, tone: className }) => {
      const x = start
      start += share
      return svg('rect', { class: className, x: at(x), width: at(share), height: 8 })
    }),
  )
}

/**
 * The axis of all intervals, with round steps. It begins at 0 unless half of it would then be empty.
 * @param {readonly { low: number, high: number }[]} intervals
 * @param {'share' | 'number'} unit shares, 0 to 1, are labelled in percent
 * @returns {Scale}
 */
export function sharedScale(intervals, unit = 'share') {
  const low = Math.min(...intervals.map((interval) => interval.low))
  const high = Math.max(...intervals.map((interval) => interval.high), low + 1e-6)
  const begin = low >= 0 && low < high / 2 ? 0 : low
  const step = roundStep((high - begin) / gridSteps)
  const first = Math.floor(begin / step)
  const last = Math.ceil(high / step)
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
  const factor = unit === 'share' ? 100 : 1
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(step * factor) + 1e-9)))
  return {
    from: first * step,
    to: last * step,
    ticks,
    label: (tick) => `${(tick * factor).toFixed(decimals)}${unit === 'share' ? '\u00a0%' : ''}`,
  }
}

/**
 * The next of 1, 2, 5, 10 times a power of ten.
 * @param {number} step
 */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10)
}

/**
 * A rate and its interval on the shared axis. `reference` is the baseline's rate, a dashed line.
 * @param {Scale} scale
 * @param {Interval} interval
 */
export function interval(scale, { low, middle, high, reference, tone: className }) {
  const x = position(scale)
  return svg(
    'svg',
    { class: 'interval', 'aria-hidden': 'true', width: '100%', height: 44 },
    ...scale.ticks.map((tick) => svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: 0, y2: 44 })),
    reference === undefined
      ? undefined
      : svg('line', { class: 'reference', x1: x(reference), x2: x(reference), y1: 0, y2: 44 }),
    svg('line', { class: `range ${className}`, x1: x(low), x2: x(high), y1: 22, y2: 22 }),
    svg('line', { class: `range ${className}`, x1: x(low), x2: x(low), y1: 17, y2: 27 }),
    svg('line', { class: `range ${className}`, x1: x(high), x2: x(high), y1: 17, y2: 27 }),
    svg('circle', { class: `point ${className}`, cx: x(middle), cy: 22, r: 5 }),
  )
}

/** @param {Scale} scale */
export function axis(scale) {
  const x = position(scale)
  return svg(
    'svg',
    { class: 'axis', 'aria-hidden': 'true', width: '100%', height: 22 },
    ...scale.ticks.map((tick) =>
      svg('text', { x: x(tick), y: 16, 'text-anchor': 'middle' }, scale.label(tick)),
    ),
  )
}

/** @param {Scale} scale */
const position =
  ({ from, to }) =>
  (/** @type {number} */ value) =>
    at((value - from) / (to - from))

/** @param {number} share */
const at = (share) => `${(share * 100).toFixed(3)}%`
