// One experiment: what was found and whether to believe it, or what it lacks before its start.
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import type { Experiment } from '../../../core/model/experiment.ts'
import { experimentQuery, goalsQuery, resultsQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagQuery } from '../api/queries.ts'
import { experiments as words } from '../messages/experiments.ts'
import { results as resultWords } from '../messages/results.ts'
import { Chip, Status } from '../ui/marks.tsx'
import { Loaded, Loading } from '../ui/states.tsx'
import { Words } from '../ui/words.tsx'
import { Actions } from './actions.tsx'
import { Checks } from './checks.tsx'
import css from './detail.module.css'
import { namesOf } from './names.ts'
import { Plan } from './plan.tsx'
import { Report } from './report.tsx'
import { statusMark, statusText, useStatus } from './status.ts'

export default function ExperimentPage() {
  const environment = useEnvironmentId()
  const { experiment: id = '' } = useParams({ strict: false }) as { experiment?: string }
  return (
    <div className={css['page']}>
      <Link to="/environments/$environment/experiments" params={{ environment }} className={css['back']}>
        <ArrowLeft size={13} aria-hidden />
        {words.back}
      </Link>
      <Loaded query={useQuery(experimentQuery(environment, id))}>
        {(experiment) => <Detail experiment={experiment} />}
      </Loaded>
    </div>
  )
}

function Detail({ experiment }: { experiment: Experiment }) {
  const environment = useEnvironmentId()
  const { id, name, flagKey, hypothesis } = experiment
  const status = useStatus(experiment)
  const flag = useQuery(flagQuery(environment, flagKey))
  const goals = useQuery(goalsQuery(environment))
  const results = useQuery(resultsQuery(environment, id))
  const names = namesOf(flag.data, goals.data ?? [])
  const isSettled = (flag.data || flag.error) && (goals.data || goals.error)
  return (
    <>
      <header className={css['head']}>
        <div>
          <h1>{name || id}</h1>
          <p className={css['meta']}>
            <Status is={statusMark[status]}>{statusText(experiment, status)}</Status>
            <Link to="/environments/$environment/flags/$flag" params={{ environment, flag: flagKey }}>
              <code>{flagKey}</code>
            </Link>
            {experiment.design?.aa && <Chip>A/A</Chip>}
          </p>
          {hypothesis && <p className={css['hypothesis']}>{hypothesis}</p>}
        </div>
        <Actions experiment={experiment} results={results.data ?? []} />
      </header>
      <Loaded query={results}>
        {(found) =>
          !isSettled ? (
            <Loading />
          ) : found.length > 0 ? (
            <Report experiment={experiment} results={found} flag={flag.data} names={names} />
          ) : (
            <>
              <Nothing status={status} />
              {(status === 'draft' || status === 'waiting') && <Checks experiment={experiment} />}
              <section className={css['single']}>
                <Plan experiment={experiment} flag={flag.data} names={names} results={[]} />
              </section>
            </>
          )
        }
      </Loaded>
    </>
  )
}

function Nothing({ status }: { status: Experiment['status'] }) {
  const { nothing } = resultWords
  const [title, hint] =
    status === 'stopped' || status === 'archived'
      ? [nothing.over, nothing.overHint]
      : [nothing[status], nothing[`${status}Hint`]]
  return (
    <section className={css['verdict']} data-tone="neutral">
      <p>{title}</p>
      <p>
        <Words text={hint} />
      </p>
    </section>
  )
}
