// Operations: one timeline of what will happen and what has, and each kind with all that can be done with it.
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import {
  allocationsQuery,
  experimentsQuery,
  operationsQuery,
  rolloutsQuery,
  schedulesQuery,
  triggersQuery,
} from '../api/entities.ts'
import { useEnvironmentId, useMay } from '../api/place.ts'
import { flagRowsQuery } from '../api/queries.ts'
import { allocations } from '../messages/allocations.ts'
import { common } from '../messages/common.ts'
import { operations as words } from '../messages/operations.ts'
import { Button } from '../ui/button.tsx'
import { Segmented } from '../ui/fields.tsx'
import { Moment as Time, Page, Section } from '../ui/page.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { Allocations } from './allocations.tsx'
import { lanesOf, type World } from './lanes.ts'
import { comingOf, type Moment, pastOf } from './moments.ts'
import css from './operations.module.css'
import { Rollouts, Schedules, Switches, Triggers } from './tables.tsx'
import { Timeline } from './timeline.tsx'

const forms = {
  switches: lazy(() => import('./switch-form.tsx')),
  rollouts: lazy(() => import('./rollout-form.tsx')),
  allocations: lazy(() => import('./allocation-form.tsx')),
  schedules: lazy(() => import('./schedule-form.tsx')),
  triggers: lazy(() => import('./trigger-form.tsx')),
}
type Form = keyof typeof forms
type View = keyof typeof words.views

const createTexts: Record<Form, string> = {
  rollouts: words.buttons.createRollout,
  allocations: allocations.create,
  switches: words.buttons.createSwitch,
  schedules: words.buttons.createSchedule,
  triggers: words.buttons.createTrigger,
}
const dayMs = 86_400_000
const [daysBefore, daysAfter] = [3, 7]

export default function OperationsPage() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const canEdit = useMay('editor')
  const { view = 'timeline', create } = useSearch({ strict: false }) as { view?: View; create?: Form }
  const search = (next: { view?: View | undefined; create?: Form | undefined; flag?: undefined }) =>
    void navigate({ to: '.', search: (was: object) => ({ ...was, ...next }) as never, replace: true })
  const world = useWorld(environment)
  const offered: readonly Form[] =
    view === 'timeline' ? ['schedules', 'triggers', 'rollouts', 'switches'] : [view]
  const Form = create && forms[create]
  return (
    <Page
      title={words.title}
      lead={words.lead}
      actions={offered.map((form, place) => {
        const isPrimary = place === offered.length - 1
        return (
          <Button
            key={form}
            look={isPrimary ? 'primary' : 'plain'}
            disabled={!canEdit}
            {...(!canEdit && { title: common.needsRole(common.roleEditor) })}
            onClick={() => search({ create: form })}
          >
            {isPrimary && <Plus size={15} aria-hidden />}
            {createTexts[form]}
          </Button>
        )
      })}
    >
      <div className={css['bar-top']}>
        <Segmented
          label={words.view}
          value={view}
          options={words.views}
          onChange={(next) => search({ view: next === 'timeline' ? undefined : next })}
        />
      </div>
      <Loaded query={world} lines={8}>
        {(found) => <Shown view={view} world={found} />}
      </Loaded>
      {Form && canEdit && (
        <Suspense>
          <Form onClose={() => search({ create: undefined, flag: undefined })} />
        </Suspense>
      )}
    </Page>
  )
}

/** All that happens by itself; undefined until everything is there. */
export function useWorld(environment: string) {
  const queries = [
    useQuery(operationsQuery(environment)),
    useQuery(rolloutsQuery(environment)),
    useQuery(allocationsQuery(environment)),
    useQuery(schedulesQuery(environment)),
    useQuery(triggersQuery(environment)),
    useQuery(experimentsQuery(environment)),
    useQuery(flagRowsQuery(environment)),
  ] as const
  const [operations, rollouts, dynamic, schedules, triggers, experiments, rows] = queries
  const isThere = queries.every(({ data }) => data !== undefined)
  const data: World | undefined = isThere
    ? {
        operations: operations.data!,
        rollouts: rollouts.data!,
        allocations: dynamic.data!,
        schedules: schedules.data!,
        triggers: triggers.data!,
        experiments: experiments.data!,
        flags: rows.data!.flags,
      }
    : undefined
  return {
    data,
    error: queries.find(({ error }) => error)?.error,
    refetch: () => Promise.all(queries.map(({ refetch }) => refetch())),
  }
}

function Shown({ view, world }: { view: View; world: World }) {
  switch (view) {
    case 'rollouts':
      return <Rollouts world={world} />
    case 'allocations':
      return <Allocations world={world} />
    case 'switches':
      return <Switches world={world} />
    case 'schedules':
      return <Schedules world={world} />
    case 'triggers':
      return <Triggers world={world} />
    default:
      return <Overview world={world} />
  }
}

function Overview({ world }: { world: World }) {
  const [now] = useState(Date.now)
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  const [from, to] = [midnight - daysBefore * dayMs, midnight + daysAfter * dayMs]
  const lanes = lanesOf(world, now, to)
  const [coming, past] = [comingOf(world, now), pastOf(world, now)]
  if (lanes.length === 0 && past.length === 0) return <Empty title={words.none}>{words.noneHint}</Empty>
  return (
    <>
      {lanes.length > 0 && <Timeline lanes={lanes} from={from} to={to} now={now} />}
      <div className={css['two']}>
        <section>
          <Section title={words.next} hint={words.nextHint} />
          <Moments moments={coming} none={words.nothingNext} />
        </section>
        <section>
          <Section title={words.last} hint={words.lastHint} />
          <Moments moments={past} none={words.nothingLast} />
        </section>
      </div>
    </>
  )
}

export function Moments({ moments, none }: { moments: readonly Moment[]; none: string }) {
  const environment = useEnvironmentId()
  if (moments.length === 0) return <p className={css['quiet']}>{none}</p>
  return (
    <ul className={css['moments']}>
      {moments.map(({ key, at, text, flagKey, detail, isFailed }) => (
        <li key={key}>
          <Time time={at} />
          <div>
            <span data-failed={isFailed || undefined}>{text}</span>
            <small>
              <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: flagKey }}>
                <code>{flagKey}</code>
              </Link>
              {detail && ` · ${detail}`}
            </small>
          </div>
        </li>
      ))}
    </ul>
  )
}
