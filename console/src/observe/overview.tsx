// What needs somebody comes first, then what runs and what comes. An environment that nobody has asked yet
// gets the first steps instead.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleAlert, OctagonAlert, TriangleAlert } from 'lucide-react'
import { statusAt } from '../../../core/model/experiment.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { isRolloutOpen } from '../../../core/model/progressive-rollout.ts'
import type { IntakeReport } from '../../../workers/control/api/report-answers.ts'
import { intakeQuery, jobsQuery, verdictsQuery, webhooksQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { Spark } from '../charts/spark.tsx'
import { Verdict } from '../experiments/list.tsx'
import { statusText } from '../experiments/status.ts'
import { number } from '../messages/catalogue.ts'
import { figure } from '../messages/figures.ts'
import { observe } from '../messages/observe.ts'
import { nameOf, rolloutStatus, shareText, type World } from '../operations/lanes.ts'
import { comingOf } from '../operations/moments.ts'
import { Moments, useWorld } from '../operations/page.tsx'
import { Page, Section } from '../ui/page.tsx'
import { Loaded } from '../ui/states.tsx'
import { FirstRun } from './first-run.tsx'
import { refusedOf } from './insights.tsx'
import { type Need, needsOf } from './needs.ts'
import css from './observe.module.css'

const { overview: words } = observe
const comingShown = 6

export default function OverviewPage() {
  const environment = useEnvironmentId()
  const world = useWorld(environment)
  const { data: intake } = useQuery(intakeQuery(environment, '24h'))
  const isNew = world.data?.flags.every(({ lastSeenAt }) => lastSeenAt === null)
  return (
    <Loaded query={{ ...world, data: intake ? world.data : undefined }} lines={8}>
      {(found) =>
        isNew && intake!.total.accepted === 0 ? (
          <FirstRun flags={found.flags} />
        ) : (
          <Page title={words.title} lead={words.lead}>
            <Stats world={found} intake={intake!} />
            <Shown world={found} />
          </Page>
        )
      }
    </Loaded>
  )
}

function Stats({ world: { flags }, intake: { total, hours } }: { world: World; intake: IntakeReport }) {
  const active = flags.filter(({ archived }) => !archived)
  const inOrder = hours.toSorted((a, b) => a.hour - b.hour)
  return (
    <div className={css['stats']}>
      <div>
        <div>
          <small>{words.flags}</small>
          <strong>{number(active.length)}</strong>
          <small>{words.flagsHint(active.filter(({ enabled }) => enabled).length)}</small>
        </div>
      </div>
      <div>
        <div>
          <small>{words.accepted}</small>
          <strong>{number(total.accepted)}</strong>
          <small>{words.acceptedHint}</small>
        </div>
        <Spark values={inOrder.map(({ accepted }) => accepted)} />
      </div>
      <div>
        <div>
          <small>{words.refused}</small>
          <strong>{number(refusedOf(total))}</strong>
          <small>{words.refusedHint}</small>
        </div>
        <Spark values={inOrder.map(refusedOf)} />
      </div>
      <div>
        <div>
          <small>{words.lag}</small>
          <strong>{total.lagSeconds === null ? '–' : `${figure(total.lagSeconds)} ${words.lagUnit}`}</strong>
          <small>{total.lagSeconds === null ? words.noLag : words.lagHint}</small>
        </div>
      </div>
    </div>
  )
}

function Shown({ world }: { world: World }) {
  const environment = useEnvironmentId()
  const { data: verdicts } = useQuery(verdictsQuery(environment))
  const { data: jobs = [] } = useQuery(jobsQuery(environment))
  const { data: webhooks = [] } = useQuery(webhooksQuery(environment))
  const results = new Map(verdicts?.verdicts.map(({ experimentId, result }) => [experimentId, result]))
  const now = Date.now()
  return (
    <div className={css['cols']}>
      <div>
        <Needs needs={needsOf({ world, results, jobs, webhooks }, now)} />
        <Runs world={world} results={results} now={now} />
      </div>
      <div>
        <Rolling world={world} />
        <section>
          <Section title={words.next} />
          <Moments moments={comingOf(world, now).slice(0, comingShown)} none={words.noNext} />
        </section>
      </div>
    </div>
  )
}

const icons = { failed: OctagonAlert, warning: TriangleAlert, planned: CircleAlert }

function Needs({ needs }: { needs: readonly Need[] }) {
  const environment = useEnvironmentId()
  return (
    <section>
      <Section title={words.needs} {...(needs.length > 0 && { hint: number(needs.length) })} />
      {needs.length === 0 && <p className={css['quiet']}>{words.nothing}</p>}
      <ul className={css['todo']}>
        {needs.map(({ key, is, text, hint, path }) => {
          const Icon = icons[is]
          const [pathname, search] = path.split('?')
          return (
            <li key={key} data-is={is}>
              <Icon size={16} aria-hidden />
              <div>
                <strong>{text}</strong>
                {hint && <small>{hint}</small>}
              </div>
              <Link
                to={`/environments/$environment/${pathname}` as '/'}
                params={{ environment } as never}
                search={Object.fromEntries(new URLSearchParams(search)) as never}
                aria-label={`${words.look}: ${text}`}
              >
                {words.look}
              </Link>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

interface RunsProps {
  readonly world: World
  readonly results: ReadonlyMap<string, StoredResult>
  readonly now: number
}

function Runs({ world, results, now }: RunsProps) {
  const environment = useEnvironmentId()
  const running = world.experiments.filter((each) => statusAt(each, now) === 'running')
  return (
    <section>
      <Section title={words.experiments} />
      {running.length === 0 && <p className={css['quiet']}>{words.noExperiments}</p>}
      <ul className={css['runs']}>
        {running.map((experiment) => (
          <li key={experiment.id}>
            <div>
              <strong>
                <Link
                  to={'/environments/$environment/experiments/$experiment' as '/'}
                  params={{ environment, experiment: experiment.id } as never}
                >
                  {nameOf(experiment)}
                </Link>
              </strong>
              <small>{statusText(experiment, 'running')}</small>
            </div>
            <Verdict
              result={results.get(experiment.id)}
              flagKey={experiment.flagKey}
              design={experiment.design}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Rolling({ world: { rollouts } }: { world: World }) {
  const open = rollouts.filter(isRolloutOpen)
  return (
    <section>
      <Section title={words.rolling} />
      {open.length === 0 && <p className={css['quiet']}>{words.noRollouts}</p>}
      <ul className={css['rolling']}>
        {open.map((rollout) => {
          const share = shareText(rollout.steps[rollout.stepsMade - 1]?.weight ?? 0)
          return (
            <li key={rollout.id}>
              <span>
                {nameOf(rollout)}
                <b>{share}</b>
              </span>
              <i aria-hidden style={{ backgroundSize: `${share.replace(/[^\d.]/g, '')}% 100%` }} />
              <small>{rolloutStatus(rollout).text}</small>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
