// Who asked for the flag: exposures by hour and variation, live.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FlagExposures } from '../../../workers/control/api/flag-answers.ts'
import type { Flag } from '../../../core/model/flag.ts'
import { ask, pathOf } from '../api/client.ts'
import { useEnvironmentId } from '../api/place.ts'
import { HourBars } from '../charts/bars.tsx'
import { number, percent } from '../messages/catalogue.ts'
import { flag as words } from '../messages/flag.ts'
import { Segmented } from '../ui/fields.tsx'
import { Variation } from '../ui/marks.tsx'
import { Ago, Section } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import css from './detail.module.css'
import { colourOf, variationName } from './text.ts'
import table from './usage.module.css'
import { useFlag } from './use-flag.ts'

const { usage } = words
type Window = keyof typeof usage.windows
const dayMs = 86_400_000
const windowsMs: Record<Window, number> = { '24h': dayMs, '7d': 7 * dayMs, '30d': 30 * dayMs }

export default function FlagUsage() {
  const environment = useEnvironmentId()
  const flag = useFlag()
  const [window, setWindow] = useState<Window>('24h')
  const query = useQuery({
    queryKey: [environment, 'exposures', flag.key, window],
    queryFn: () => readExposures(environment, flag.key, window),
    placeholderData: (before) => before,
  })
  return (
    <div className={`${css['work']} ${css['narrow']}`}>
      <Loaded query={query}>
        {({ totals, hours, asOf, usersError }) => {
          const total = totals.reduce((sum, { evaluations }) => sum + evaluations, 0)
          return (
            <>
              <Section title={usage.total(total)}>
                <Segmented label={usage.window} value={window} options={usage.windows} onChange={setWindow} />
              </Section>
              {total === 0 ? (
                <Empty title={usage.never}>{usage.neverHint}</Empty>
              ) : (
                <>
                  <section>
                    <Section title={usage.perHour}>{asOf !== null && <Ago time={asOf} />}</Section>
                    <Hours flag={flag} hours={hours} window={window} />
                  </section>
                  <section>
                    <Section title={usage.byVariation} hint={usage.usersHint(percent(usersError))} />
                    <Totals flag={flag} totals={totals} total={total} />
                  </section>
                </>
              )}
            </>
          )
        }}
      </Loaded>
    </div>
  )
}

/** All pages: 30 days of some variations are a few. */
async function readExposures(environment: string, key: string, window: Window): Promise<FlagExposures> {
  const path = pathOf(environment, 'flags', key, 'exposures')
  let all: FlagExposures | undefined
  for (let cursor: string | undefined; ;) {
    const page = await ask<FlagExposures>('GET', path, { query: { window, limit: 200, cursor } })
    all = { ...page, hours: [...(all?.hours ?? []), ...page.hours] }
    cursor = page.nextCursor
    if (cursor === undefined) return all
  }
}

interface HoursProps {
  readonly flag: Flag
  readonly hours: FlagExposures['hours']
  readonly window: Window
}

function Hours({ flag, hours, window }: HoursProps) {
  const [now] = useState(Date.now)
  const byHour = Map.groupBy(hours, ({ hour }) => hour)
  const bars = [...byHour].map(([hour, each]) => ({
    hour,
    parts: each.map(({ variationId, evaluations }) => ({
      id: variationId,
      count: evaluations,
      colour: colourOf(flag, variationId),
    })),
  }))
  return <HourBars label={usage.perHour} hours={bars} from={now - windowsMs[window]} to={now} />
}

interface TotalsProps {
  readonly flag: Flag
  readonly totals: FlagExposures['totals']
  readonly total: number
}

const Totals = ({ flag, totals, total }: TotalsProps) => (
  <table className={table['table']}>
    <thead>
      <tr>
        <th scope="col">{usage.variation}</th>
        <th scope="col">{usage.evaluations}</th>
        <th scope="col">{usage.share}</th>
        <th scope="col">{usage.users}</th>
      </tr>
    </thead>
    <tbody>
      {totals.map(({ variationId, evaluations, users }) => (
        <tr key={variationId}>
          <th scope="row">
            <Variation name={variationName(flag, variationId)} colour={colourOf(flag, variationId)} />
          </th>
          <td>{number(evaluations)}</td>
          <td>{percent(Math.round((evaluations / total) * 1_000) / 1_000)}</td>
          <td>{number(users)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)
