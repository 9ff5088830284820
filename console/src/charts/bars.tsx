// Counts by hour, as bars from the first hour of the window to the present one. Hours without any are gaps.
import { moment, number } from '../messages/catalogue.ts'
import css from './charts.module.css'

interface HourBarsProps {
  readonly label: string
  readonly hours: readonly { readonly hour: number; readonly count: number; readonly failed?: number }[]
  readonly from: number
  readonly to: number
}

const hourMs = 3_600_000

export function HourBars({ label, hours, from, to }: HourBarsProps) {
  const byHour = new Map(hours.map((each) => [each.hour, each]))
  const first = Math.floor(from / hourMs) * hourMs
  const all = Array.from({ length: Math.floor((to - first) / hourMs) + 1 }, (_, i) => first + i * hourMs)
  const most = Math.max(1, ...hours.map(({ count, failed = 0 }) => count + failed))
  return (
    <figure className={css['bars-figure']}>
      <figcaption aria-hidden>{number(most)}</figcaption>
      <div className={css['bars']} role="img" aria-label={label}>
        {all.map((hour) => {
          const { count = 0, failed = 0 } = byHour.get(hour) ?? {}
          return (
            <span key={hour} title={`${moment(hour)}: ${number(count + failed)}`}>
              <i style={{ height: `${(count / most) * 100}%` }} />
              {failed > 0 && <i data-failed style={{ height: `${(failed / most) * 100}%` }} />}
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
