// One goal: what it measures, its events by hour, and what uses it.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import type { Goal } from '../../../core/model/goal.ts'
import type { GoalEvents } from '../../../workers/control/api/report-answers.ts'
import { ask, change, pathOf } from '../api/client.ts'
import { liveMs, readHours, type Window } from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { RowActions } from '../change/row-actions.tsx'
import { HourBars } from '../charts/bars.tsx'
import { audience } from '../messages/audience.ts'
import { common } from '../messages/common.ts'
import { Button } from '../ui/button.tsx'
import { Segmented } from '../ui/fields.tsx'
import { Page, Section } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import css from './audience.module.css'
import { UsedBy } from './dependents.tsx'
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

function Shown({ goal }: { goal: Goal }) {
  const environment = useEnvironmentId()
  const canEdit = useMay('editor')
  const navigate = useNavigate()
  const [isEditing, setIsEditing] = useState(false)
  const { key, name, event, metric } = goal
  return (
    <Page
      title={name || key}
      lead={
        <>
          <code>{event}</code>: {words.metrics[metric?.kind ?? 'conversion']}
        </>
      }
      actions={
        <>
          <RowActions
            big
            label={name || key}
            actions={[
              {
                text: common.remove,
                done: common.removed(name || key),
                isDestructive: true,
                typedName: key,
                run: ({ comment }) => change('DELETE', pathOf(environment, 'goals', key), { comment }),
                onDone: () => navigate({ to: '/environments/$environment/goals', params: { environment } }),
              },
            ]}
          />
          <Button
            look="primary"
            disabled={!canEdit}
            {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
            onClick={() => setIsEditing(true)}
          >
            <Pencil size={13} aria-hidden />
            {words.edit}
          </Button>
        </>
      }
    >
      <div className={css['page']}>
        <Events goal={goal} />
        <UsedBy plural="goals" id={key} />
      </div>
      {isEditing && <GoalForm goal={goal} onClose={() => setIsEditing(false)} />}
    </Page>
  )
}

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
