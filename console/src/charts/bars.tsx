// Counts by hour, as bars from the first hour of the window to the present one. Hours without any are gaps.
import { moment, number } from '../messages/catalogue.ts'
import { fill } from '../ui/marks.tsx'
import css from './charts.module.css'

export interface HourPart {
  readonly id: string
  readonly count: number
  /** Of a variation. Default: the accent. */
  readonly colour?: number
  readonly failed?: boolean
}

interface HourBarsProps {
  readonly label: string
  /** Parts stand on each other, the first at the bottom. */
  readonly hours: readonly { readonly hour: number; readonly parts: readonly HourPart[] }[]
  readonly from: number
  readonly to: number
}

const hourMs = 3_600_000
/** Undefined: the accent. */
const lookOf = ({ colour, failed }: Pick<HourPart, 'colour' | 'failed'>) =>
  failed ? css['failed'] : colour === undefined ? undefined : fill(colour)
const sumOf = (parts: readonly HourPart[]) => parts.reduce((sum, { count }) => sum + count, 0)

export function HourBars({ label, hours, from, to }: HourBarsProps) {
  const byHour = new Map(hours.map(({ hour, parts }) => [hour, parts]))
  const first = Math.floor(from / hourMs) * hourMs
  const all = Array.from({ length: Math.floor((to - first) / hourMs) + 1 }, (_, i) => first + i * hourMs)
  const most = Math.max(1, ...hours.map(({ parts }) => sumOf(parts)))
  return (
    <figure className={css['bars-figure']}>
      <figcaption aria-hidden>{number(most)}</figcaption>
      <div className={css['bars']} role="img" aria-label={label}>
        {all.map((hour) => {
          const parts = byHour.get(hour) ?? []
          return (
            <span key={hour} title={`${moment(hour)}: ${number(sumOf(parts))}`}>
              {parts.map(({ id, ...part }) => (
                <i key={id} className={lookOf(part)} style={{ height: `${(part.count / most) * 100}%` }} />
              ))}
            </span>
          )
        })}
      </div>
      <div className={css['bars-ends']} aria-hidden>
        <span>{moment(first)}</span>
        <span>{moment(to)}</span>
      </div>
    </figure>
  )
}
