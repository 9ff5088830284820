// The experiments of an environment: what runs and what was found, with the interval of the primary goal.
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy } from 'react'
import { type Experiment, statusAt } from '../../../core/model/experiment.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { experimentsQuery, goalsQuery, verdictsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'
import { Interval } from '../charts/interval.tsx'
import { experiments as words } from '../messages/experiments.ts'
import { date } from '../messages/figures.ts'
import { ListPage } from '../pages/list-page.tsx'
import { Segmented } from '../ui/fields.tsx'
import { Status } from '../ui/marks.tsx'
import { Empty } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { axisOf, goalRows } from './goal-rows.ts'
import css from './list.module.css'
import { namesOf } from './names.ts'
import { statusMark, statusText } from './status.ts'
import { shortVerdict } from './verdict.ts'

const ExperimentForm = lazy(() => import('./form.tsx'))
type View = keyof typeof words.views

export default function ExperimentsPage() {
  const environment = useEnvironmentId()
  const navigate = useNavigate()
  const { view = 'open', flag } = useSearch({ strict: false }) as { view?: View; flag?: string | number }
  const search = (next: { view?: View | undefined }) =>
    void navigate({ to: '.', search: (was: object) => ({ ...was, ...next }) as never, replace: true })
  return (
    <ListPage
      words={words}
      query={useQuery(experimentsQuery(environment))}
      form={(close) => (
        <ExperimentForm {...(flag !== undefined && { flagKey: String(flag) })} onClose={close} />
      )}
    >
      {(experiments) => (
        <>
          <div className={css['bar']}>
            <Segmented
              label={words.view}
              value={view}
              options={words.views}
              onChange={(next) => search({ view: next === 'open' ? undefined : next })}
            />
          </div>
          <ExperimentTable experiments={experiments.filter((each) => viewOf(each) === view)} />
        </>
      )}
    </ListPage>
  )
}

function viewOf(experiment: Experiment): View {
  const status = statusAt(experiment, Date.now())
  return status === 'stopped' ? 'over' : status === 'archived' ? 'archived' : 'open'
}

const order = ['running', 'waiting', 'draft', 'stopped', 'archived']

/** With what was found, those that run first. */
export function ExperimentTable({ experiments }: { experiments: readonly Experiment[] }) {
  const environment = useEnvironmentId()
  const { data: verdicts } = useQuery(verdictsQuery(environment))
  const results = new Map(verdicts?.verdicts.map(({ experimentId, result }) => [experimentId, result]))
  const { data: goals = [] } = useQuery(goalsQuery(environment))
  const now = Date.now()
  const rows = experiments.toSorted(
    (a, b) => order.indexOf(statusAt(a, now)) - order.indexOf(statusAt(b, now)) || b.startAt - a.startAt,
  )
  if (rows.length === 0) return <Empty title={words.noneFit} />
  const goalName = (key: string) => goals.find((goal) => goal.key === key)?.name || key
  const columns: Column<Experiment>[] = [
    {
      title: words.columns.experiment,
      cell: ({ id, name, goalKeys }) => (
        <Named
          name={
            <Link
              to={'/environments/$environment/experiments/$experiment' as '/'}
              params={{ environment, experiment: id } as never}
            >
              {name || id}
            </Link>
          }
        >
          {goalKeys.map(goalName).join(', ')}
        </Named>
      ),
    },
    {
      title: words.columns.status,
      cell: (experiment) => {
        const status = statusAt(experiment, now)
        return <Status is={statusMark[status]}>{statusText(experiment, status)}</Status>
      },
    },
    {
      title: words.columns.verdict,
      cell: ({ id, flagKey, design }) => (
        <Verdict result={results.get(id)} flagKey={flagKey} design={design} />
      ),
    },
    {
      title: words.columns.dates,
      slim: true,
      cell: ({ startAt, stopAt, status }) =>
        status === 'draft' ? null : (
          <span className={css['dates']}>
            {date(startAt)} – {date(stopAt)}
          </span>
        ),
    },
    { title: words.columns.owner, minor: true, cell: ({ owner }) => owner },
  ]
  return <Table label={words.title} rows={rows} keyOf={({ id }) => id} columns={columns} />
}

interface VerdictProps {
  readonly result: StoredResult | undefined
  readonly flagKey: string
  readonly design: Experiment['design']
}

/** The verdict in two words over the interval of the primary goal. */
export function Verdict({ result, flagKey, design }: VerdictProps) {
  const environment = useEnvironmentId()
  const { data: flag } = useQuery({ ...flagQuery(environment, flagKey), enabled: result !== undefined })
  if (!result) return <span className={css['quiet']}>{words.noResult}</span>
  const names = namesOf(flag, [])
  const { mark, text } = shortVerdict(result.verdict, names)
  const rows = goalRows([result], design, names)
  const { domain } = axisOf(rows)
  const isShown = mark !== 'failed' && rows[0]!.marks.length > 0
  return (
    <div className={css['verdict']}>
      <Status is={mark} long>
        {text}
      </Status>
      {isShown && (
        <Interval
          marks={rows[0]!.marks}
          domain={domain}
          ticks={[0]}
          label={rows[0]!.changes.map(({ name, relative }) => `${name}: ${relative}`).join('; ')}
        />
      )}
    </div>
  )
}
