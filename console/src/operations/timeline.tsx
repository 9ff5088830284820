// One lane per operation: the past is solid, the future hatched, what waits for somebody amber; one line is now.
import { CalendarClock, Power } from 'lucide-react'
import { Link } from '@tanstack/react-router'
import { useEnvironmentId } from '../api/place.ts'
import { inPercent, placeOf } from '../charts/scale.ts'
import { clock, shortDate } from '../messages/figures.ts'
import { operations as words } from '../messages/operations.ts'
import { Status } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import type { Lane } from './lanes.ts'
import css from './operations.module.css'

const dayMs = 86_400_000

interface TimelineProps {
  readonly lanes: readonly Lane[]
  readonly from: number
  readonly to: number
  readonly now: number
}

export function Timeline({ lanes, from, to, now }: TimelineProps) {
  const environment = useEnvironmentId()
  const time = { from, to }
  const x = (at: number) => inPercent(placeOf(at, time))
  const days = Array.from({ length: Math.round((to - from) / dayMs) }, (_, i) => from + i * dayMs)
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  return (
    <section>
      <Section title={`${shortDate(from)} – ${shortDate(to - 1)}`} hint={words.zone(timeZone)}>
        <span className={css['legend']}>
          <span data-state="done">{words.done}</span>
          <span data-state="planned">{words.planned}</span>
          <span data-state="waiting">{words.waiting}</span>
        </span>
      </Section>
      <div className={css['lanes']} role="list">
        <div className={css['corner']} aria-hidden />
        <div className={css['days']} aria-hidden>
          {days.map((day) => (
            <span
              key={day}
              style={{ left: x(day) }}
              data-today={(day <= now && now < day + dayMs) || undefined}
            >
              {shortDate(day)}
            </span>
          ))}
        </div>
        {lanes.map((lane, place) => (
          <div key={lane.key} className={css['lane']} role="listitem">
            <div className={css['label']}>
              <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: lane.flagKey }}>
                {lane.name}
              </Link>
              <small>
                {words.kinds[lane.kind]}
                <Status is={lane.status.mark}>{lane.status.text}</Status>
              </small>
            </div>
            <div className={css['track']}>
              <span className={css['future']} style={{ left: x(now) }} />
              <Track lane={lane} x={x} time={time} />
              <span className={css['now']} style={{ left: x(now) }} />
              {place === 0 && (
                <span className={css['now-label']} style={{ left: x(now) }}>
                  {clock(now)}
                </span>
              )}
            </div>
          </div>
        ))}
      </div>
    </section>
  )
}

interface TrackProps {
  readonly lane: Lane
  readonly x: (at: number) => string
  readonly time: { readonly from: number; readonly to: number }
}

function Track({ lane: { bars, watchedUntil, points, span, name }, x, time: { from, to } }: TrackProps) {
  const width = (start: number, end: number) =>
    inPercent(placeOf(end, { from, to }) - placeOf(start, { from, to }))
  return (
    <>
      {bars
        .filter((bar) => bar.to > from && bar.from < to)
        .map((bar) => (
          <span
            key={`${bar.from} ${bar.state}`}
            className={css['bar']}
            data-state={bar.state}
            style={{
              left: x(bar.from),
              width: width(bar.from, bar.to),
              height: 4 + bar.level * 26,
            }}
          >
            {bar.text && <span>{bar.text}</span>}
          </span>
        ))}
      {watchedUntil !== undefined && (
        <>
          <span className={css['guard']} style={{ left: 0, width: x(watchedUntil) }} />
          {watchedUntil < to && (
            <span className={css['guard']} data-off style={{ left: x(watchedUntil), right: 0 }} />
          )}
        </>
      )}
      {span && (
        <span className={css['span']} style={{ left: x(span.from), width: width(span.from, span.to) }}>
          {name}
        </span>
      )}
      {points
        .filter(({ at }) => at >= from && at < to)
        .map(({ at, text, isFailed }) => (
          <span
            key={at}
            className={css['point']}
            data-failed={isFailed || undefined}
            data-before={placeOf(at, { from, to }) > 0.7 || undefined}
            style={{ left: x(at) }}
          >
            <i>{isFailed ? <Power size={11} aria-hidden /> : <CalendarClock size={11} aria-hidden />}</i>
            <span>{text}</span>
          </span>
        ))}
    </>
  )
}
