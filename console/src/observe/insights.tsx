// What SDKs send: events by hour and what became of them, flags by when they were last asked, attributes.
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { FlagRow } from '../../../workers/control/api/flag-answers.ts'
import type { IntakeReport } from '../../../workers/control/api/report-answers.ts'
import { ask, pathOf } from '../api/client.ts'
import { intakeQuery, type Window } from '../api/entities.ts'
import { useEnvironmentId } from '../api/place.ts'
import { flagRowsQuery } from '../api/queries.ts'
import { HourBars } from '../charts/bars.tsx'
import { number } from '../messages/catalogue.ts'
import { figure } from '../messages/figures.ts'
import { observe } from '../messages/observe.ts'
import { Segmented } from '../ui/fields.tsx'
import { Chip } from '../ui/marks.tsx'
import { Ago, Note, Page, Section } from '../ui/page.tsx'
import { Facts } from '../ui/report.tsx'
import { Empty, Loaded } from '../ui/states.tsx'
import { type Column, Named, Table } from '../ui/table.tsx'
import { Words } from '../ui/words.tsx'
import css from './observe.module.css'
import { Propagation } from './propagation.tsx'
import { Requests } from './requests.tsx'
import { Snapshot } from './snapshot-size.tsx'

const { insights: words } = observe
const hourMs = 3_600_000
const windowHours: Record<Window, number> = { '24h': 24, '7d': 7 * 24, '30d': 30 * 24 }
const flagsShown = 20

export default function InsightsPage() {
  const environment = useEnvironmentId()
  const [window, setWindow] = useState<Window>('24h')
  const [now] = useState(Date.now)
  const intake = useQuery(intakeQuery(environment, window))
  return (
    <Page title={words.title} lead={words.lead}>
      <div className={css['sections']}>
        <section>
          <Section title={words.intake} hint={words.intakeHint}>
            <Segmented label={observe.window} value={window} options={observe.windows} onChange={setWindow} />
          </Section>
          <Loaded query={intake}>{(report) => <Intake report={report} window={window} />}</Loaded>
        </section>
        <Requests window={window} from={now - (windowHours[window] - 1) * hourMs} to={now} />
        <Snapshot />
        <Propagation />
        <AskedFlags />
        <Attributes />
      </div>
    </Page>
  )
}

export const refusedOf = ({ refused }: Pick<IntakeReport['total'], 'refused'>): number =>
  Object.values(refused).reduce((sum, count) => sum + count, 0)

function Intake({ report: { total, hours, asOf }, window }: { report: IntakeReport; window: Window }) {
  const [now] = useState(Date.now)
  const refused = refusedOf(total)
  if (total.accepted + refused === 0) return <Empty title={words.none}>{words.noneHint}</Empty>
  const reasons = Object.entries(total.refused).filter(([, count]) => count > 0)
  return (
    <div className={css['intake']}>
      <HourBars
        label={words.intakeHint}
        hours={hours.map((hour) => ({
          hour: hour.hour,
          parts: [
            { id: 'accepted', count: hour.accepted },
            { id: 'refused', count: refusedOf(hour), failed: true },
          ],
        }))}
        from={now - (windowHours[window] - 1) * hourMs}
        to={now}
      />
      <Facts
        facts={[
          [words.accepted, number(total.accepted)],
          [words.stored, number(total.stored)],
          [words.duplicates, number(total.duplicates)],
          [words.refused, number(refused)],
          [words.bad, number(total.bad)],
          [words.deadLetters, number(total.deadLetters)],
          [words.lag, total.lagSeconds === null ? words.noLag : words.seconds(figure(total.lagSeconds))],
          asOf !== null && [words.asOf, <Ago key="as-of" time={asOf} />],
        ]}
      />
      {total.deadLetters > 0 && (
        <Note tone="failed">
          <Words text={words.deadLettersHint} />
        </Note>
      )}
      {reasons.length > 0 && (
        <Table
          label={words.why}
          rows={reasons}
          keyOf={([reason]) => reason}
          columns={[
            { title: words.why, cell: ([reason]) => reason },
            { title: words.events, end: true, cell: ([, count]) => number(count) },
          ]}
        />
      )}
    </div>
  )
}

function AskedFlags() {
  const environment = useEnvironmentId()
  const columns: Column<FlagRow>[] = [
    {
      title: words.flag,
      cell: ({ key, name }) => (
        <Named
          name={
            <Link to="/environments/$environment/flags/$flag/usage" params={{ environment, flag: key }}>
              {name || key}
            </Link>
          }
        >
          {name && key}
        </Named>
      ),
    },
    {
      title: words.lastAsked,
      end: true,
      cell: ({ lastSeenAt }) => (lastSeenAt === null ? words.never : <Ago time={lastSeenAt} />),
    },
  ]
  return (
    <section>
      <Section title={words.byFlag} hint={words.byFlagHint} />
      <Loaded query={useQuery(flagRowsQuery(environment))}>
        {({ flags }) => (
          <Table
            label={words.byFlag}
            rows={flags
              .filter(({ archived }) => !archived)
              .toSorted((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0))
              .slice(0, flagsShown)}
            keyOf={({ key }) => key}
            columns={columns}
          />
        )}
      </Loaded>
    </section>
  )
}

interface Seen {
  readonly attributes: readonly { readonly name: string }[]
}

function Attributes() {
  const environment = useEnvironmentId()
  const query = useQuery({
    queryKey: [environment, 'attributes'],
    queryFn: () => ask<Seen>('GET', pathOf(environment, 'attributes'), { query: { limit: 100 } }),
  })
  return (
    <section>
      <Section title={words.attributes} hint={words.attributesHint} />
      <Loaded query={query}>
        {({ attributes }) =>
          attributes.length === 0 ? (
            <p className={css['quiet']}>{words.noAttributes}</p>
          ) : (
            <p className={css['chips']}>
              {attributes.map(({ name }) => (
                <Chip key={name}>
                  <code>{name}</code>
                </Chip>
              ))}
            </p>
          )
        }
      </Loaded>
    </section>
  )
}
