// The results of an experiment, in the order in which they are read: the verdict, whether to believe it, the
// goals, how it came about, and folded away what it rests on.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Experiment, primaryGoalOf } from '../../../core/model/experiment.ts'
import type { Flag } from '../../../core/model/flag.ts'
import type { StoredResult } from '../../../core/model/stored-result.ts'
import { resultSeriesQuery } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { Series } from '../charts/series.tsx'
import { ago } from '../messages/catalogue.ts'
import { shortDate, signedPercent, tick } from '../messages/figures.ts'
import { results as words } from '../messages/results.ts'
import { InlineSelect } from '../ui/fields.tsx'
import { Status } from '../ui/marks.tsx'
import { Section } from '../ui/page.tsx'
import { Fold } from '../ui/report.tsx'
import { Loading } from '../ui/states.tsx'
import { Breakdowns } from './breakdowns.tsx'
import { Computed } from './computed.tsx'
import css from './detail.module.css'
import { Digits } from './digits.tsx'
import { GoalTable } from './goal-table.tsx'
import { heightOf, linesOf } from './goal-rows.ts'
import { checkMark, HealthStrip } from './health.tsx'
import { Interactions } from './interactions.tsx'
import type { Names } from './names.ts'
import { Plan } from './plan.tsx'
import { useStatus } from './status.ts'
import { dayOf, dayTicks } from './time.ts'
import { decidedSince, headlineOf } from './verdict.ts'

export interface ReportProps {
  readonly experiment: Experiment
  /** The newest of each goal; at least one. */
  readonly results: readonly StoredResult[]
  readonly flag: Flag | undefined
  readonly names: Names
}

export function Report({ experiment, results, flag, names }: ReportProps) {
  const primary = results.find(({ goalKey }) => goalKey === primaryGoalOf(experiment)) ?? results[0]!
  const { breakdowns = [], interactions = [] } = primary
  const failed = primary.health.checks.filter(({ status }) => status === 'failed').length
  return (
    <>
      <VerdictBanner experiment={experiment} primary={primary} names={names} />
      <section>
        <Section title={words.believe} hint={words.checked(ago(primary.computedAt, Date.now()))} />
        <HealthStrip health={primary.health} />
      </section>
      <GoalTable results={results} design={experiment.design} names={names} />
      <section className={css['two']}>
        <OverTime experiment={experiment} results={results} first={primary.goalKey} names={names} />
        <Plan experiment={experiment} flag={flag} names={names} results={results} />
      </section>
      <div>
        <Fold title={words.digits} hint={words.digitsHint}>
          {results.map((result) => (
            <Digits key={result.goalKey} result={result} names={names} />
          ))}
        </Fold>
        {breakdowns.length > 0 && (
          <Fold
            title={words.breakdown}
            hint={words.breakdownHint(breakdowns.map(({ attribute }) => attribute).join(', '))}
          >
            {results.map((result) => (
              <Breakdowns key={result.goalKey} result={result} names={names} />
            ))}
          </Fold>
        )}
        {interactions.length > 0 && (
          <Fold
            title={words.interactions}
            hint={words.interactionsHint(interactions.length)}
            open={interactions.some(({ outcome }) => outcome === 'found')}
          >
            <Interactions result={primary} names={names} />
          </Fold>
        )}
        <Fold
          title={words.diagnostics}
          hint={words.diagnosticsHint(failed, primary.health.checks.length)}
          open={failed > 0}
        >
          <ul className={css['checks']}>
            {primary.health.checks.map(({ name, status, detail }) => (
              <li key={name}>
                <Status is={checkMark(status)}>
                  {wordOf(words.health, name)}: {wordOf(words.health, status)}
                </Status>
                <span>{names.inWords(detail)}</span>
              </li>
            ))}
          </ul>
        </Fold>
        <Fold title={words.computed} hint={hintOf(primary)}>
          {results.map((result) => (
            <Computed key={result.goalKey} experimentId={experiment.id} result={result} names={names} />
          ))}
        </Fold>
      </div>
    </>
  )
}

/** A newer runner may know checks and states that this console has no words for. */
const wordOf = (known: Readonly<Record<string, string>>, name: string): string =>
  known[name] ?? name.replaceAll('-', ' ')

const hintOf = ({ engine, inputHash }: StoredResult): string =>
  `${engine.kind}, sha-256 ${inputHash.slice(0, 12)}…`

interface VerdictBannerProps {
  readonly experiment: Experiment
  readonly primary: StoredResult
  readonly names: Names
}

function VerdictBanner({ experiment, primary, names }: VerdictBannerProps) {
  const environment = useEnvironmentId()
  const status = useStatus(experiment)
  const { data: series } = useQuery(resultSeriesQuery(environment, experiment.id, primary.goalKey))
  const since = series && decidedSince(series)
  const { tone, mark, label, sentence, reason } = headlineOf(primary, names, {
    isOver: status === 'stopped' || status === 'archived',
    ...(since !== undefined && { decidedOn: dayOf(primary.window.from, since) }),
  })
  return (
    <section className={css['verdict']} data-tone={tone} aria-label={label}>
      <Status is={mark}>{label}</Status>
      <p>{sentence}</p>
      {reason && <p>{reason}</p>}
    </section>
  )
}

interface OverTimeProps {
  readonly experiment: Experiment
  readonly results: readonly StoredResult[]
  readonly first: string
  readonly names: Names
}

function OverTime({ experiment, results, first, names }: OverTimeProps) {
  const environment = useEnvironmentId()
  const [goalKey, setGoalKey] = useState(first)
  const { data } = useQuery(resultSeriesQuery(environment, experiment.id, goalKey))
  const lines = data ? linesOf(data, names) : []
  const isFixed = experiment.design?.decision === 'fixed-horizon' && goalKey === first
  const from = data?.[0]?.window.from ?? experiment.startAt
  const span = { startAt: from, stopAt: Math.max(experiment.stopAt, data?.[0]?.window.to ?? 0) }
  return (
    <div>
      <Section
        title={`${names.goal(goalKey)}, ${words.over}`}
        hint={isFixed ? words.overHorizon : words.overHint}
      >
        {results.length > 1 && (
          <InlineSelect
            label={words.chooseGoal}
            value={goalKey}
            onChange={(event) => setGoalKey(event.target.value)}
          >
            {results.map((result) => (
              <option key={result.goalKey} value={result.goalKey}>
                {names.goal(result.goalKey)}
              </option>
            ))}
          </InlineSelect>
        )}
      </Section>
      {!data ? (
        <Loading />
      ) : lines.some(({ points }) => points.length > 1) ? (
        <Series
          lines={lines}
          time={{ from: span.startAt, to: span.stopAt }}
          domain={heightOf(lines)}
          tickText={(value) => `${tick(value)} %`}
          valueText={signedPercent}
          timeTicks={dayTicks(span, words.dayMark)}
          label={lines
            .map(({ name, points }) => {
              const { at, value, low, high } = points.at(-1)!
              const bound = Number.isFinite(high) ? signedPercent(high) : words.noBound
              return `${name}, ${shortDate(at)}: ${signedPercent(value)}, ${signedPercent(low)} ${words.to} ${bound}`
            })
            .join('; ')}
        />
      ) : (
        <p className={css['quiet']}>{words.oneLook}</p>
      )}
    </div>
  )
}
