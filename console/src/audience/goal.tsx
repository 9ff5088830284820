// One goal: what it measures, its events by hour, and what uses it.
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Goal } from '../../../core/model/goal.ts'
import type { GoalEvents } from '../../../workers/control/api/report-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { liveMs, readHours, type Window } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { HourBars } from '../charts/bars.tsx'
import { audience } from '../messages/audience.ts'
import { Segmented } from '../ui/fields.tsx'
import { Section } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { UsedBy } from './dependents.tsx'
import { EntityPage } from './entity-page.tsx'
import { GoalForm } from './goal-form.tsx'

const { goals: words } = audience
const hourMs = 3_600_000
export const windowHours: Record<Window, number> = { '24h': 24, '7d': 7 * 24, '30d': 30 * 24 }

export default function GoalPage() {
  const environment = useEnvironmentId()
  const { goal: key = '' } = useParams({ strict: false }) as { goal?: string }
  const query = useQuery({
    queryKey: [environment, 'goals', key],
    queryFn: () => ask<Goal>('GET', pathOf(environment, 'goals', key)),
  })
  return <Loaded query={query}>{(goal) => <Shown goal={goal} />}</Loaded>
}

const Shown = ({ goal }: { goal: Goal }) => (
  <EntityPage
    plural="goals"
    entity={goal}
    words={words}
    lead={
      <>
        <code>{goal.event}</code>: {words.metrics[goal.metric?.kind ?? 'conversion']}
      </>
    }
    form={(close) => <GoalForm goal={goal} onClose={close} />}
  >
    <Events goal={goal} />
    <UsedBy plural="goals" id={goal.key} />
  </EntityPage>
)

function Events({ goal: { key } }: { goal: Goal }) {
  const environment = useEnvironmentId()
  const [window, setWindow] = useState<Window>('24h')
  const [now] = useState(Date.now)
  const query = useQuery({
    queryKey: [environment, 'goal-events', key, window],
    queryFn: () => readHours<GoalEvents>(pathOf(environment, 'goals', key, 'events'), window),
    refetchInterval: liveMs,
    placeholderData: (before: GoalEvents | undefined) => before,
  })
  return (
    <section>
      <Section title={words.events} hint={words.live}>
        <Segmented label={words.window} value={window} options={words.windows} onChange={setWindow} />
      </Section>
      <Loaded query={query}>
        {({ total, hours }) =>
          total.events === 0 ? (
            <Empty title={words.never}>{words.neverHint}</Empty>
          ) : (
            <>
              <p>{words.total(total.events, total.users)}</p>
              <HourBars
                label={words.events}
                hours={hours.map(({ hour, events }) => ({ hour, parts: [{ id: 'events', count: events }] }))}
                from={now - (windowHours[window] - 1) * hourMs}
                to={now}
              />
            </>
          )
        }
      </Loaded>
    </section>
  )
}
