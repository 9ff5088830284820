// Lines over time with their bands. The plot is stretched and its strokes are not; words are HTML, so that
// they stay sharp. What is planned and not yet there stays visible as empty time.
import css from './charts.module.css'
import type { Line } from './marks.ts'
import { type Domain, inPercent, placeOf, ticksOf } from './scale.ts'

interface SeriesProps {
  readonly lines: readonly Line[]
  readonly time: Domain
  readonly domain: Domain
  /** On the axis, and at the ends of lines. */
  readonly tickText: (value: number) => string
  readonly valueText: (value: number) => string
  readonly timeTicks: readonly { readonly at: number; readonly text: string }[]
  readonly label: string
}

/** Labels at the end of lines need so much of the height each. */
const labelShare = 0.085

export function Series({ lines, time, domain, tickText, valueText, timeTicks, label }: SeriesProps) {
  const x = (at: number) => placeOf(at, time) * 100
  const y = (value: number) => 100 - placeOf(value, domain) * 100
  const ticks = ticksOf(domain)
  const last = Math.max(...lines.flatMap(({ points }) => points.at(-1)?.at ?? []))
  const isLate = placeOf(last, time) > 0.72
  return (
    <div className={css['series']}>
      <div className={css['y']} aria-hidden>
        {ticks.map((tick) => (
          <span key={tick} style={{ top: `${y(tick)}%` }}>
            {tickText(tick)}
          </span>
        ))}
      </div>
      <div className={css['plot']}>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={label}>
          {ticks.map((tick) => (
            <line
              key={tick}
              className={tick === 0 ? css['zero'] : css['grid']}
              x1="0"
              x2="100"
              y1={y(tick)}
              y2={y(tick)}
            />
          ))}
          {lines.map(({ key, colour, points }) => (
            <path
              key={key}
              className={css['band']}
              style={{ fill: `var(--v${Math.max(0, colour) % 7})` }}
              d={`M${[
                ...points.map(({ at, high }) => `${x(at)} ${y(high)}`),
                ...points.toReversed().map(({ at, low }) => `${x(at)} ${y(low)}`),
              ].join('L')}Z`}
            />
          ))}
          {lines.map(({ key, colour, points }) => (
            <path
              key={key}
              style={{ stroke: `var(--v${Math.max(0, colour) % 7})` }}
              d={`M${points.map(({ at, value }) => `${x(at)} ${y(value)}`).join('L')}`}
            />
          ))}
          <line className={css['today']} x1={x(last)} x2={x(last)} y1="0" y2="100" />
        </svg>
        <div
          className={css['ends']}
          data-before={isLate || undefined}
          style={isLate ? { right: `${100 - x(last)}%` } : { left: `${x(last)}%` }}
        >
          {apart(lines.map(({ points }) => y(points.at(-1)?.value ?? 0))).map((top, place) => (
            <span key={lines[place]!.key} style={{ top: `${top}%` }}>
              <b>{valueText(lines[place]!.points.at(-1)!.value)}</b>
              <i
                className={css['dot']}
                style={{ background: `var(--v${Math.max(0, lines[place]!.colour) % 7})` }}
              />
              {lines[place]!.name}
            </span>
          ))}
        </div>
      </div>
      <div className={css['x']} aria-hidden>
        {timeTicks.map(({ at, text }) => (
          <span key={at} style={{ left: inPercent(placeOf(at, time)) }}>
            {text}
          </span>
        ))}
      </div>
    </div>
  )
}

/** Places in percent, moved so that labels do not lie on each other. */
export function apart(places: readonly number[]): number[] {
  const order = places.map((_, i) => i).toSorted((a, b) => places[a]! - places[b]!)
  const moved = [...places]
  for (let i = 1; i < order.length; i++) {
    const [before, here] = [order[i - 1]!, order[i]!]
    moved[here] = Math.max(moved[here]!, moved[before]! + labelShare * 100)
  }
  return moved
}
