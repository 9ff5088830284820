// An estimate with its interval, on an axis that several share: zero is a solid line; beyond the dashed line
// it is worse than agreed. Plain SVG, with x in percent, so that it fits any width.
import css from './charts.module.css'
import type { Mark } from './marks.ts'
import { type Domain, inPercent, placeOf } from './scale.ts'

interface IntervalProps {
  readonly marks: readonly Mark[]
  readonly domain: Domain
  readonly ticks: readonly number[]
  /** Where worse than agreed begins, and on which side that is. */
  readonly limit?: { readonly at: number; readonly worse: 'above' | 'below' } | undefined
  readonly label: string
}

const rowHeight = 20

export const Interval = ({ marks, domain, ticks, limit, label }: IntervalProps) => {
  const x = (value: number) => inPercent(placeOf(value, domain))
  const width = (from: number, to: number) => inPercent(placeOf(to, domain) - placeOf(from, domain))
  return (
    <div className={css['interval']} style={{ minHeight: marks.length * rowHeight + 10 }}>
      <svg role="img" aria-label={label}>
        {limit && (
          <>
            <rect
              className={css['beyond']}
              x={limit.worse === 'above' ? x(limit.at) : '0%'}
              width={limit.worse === 'above' ? width(limit.at, domain.to) : width(domain.from, limit.at)}
              y="0"
              height="100%"
            />
            <line className={css['limit']} x1={x(limit.at)} x2={x(limit.at)} y1="0" y2="100%" />
          </>
        )}
        {ticks.map((tick) => (
          <line
            key={tick}
            className={tick === 0 ? css['zero'] : css['grid']}
            x1={x(tick)}
            x2={x(tick)}
            y1="0"
            y2="100%"
          />
        ))}
        {marks.map(({ key, colour, estimate, low, high, inner }, row) => {
          const stroke = `var(--v${Math.max(0, colour) % 7})`
          const shift = (row - (marks.length - 1) / 2) * rowHeight
          return (
            <g key={key} style={{ transform: `translateY(${shift}px)` }}>
              <line x1={x(low)} x2={x(high)} y1="50%" y2="50%" stroke={stroke} strokeWidth="2" />
              {[low, high].map(
                (end) =>
                  (end < domain.from || end > domain.to) && (
                    <text
                      key={end}
                      x={x(end)}
                      y="50%"
                      dy="4"
                      textAnchor={end < domain.from ? 'start' : 'end'}
                      style={{ fill: stroke, fontSize: 12 }}
                    >
                      {end < domain.from ? '◂' : '▸'}
                    </text>
                  ),
              )}
              {inner && (
                <line
                  x1={x(inner.low)}
                  x2={x(inner.high)}
                  y1="50%"
                  y2="50%"
                  stroke={stroke}
                  strokeWidth="7"
                />
              )}
              {estimate >= domain.from && estimate <= domain.to && (
                <circle
                  cx={x(estimate)}
                  cy="50%"
                  r="4.5"
                  fill="var(--ground)"
                  stroke={stroke}
                  strokeWidth="2.5"
                />
              )}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

interface AxisProps {
  readonly domain: Domain
  readonly ticks: readonly number[]
  readonly text: (value: number) => string
}

export const Axis = ({ domain, ticks, text }: AxisProps) => (
  <div className={css['axis']} aria-hidden>
    {ticks.map((tick) => (
      <span key={tick} style={{ left: inPercent(placeOf(tick, domain)) }}>
        {text(tick)}
      </span>
    ))}
  </div>
)
